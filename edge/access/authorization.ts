/**
 * The one rule for the Authorization header: a single header `<scheme> <credentials>` with one space between; the
 * scheme is `Bearer` or `DPoP` in any case (RFC 9110); the credentials are token68 of at most 8 KiB. Two headers
 * arrive joined by a comma and fit no token. Credentials in the query are refused, since URLs are logged on the way.
 */
import { type Failure, fail, ok, type Result } from "../problem.ts";

/** 8 KiB: a session has about 500 bytes. Bounds what parsing costs before a signature is checked. */
export const maxTokenLength = 8 * 1024;

/**
 * Value of `WWW-Authenticate`, for a 401 or a scope that is missing. It names an error for credentials that were sent,
 * under their own scheme, and none for a call without (RFC 6750, section 3.1; RFC 9449, section 7.1).
 */
export function challengeOf({ headers }: Request, { code, challenge }: Pick<Failure, "code" | "challenge">): string {
  const sent = /^(?:bearer|dpop) /i
    .exec(headers.get("authorization") ?? "")?.[0]
    .trimEnd()
    .toLowerCase();
  const refused = code === "scope_refused" ? "insufficient_scope" : (challenge ?? "invalid_token");
  const error = (scheme: string) => (scheme === (challenge ? "dpop" : sent) ? `, error="${refused}"` : "");
  return `Bearer realm="staff-assign"${error("bearer")}, DPoP realm="staff-assign", algs="ES256"${error("dpop")}`;
}

export interface Authorization {
  scheme: "bearer" | "dpop";
  credentials: string;
}

/** One sentence for every kind of wrong credential: what exactly was wrong would help whoever is guessing. */
export const unauthenticated = () =>
  fail("unauthenticated", "A valid session or API key is required in the Authorization header.");

const authorizationForm = /^(bearer|dpop) ([A-Za-z0-9\-._~+/]+=*)$/i;
const longestScheme = "Bearer ".length;
const credentialParameters = ["access_token", "token", "session", "authorization", "api_key", "apikey", "key", "jwt"];

export function readAuthorization(request: Request): Result<Authorization> {
  if (request.url.includes("?") && hasCredentialInQuery(request.url)) return unauthenticated();
  const header = request.headers.get("authorization");
  // Bounds the work of matching; the exact cap is kept where the token is split.
  if (header === null || header.length > longestScheme + maxTokenLength) return unauthenticated();
  const [, scheme, credentials] = authorizationForm.exec(header) ?? [];
  if (scheme === undefined || credentials === undefined) return unauthenticated();
  return ok({ scheme: scheme.length === "dpop".length ? "dpop" : "bearer", credentials });
}

function hasCredentialInQuery(url: string): boolean {
  for (const [name] of new URL(url).searchParams) {
    if (credentialParameters.includes(name.toLowerCase())) return true;
  }
  return false;
}
