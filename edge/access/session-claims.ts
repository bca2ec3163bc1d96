/**
 * The claims of a session, the same for those that the edge mints and those that a partner signs. Strict on types and
 * on time: the signature proves who wrote the claims, not that they make sense.
 */
import * as v from "valibot";
import { Int64Id, mchidPattern, merchantPattern, type Scope } from "../../shared/contract.ts";
import { fail, ok, type Result } from "../problem.ts";
import { unauthenticated } from "./authorization.ts";
import { parseScopes } from "./grant.ts";

export const sessionType = "staff-assign+jwt";
export const sessionAudience = "staff-assign";
/** 1 hour: a session is minted per page, and a leaked one should not outlive a shift's errand. */
export const maxLifetimeSeconds = 3600;
/** 60 s between the clocks of partner and edge. None is granted on `exp`: an end is an end. */
const issuedAtToleranceSeconds = 60;

export interface SessionClaims {
  id: string;
  partnerId: string;
  merchant: string;
  subMchid?: string;
  storeId?: string;
  scopes: readonly Scope[];
  origin?: string;
  /** RFC 7638 thumbprint of the key that must prove each call */
  jkt?: string;
  /** epoch seconds */
  expiresAt: number;
}

/** `jti`: printable ASCII, short enough to be remembered by the thousand. */
export const sessionIdPattern = /^[\x21-\x7e]{1,128}$/;

const matching = (pattern: RegExp) => v.pipe(v.string(), v.regex(pattern));
const wholeSeconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const ClaimsSchema = v.object({
  iss: v.string(),
  // One audience, as a string: a token for us and somebody else could be replayed to us by the other.
  aud: v.literal(sessionAudience),
  iat: wholeSeconds,
  exp: wholeSeconds,
  nbf: v.exactOptional(wholeSeconds),
  jti: matching(sessionIdPattern),
  partner: v.exactOptional(v.string()),
  merchant: matching(merchantPattern),
  sub_mchid: v.exactOptional(matching(mchidPattern)),
  store_id: v.exactOptional(Int64Id),
  scope: v.pipe(v.string(), v.maxLength(200)),
  origin: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(255))),
  cnf: v.exactOptional(v.strictObject({ jkt: matching(/^[A-Za-z0-9_-]{43}$/) })),
});

export const sessionExpired = () => fail("session_expired", "The session has expired; ask for a new one.");

/**
 * @param claims of a token whose signature holds
 * @param issuer who signed it
 * @param now epoch milliseconds
 * @returns `session_expired` only for claims that are right in everything else
 */
export function readSessionClaims(claims: unknown, issuer: string, now: number): Result<SessionClaims> {
  const parsed = v.safeParse(ClaimsSchema, claims, { abortEarly: true });
  if (!parsed.success) return unauthenticated();
  const { iss, iat, exp, nbf, jti, partner = iss, merchant, sub_mchid, store_id, scope, origin, cnf } = parsed.output;
  const scopes = parseScopes(scope);
  const lifetime = exp - iat;
  const latestStart = now / 1000 + issuedAtToleranceSeconds;
  const isRight =
    iss === issuer &&
    scopes &&
    lifetime > 0 &&
    lifetime <= maxLifetimeSeconds &&
    Math.max(iat, nbf ?? 0) <= latestStart;
  if (!isRight) return unauthenticated();
  if (now >= exp * 1000) return sessionExpired();
  return ok({
    id: jti,
    partnerId: partner,
    merchant,
    ...(sub_mchid !== undefined && { subMchid: sub_mchid }),
    ...(store_id !== undefined && { storeId: store_id }),
    scopes,
    ...(origin !== undefined && { origin }),
    ...(cnf && { jkt: cnf.jkt }),
    expiresAt: exp,
  });
}
