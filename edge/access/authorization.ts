/**
 * The one rule for the Authorization header: a single header `<scheme> <credentials>` with one space between; the
 * scheme is `Bearer` or `DPoP` in any case (RFC 9110); the credentials are token68 of at most 8 KiB. Two headers
 * arrive joined by a comma and fit no token. Credentials in the query are refused, since URLs are logged on the way.
 */
import { fail, ok, type Result } from "../problem.ts";

/** 8 KiB: a session has about 500 bytes. Bounds what parsing costs before a signature is checked. */
export const maxTokenLength = 8 * 1024;

/** Value of `WWW-Authenticate` with every 401. */
export const authenticateChallenge = 'Bearer realm="staff-assign", DPoP realm="staff-assign", algs="ES256"';

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
