/**
 * Entry `staff-assign/loader` of the npm package: puts the edge's script of this version into the page, with its hash. Like
 * the ES5 loader it tries twice; unlike it, it answers with a promise.
 */
import type { StaffAssignElement } from "../staff-assign.ts";

interface LoaderOptions {
  endpoint: string;
  integrity?: string;
  nonce?: string;
}

/** ms; a stalled line is no slower than a lost one */
const stallMs = 15_000;
/** Replaced by the build with the hash of `staff-assign.js`. */
declare const __INTEGRITY__: string;

/** Each has an address of its own: a broken answer may lie in a cache, and a stalled one keeps its place there. */
let tries = 0;
let loading: Promise<typeof StaffAssignElement> | undefined;

export async function loadStaffAssign(options: LoaderOptions): Promise<typeof StaffAssignElement | undefined> {
  if (typeof document === "undefined") return undefined;
  loading ??= load(options).catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

const failure = (code: "network" | "unsupported_browser", message: string) =>
  Object.assign(new Error(`staff-assign: ${message}`), { code, retryable: code === "network" });

async function load({ endpoint, integrity = __INTEGRITY__, nonce }: LoaderOptions) {
  if (!self.customElements) throw failure("unsupported_browser", "needs Chrome 61");
  const url = new URL(`/v${__VERSION__}/staff-assign.js`, endpoint).href;
  const attempt = () => insert(tries++ ? `${url}?${tries}` : url, integrity, nonce);
  if (!customElements.get("staff-assign")) {
    await attempt()
      .catch(attempt)
      .catch(() => {
        throw failure("network", `${url} did not load, or is not the file of its hash`);
      });
  }
  return (await customElements.whenDefined("staff-assign")) as typeof StaffAssignElement;
}

function insert(url: string, integrity: string, nonce: string | undefined) {
  return new Promise<void>((resolve, reject) => {
    const script = document.createElement("script");
    const timer = setTimeout(reject, stallMs);
    const then = (settle: () => void) => () => {
      clearTimeout(timer);
      settle();
    };
    script.onload = then(resolve);
    script.onerror = then(reject);
    script.integrity = integrity;
    script.crossOrigin = "";
    if (nonce) script.nonce = nonce;
    script.src = url;
    document.head.append(script);
  });
}
