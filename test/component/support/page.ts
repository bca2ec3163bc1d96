/**
 * Opens a partner's page in a frame, with headers of its own and a pretended edge behind `fetch`. Frames share the
 * origin, so a second frame is a second tab and a new frame is a reload.
 */
import { until } from "./assert.ts";

export interface Call {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: Record<string, unknown> | undefined;
  credentials: string | undefined;
  aborted: boolean;
}

export type Answer = Response | Promise<Response>;
export type Edge = (call: Call) => Answer;

export interface PageOptions {
  html?: string;
  headers?: Record<string, string>;
  /** answers everything that the page fetches; without it the real `fetch` stays */
  edge?: Edge;
  /** runs before any script of the page */
  before?: (page: PageWindow) => void;
  /** scripts in place of the built classic one */
  scripts?: string[];
}

export interface Element extends HTMLElement {
  order?: string;
  guide?: string;
  guideName?: string;
  guides?: unknown;
  session?: unknown;
  state: string;
  disabled: boolean;
  unfinished: number;
  assignment?: { id: string };
  updateComplete: Promise<void>;
  submit(options?: { timeoutMs?: number }): Promise<{ status: string; [name: string]: unknown }>;
  retry(): Promise<{ status: string }>;
  reset(): void;
  flush(): Promise<number>;
}

export type PageWindow = Window & typeof globalThis & { [name: string]: unknown };

export const script = "/built/staff-assign.js";
export const endpoint = "https://edge.test";
export const order = "4200002015080612534600";

/** An element that knows its edge and its session. @param attributes as they stand in HTML */
export const tag = (attributes = "") =>
  `<staff-assign endpoint="${endpoint}" session-url="/session" ${attributes}></staff-assign>`;

const open = new Set<HTMLIFrameElement>();

/** What old WebViews lack, and the suite must pass without. */
function takeAway(page: PageWindow) {
  const remove = (owner: object, name: string) => Reflect.deleteProperty(owner, name);
  remove(page.Document.prototype, "adoptedStyleSheets");
  remove(page.ShadowRoot.prototype, "adoptedStyleSheets");
  remove(page.HTMLElement.prototype, "attachInternals");
  remove(page.AbortSignal, "timeout");
  remove(page.AbortSignal, "any");
  remove(page.Crypto.prototype, "randomUUID");
  remove(page.Navigator.prototype, "locks");
  remove(page.Element.prototype, "toggleAttribute");
  remove(page.Element.prototype, "replaceChildren");
  remove(page.HTMLElement.prototype, "popover");
  remove(page, "IntersectionObserver");
  remove(page, "structuredClone");
  remove(page, "CustomStateSet");
  remove(page.Array.prototype, "flat");
  remove(page.Array.prototype, "at");
  remove(page.Promise.prototype, "finally");
  remove(page.Object, "fromEntries");
  remove(page.Object, "hasOwn");
  remove(page.String.prototype, "replaceAll");
  // the element's host is a test frame: its own globals are untouched
}

export const aged = (self as unknown as { takeAwayNewerFeatures: boolean }).takeAwayNewerFeatures;

export class Page {
  readonly calls: Call[] = [];
  readonly events: { type: string; event: Event & Record<string, unknown> }[] = [];
  readonly logs: string[] = [];
  readonly violations: string[] = [];
  readonly errors: string[] = [];
  frame = document.createElement("iframe");
  #edge: Edge | undefined;

  static async open(options: PageOptions = {}): Promise<Page> {
    const page = new Page();
    await page.#load(options);
    return page;
  }

  get window() {
    return this.frame.contentWindow as PageWindow;
  }

  get document() {
    return this.frame.contentDocument as Document;
  }

  /** The only one, or the first. */
  get element() {
    return this.elements[0] as Element;
  }

  get elements() {
    return [...this.document.querySelectorAll("staff-assign")] as unknown as Element[];
  }

  get root() {
    return this.element.shadowRoot as ShadowRoot;
  }

  find<T extends HTMLElement = HTMLElement>(selector: string) {
    return this.root.querySelector<T>(selector) as T;
  }

  /** What the status line says. */
  get message() {
    return (
      this.find(".words")
        .textContent?.replace(/[\u2068\u2069]/g, "")
        .replace(/\s+/g, " ")
        .trim() ?? ""
    );
  }

