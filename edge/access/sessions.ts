/** Mints and verifies the sessions of the edge: JWTs under HS256, since who mints and who verifies are the same. */
import { SignJWT } from "jose";
import { mchidPattern, merchantPattern, type SessionAnswer, type SessionRequest } from "../../shared/contract.ts";
import type { Config, Partner } from "../config.ts";
import { fail, ok, type Result } from "../problem.ts";
import { unauthenticated } from "./authorization.ts";
import { hasValidSignature, type Segments } from "./compact-jwt.ts";
import { allowedScopes, chooseScopes } from "./grant.ts";
import { knowsPublicOrigin, publicOriginMissing, refusedOrigin } from "./origin.ts";
import { maxLifetimeSeconds, readSessionClaims, type SessionClaims, sessionAudience } from "./session-claims.ts";
import { sessionKeysOf } from "./session-keys.ts";

/** `iss` of our own sessions; a partner's id has no hyphen, so no partner can be called this. */
const ownIssuer = "staff-assign";
/** 15 minutes in seconds: what a page needs before it renews. */
const defaultLifetimeSeconds = 900;
/** 144 bits, in 24 characters without padding. */
const sessionIdBytes = 18;

/**
 * @param request already validated against the contract
 * @param now epoch milliseconds
 * @returns `merchant_refused`, `origin_refused` or `scope_refused` for more than the partner's record allows;
 *   `misconfigured` without a session key, or for a bound session without a public origin
 */
export async function mintSession(
  config: Config,
  partner: Partner,
  request: SessionRequest,
  now: number,
): Promise<Result<SessionAnswer>> {
  const { merchant, subMchid, storeId, origin, jkt, expiresIn = defaultLifetimeSeconds } = request;
  const allowed = allowedScopes(config, partner, request);
  if (!allowed.ok) return allowed;
  if (origin !== undefined && !partner.origins.includes(origin)) return refusedOrigin("origin");
  if (jkt !== undefined && !knowsPublicOrigin(config)) return publicOriginMissing();
  const chosen = chooseScopes(request.scope, allowed.value);
  if (!chosen.ok) return chosen;
  const [signing] = (await sessionKeysOf(config)).values();
  if (!signing) return fail("misconfigured", "The edge has no usable session key.");

  const id = newSessionId(merchant, subMchid);
  const issuedAt = Math.floor(now / 1000);
  const scope = chosen.value.join(" ");
  const lifetime = Math.min(expiresIn, maxLifetimeSeconds);
  const token = await new SignJWT({
    iss: ownIssuer,
    aud: sessionAudience,
    iat: issuedAt,
    exp: issuedAt + lifetime,
    jti: id,
    partner: partner.id,
    merchant,
    ...(subMchid !== undefined && { sub_mchid: subMchid }),
    ...(storeId !== undefined && { store_id: storeId }),
    scope,
    ...(origin !== undefined && { origin }),
    ...(jkt !== undefined && { cnf: { jkt } }),
  })
    .setProtectedHeader(signing.header)
    .sign(signing.key);
  return ok({
    token,
    tokenType: jkt === undefined ? "Bearer" : "DPoP",
    id,
    issuedAt: new Date(now).toISOString(),
    expiresIn: lifetime,
    scope,
    merchant,
    ...(subMchid !== undefined && { subMchid }),
    ...(storeId !== undefined && { storeId }),
  });
}

/**
 * @returns undefined when the token's header is none of ours: it may still be a partner's
 */
export async function verifyOwnSession(
  token: string,
  { header, payload }: Segments,
  config: Pick<Config, "sessionKeys">,
  now: number,
): Promise<Result<SessionClaims> | undefined> {
  const signing = (await sessionKeysOf(config)).get(header);
  if (!signing) return undefined;
  if (!(await hasValidSignature(token, signing.key, signing.header.alg))) return unauthenticated();
  // Our own text under our own signature: a plain parse is enough.
  return readSessionClaims(JSON.parse(Buffer.from(payload, "base64url").toString()), ownIssuer, now);
}

/** The id tells in which ledger the session may be revoked, and is not to be guessed. */
function newSessionId(merchant: string, subMchid = "-"): string {
  const random = crypto.getRandomValues(new Uint8Array(sessionIdBytes));
  return `${merchant}~${subMchid}~${Buffer.from(random).toString("base64url")}`;
}

/** @returns the tenant that an id of ours names, or undefined for any other text */
export function parseSessionId(id: string): { merchant: string; subMchid?: string } | undefined {
  const [merchant = "", subMchid = "", random = "", ...rest] = id.split("~");
  const isForm =
    merchantPattern.test(merchant) &&
    (subMchid === "-" || mchidPattern.test(subMchid)) &&
    /^[\w-]{24,64}$/.test(random);
  if (!isForm || rest.length > 0) return undefined;
  return { merchant, ...(subMchid !== "-" && { subMchid }) };
}
