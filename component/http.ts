/**
 * One JSON request with a time limit over headers and body. Whatever is not JSON of reasonable size is a failed
 * transport: captive portals and carriers answer 200 with a page of their own.
 */
import { inTime, wait } from "./clock.ts";
import { StaffAssignError } from "./errors.ts";
import { parseJson } from "./own.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface JsonAnswer {
  _status: number;
  _body: unknown;
  _retryAfterMs: number;
}

/** characters; the largest answer of the edge is a page of ten guides */
const maxAnswerLength = 200_000;
/** A blocked request tells its reason by an event that comes a little after the rejection. */
const violationDelayMs = 50;

let violation = "";
if (self.document) {
  document.addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective }) => {
    if (effectiveDirective === "connect-src") violation = blockedURI;
  });
}

/**
 * @param body sent as JSON; without it `init` is sent as it is
 * @param aborts holds the abort of this request while it runs
 * @throws StaffAssignError `network`, `timeout` or `csp_blocked`
 */
export async function requestJson(
  fetch: Fetch,
  url: string,
  init: RequestInit,
  timeoutMs: number,
  body?: object,
  aborts = new Set<() => void>(),
): Promise<JsonAnswer> {
  // Chrome 61 to 65 cannot abort a fetch, so the time limit is a race.
  const controller = self.AbortController && new AbortController();
  const abort = () => controller && controller.abort();
  aborts.add(abort);
  if (controller) init.signal = controller.signal;
  if (body) {
    init.body = JSON.stringify(body);
    init.headers = Object.assign({ "content-type": "application/json" }, init.headers);
  }
  try {
    return await inTime(fetch(url, init).then(readAnswer), timeoutMs);
  } catch (cause) {
    abort();
    if (cause instanceof StaffAssignError) throw cause;
    await wait(violationDelayMs);
    const blocked = violation && new Request(url).url.startsWith(violation);
    violation = "";
    throw new StaffAssignError(blocked ? "csp_blocked" : "network", `${url}: ${cause}`);
  } finally {
    aborts.delete(abort);
  }
}

const readAnswer = async (response: Response): Promise<JsonAnswer> => {
  const { status, headers } = response;
  const text = await response.text();
  if (!/[/+]json\b/.test(headers.get("content-type") || "") || text.length > maxAnswerLength) {
    throw new Error(`${status} without JSON`);
  }
  return { _status: status, _body: parseJson(text), _retryAfterMs: Number(headers.get("retry-after")) * 1000 };
};