  get button() {
    return this.find<HTMLButtonElement>(".actions .primary");
  }

  set edge(edge: Edge) {
    this.#edge = edge;
  }

  /** Requests to the edge's assignments. */
  get sends() {
    return this.calls.filter(({ url, method }) => url.endsWith("/v1/assignments") && method === "POST");
  }

  heard(type: string) {
    return this.events.filter((entry) => entry.type === `staff-assign-${type}`).map(({ event }) => event);
  }

  async state(state: string) {
    await until(() => this.element.getAttribute("data-state") === state, `state ${state}, is ${this.element.state}`);
  }

  /** Takes the page away, as closing the tab does. */
  close() {
    this.frame.remove();
    open.delete(this.frame);
  }

  async #load({ html, headers = {}, edge, before, scripts = [script] }: PageOptions) {
    this.#edge = edge;
    const name = `hook${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    const shared = self as unknown as Record<string, unknown>;
    shared[name] = (page: PageWindow) => this.#prepare(page, before);
    const content =
      html ??
      `<staff-assign endpoint="${endpoint}" session-url="/session" order="${order}" guide="g1" guide-name="张三"></staff-assign>`;
    const tags = scripts.map((source) =>
      source.endsWith(".mjs") ? `<script type="module" src="${source}"></script>` : `<script src="${source}"></script>`,
    );
    const body = `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>till</title>
      <script src="/test/component/support/prepare.js" data-name="${name}"></script>${content}${tags.join("")}</html>`;
    const posted = await fetch("/pages", { method: "POST", body: JSON.stringify({ html: body, headers }) });
    this.frame.style.cssText = "width:520px;height:600px";
    this.frame.src = `/pages/${await posted.text()}`;
    const loaded = new Promise((resolve) => this.frame.addEventListener("load", resolve));
    document.body.append(this.frame);
    open.add(this.frame);
    await loaded;
    delete shared[name];
    // the first drawing is a task of its own, which the page's load may come before
    for (const element of this.elements) await element.updateComplete;
  }

  #prepare(page: PageWindow, before: PageOptions["before"]) {
    if (aged) takeAway(page);
    for (const level of ["warn", "error"] as const) {
      page.console[level] = (...parts: unknown[]) => this.logs.push(`${level}: ${parts.join(" ")}`);
    }
    page.addEventListener("error", ({ message }) => this.errors.push(message));
    page.addEventListener("unhandledrejection", ({ reason }) => this.errors.push(String(reason)));
    page.document.addEventListener("securitypolicyviolation", (event) =>
      this.violations.push(`${event.effectiveDirective} ${event.blockedURI}`),
    );
    for (const type of "ready scan change submit success pending queued error session-expired".split(" ")) {
      page.document.addEventListener(`staff-assign-${type}`, (event) =>
        this.events.push({ type: event.type, event: event as Event & Record<string, unknown> }),
      );
    }
    if (this.#edge)
      page.fetch = ((url: string, init: RequestInit = {}) => this.#answer(page, url, init)) as typeof fetch;
    before?.(page);
  }

  #answer(page: PageWindow, url: string, init: RequestInit): Promise<Response> {
    const call: Call = {
      url,
      method: init.method ?? "GET",
      headers: init.headers as Record<string, string>,
      body: init.body ? JSON.parse(String(init.body)) : undefined,
      credentials: init.credentials,
      aborted: false,
    };
    this.calls.push(call);
    return new Promise((resolve, reject) => {
      init.signal?.addEventListener("abort", () => {
        call.aborted = true;
        reject(new page.DOMException("aborted", "AbortError"));
      });
      const edge = this.#edge as Edge;
      Promise.resolve()
        .then(() => edge(call))
        .then(resolve, () => reject(new page.TypeError("Failed to fetch")));
    });
  }
}

export function closePages() {
  for (const frame of open) frame.remove();
  open.clear();
}

/** Empties what tills keep, between tests. */
export async function forgetTill() {
  closePages();
  localStorage.clear();
  await new Promise<void>((resolve) => {
    const request = indexedDB.deleteDatabase("staff-assign");
    request.onsuccess = request.onerror = request.onblocked = () => resolve();
  });
}
