/**
 * Proof of possession (RFC 9449): a session that carries `cnf.jkt` is worth nothing without a fresh signature of that
 * key over this method, this address and this session. That a proof is used once is decided in the ledger's turn, the
 * only place where two parallel uses meet; here it gets the fixed-length id under which it is remembered.
 */
import { calculateJwkThumbprint } from "jose";
import * as v from "valibot";
import type { Config } from "../config.ts";
import { sha256Base64Url } from "../digest.ts";
import { fail, ok, type Result } from "../problem.ts";
import type { Caller } from "./caller.ts";
import { hasValidSignature, readCompactJwt } from "./compact-jwt.ts";
import { knowsPublicOrigin, publicOriginMissing, publicOriginOf } from "./origin.ts";

/** 300 s each way, by the server's clock: as long as the ledger remembers proofs. */
const proofWindowSeconds = 300;

const coordinate = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));

/** ES256 alone, which every browser makes; strict, so that a private member (`d`) is refused. */
const HeaderSchema = v.strictObject({
  typ: v.literal("dpop+jwt"),
  alg: v.literal("ES256"),
  jwk: v.strictObject({
    kty: v.literal("EC"),
    crv: v.literal("P-256"),
    x: coordinate,
    y: coordinate,
    alg: v.exactOptional(v.literal("ES256")),
    use: v.exactOptional(v.literal("sig")),
    key_ops: v.exactOptional(v.tuple([v.literal("verify")])),
    ext: v.exactOptional(v.boolean()),
    kid: v.exactOptional(v.string()),
  }),
});

const ClaimsSchema = v.object({
  jti: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  htm: v.string(),
  htu: v.string(),
  ath: v.string(),
  iat: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

const refusedProof = () =>
  fail("unauthenticated", "This session needs a DPoP proof of its key for this method, address and session.", {
    challenge: "invalid_dpop_proof",
  });

/**
 * @param session the token as it was sent, and the thumbprint that it is bound to
 * @param now epoch milliseconds
 * @returns `misconfigured` without a public origin; `unauthenticated`, with `serverTime` when only the time was wrong, so
 *   that the page can correct its clock
 */
export async function verifyProof(
  request: Request,
  config: Pick<Config, "publicOrigin" | "environment">,
  session: { token: string; jkt: string },
  now: number,
): Promise<Result<NonNullable<Caller["proof"]>>> {
  if (!knowsPublicOrigin(config)) return publicOriginMissing();
  const proof = request.headers.get("dpop");
  const jwt = proof === null ? undefined : readCompactJwt(proof);
  if (proof === null || !jwt) return refusedProof();
  const header = v.safeParse(HeaderSchema, jwt.header, { abortEarly: true });
  const claims = v.safeParse(ClaimsSchema, jwt.claims, { abortEarly: true });
  if (!header.success || !claims.success) return refusedProof();
  const { kty, crv, x, y } = header.output.jwk;
  const { jti, htm, htu, ath, iat } = claims.output;

  const jwk = { kty, crv, x, y };
  const thumbprint = await calculateJwkThumbprint(jwk);
  const isForThisCall =
    thumbprint === session.jkt &&
    htm === request.method &&
    isThisAddress(htu, request, config) &&
    ath === sha256Base64Url(session.token);
  if (!isForThisCall || !(await hasValidSignature(proof, jwk, "ES256"))) return refusedProof();
  if (Math.abs(now - iat * 1000) > proofWindowSeconds * 1000) {
    return fail("unauthenticated", "The DPoP proof is not of this time; compare the clock with serverTime.", {
      retryable: true,
      serverTime: now,
      challenge: "invalid_dpop_proof",
    });
  }
  return ok({ jti: sha256Base64Url(`${thumbprint}.${jti}`), issuedAt: iat });
}

/** Scheme, host and path must be those that clients use; query and fragment are ignored (RFC 9449, section 4.3). */
function isThisAddress(htu: string, request: Request, config: Pick<Config, "publicOrigin" | "environment">): boolean {
  const claimed = URL.parse(htu);
  // Credentials in an address are no part of its origin, and of no use in a proof.
  const isPlain = claimed?.username === "" && claimed.password === "";
  return (
    isPlain && claimed.origin === publicOriginOf(request, config) && claimed.pathname === new URL(request.url).pathname
  );
}
