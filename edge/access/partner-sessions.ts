/**
 * Sessions that a partner signs itself, against the public keys in its record. The token is peeked at only to find
 * whose keys to use; nothing it says is believed before one of them has verified it. No key is ever fetched.
 */
import type { Config } from "../config.ts";
import type { Result } from "../problem.ts";
import { unauthenticated } from "./authorization.ts";
import { hasValidSignature, readCompactJwt } from "./compact-jwt.ts";
import type { PartnerKey } from "./partner-keys.ts";
import { readSessionClaims, type SessionClaims, sessionType } from "./session-claims.ts";

/** `jwk`, `jku`, `x5u`, `x5c` would bring keys of the sender's choice, `crit` and `b64` another reading of the token. */
const headerMembers: readonly string[] = ["alg", "typ", "kid"];

/** @param now epoch milliseconds */
export async function verifyPartnerSession(
  token: string,
  config: Pick<Config, "partners">,
  now: number,
): Promise<Result<SessionClaims>> {
  const jwt = readCompactJwt(token);
  if (!jwt) return unauthenticated();
  const { alg, typ, kid } = jwt.header;
  const { iss } = jwt.claims;
  const hasOnlyKnownMembers = Object.keys(jwt.header).every((member) => headerMembers.includes(member));
  if (!hasOnlyKnownMembers || typ !== sessionType || typeof alg !== "string" || typeof iss !== "string") {
    return unauthenticated();
  }
  const partner = config.partners.get(iss);
  for (const key of candidates(partner?.sessionVerificationKeys ?? [], alg, kid)) {
    if (!(await hasValidSignature(token, key.jwk, alg))) continue;
    const claims = readSessionClaims(jwt.claims, iss, now);
    // The edge's own sessions name their partner apart; a partner can only speak for itself.
    return claims.ok && claims.value.partnerId !== iss ? unauthenticated() : claims;
  }
  return unauthenticated();
}

const candidates = (keys: readonly PartnerKey[], algorithm: string, kid: unknown) =>
  keys.filter((key) => key.algorithms.includes(algorithm) && (kid === undefined || key.kid === kid));
