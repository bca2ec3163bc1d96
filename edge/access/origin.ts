/**
 * Which pages may call. An origin is compared whole, as the browser sent it, with the origins of the partners'
 * records: nothing is parsed, lower-cased or trimmed, so look-alikes have nothing to slip through. No answer reflects
 * what was asked for, and no answer allows credentials: the session travels in a header that only the page can set.
 */
import type { Config } from "../config.ts";
import { fail, ok, type Result } from "../problem.ts";

export type OriginCheck = { kind: "absent" } | { kind: "allowed"; origin: string } | { kind: "refused" };

/** `null`, an empty value and two Origin headers (joined by a comma) equal no registered origin. */
export function checkOrigin(request: Request, config: Pick<Config, "origins">): OriginCheck {
  const origin = request.headers.get("origin");
  if (origin === null) return { kind: "absent" };
  return config.origins.has(origin) ? { kind: "allowed", origin } : { kind: "refused" };
}

/** @param field the member of the body that named the origin, where one did */
export const refusedOrigin = (field?: string) =>
  fail("origin_refused", "This origin is not allowed for the caller.", field === undefined ? {} : { field });

/** The origin that clients use. Behind a TLS proxy the request's own has the wrong scheme, so production configures it. */
export function publicOriginOf(
  request: Request,
  config: Pick<Config, "publicOrigin" | "environment">,
): string | undefined {
  return config.publicOrigin ?? (knowsPublicOrigin(config) ? new URL(request.url).origin : undefined);
}

/** Without it no proof can be judged: its `htu` would be compared with what the caller itself wrote into `Host`. */
export const knowsPublicOrigin = ({ publicOrigin, environment }: Pick<Config, "publicOrigin" | "environment">) =>
  publicOrigin !== undefined || environment === "development";

export const publicOriginMissing = () => fail("misconfigured", "The edge's PUBLIC_ORIGIN is missing or broken.");

/**
 * The session's origin against the request's. A session without origin belongs to a backend, so a page that holds it
 * has stolen it. Browsers leave Origin out of same-origin GET and HEAD only: there it may be missing when the page
 * that the session names is served from this very origin.
 */
export function checkSessionOrigin(
  request: Request,
  config: Pick<Config, "publicOrigin" | "environment">,
  sessionOrigin: string | undefined,
): Result<null> {
  const origin = request.headers.get("origin");
  if (origin !== null) return origin === sessionOrigin ? ok(null) : refusedOrigin();
  if (sessionOrigin === undefined) return ok(null);
  const isRead = request.method === "GET" || request.method === "HEAD";
  return isRead && sessionOrigin === publicOriginOf(request, config) ? ok(null) : refusedOrigin();
}

const allowedMethods: readonly string[] = ["GET", "HEAD", "POST", "PATCH"];
/** Not `traceparent`: the element sends none, and what a page's own instrumentation adds to every call is nothing to let in. */
const allowedHeaders: readonly string[] = ["authorization", "content-type", "dpop", "idempotency-key", "x-request-id"];
const exposedHeaders = "X-Request-Id, Location, Retry-After, Server-Timing";
/** 2 hours in seconds, the longest that Chromium keeps; a preflight grants nothing that the call itself does not check. */
const preflightMaxAge = "7200";

/** Headers of every answer to a page whose origin is allowed; other answers carry `Vary: Origin` alone. */
export const corsHeaders = (origin: string): Record<string, string> => ({
  "Access-Control-Allow-Origin": origin,
  "Access-Control-Expose-Headers": exposedHeaders,
  "Timing-Allow-Origin": origin,
  Vary: "Origin",
});

/** What a preflight that may go on is answered with; undefined for one that may not, which gets no CORS header. Touches nothing else. */
export function preflight(request: Request, config: Pick<Config, "origins">): Record<string, string> | undefined {
  const check = checkOrigin(request, config);
  const method = request.headers.get("access-control-request-method");
  const headers = (request.headers.get("access-control-request-headers") ?? "").split(",");
  const isKnown =
    method !== null &&
    allowedMethods.includes(method) &&
    headers.map((name) => name.trim().toLowerCase()).every((name) => name === "" || allowedHeaders.includes(name));
  if (check.kind !== "allowed" || !isKnown) return undefined;
  return {
    "Access-Control-Allow-Origin": check.origin,
    "Access-Control-Allow-Methods": allowedMethods.join(", "),
    "Access-Control-Allow-Headers": allowedHeaders.join(", "),
    "Access-Control-Max-Age": preflightMaxAge,
  };
}
