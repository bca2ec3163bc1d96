/**
 * The public keys with which a partner signs its own sessions, as its record lists them. Each key is pinned to one
 * algorithm here, when the configuration is read: a token's header then only chooses, it decides nothing.
 */
import * as v from "valibot";

export interface PartnerKey {
  kid?: string;
  /** the `alg` values it verifies; Ed25519 has two names for one algorithm */
  algorithms: readonly string[];
  /** public members only */
  jwk: JsonWebKey;
}

/** RSA below this can be factored by who has the money; the runtime itself would import 512 bits. */
const minRsaBits = 2048;
/** A partner rotates between two; more than eight is a mistake, and each one costs a try when no `kid` is given. */
const maxKeys = 8;

const base64url = v.pipe(v.string("must be base64url"), v.regex(/^[A-Za-z0-9_-]+$/, "must be base64url"));
const coordinate = v.pipe(base64url, v.length(43, "must be 32 bytes in base64url"));

const common = {
  kid: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(255))),
  use: v.exactOptional(v.literal("sig", "must be sig")),
  key_ops: v.exactOptional(v.pipe(v.array(v.string()), v.includes("verify", "must include verify"))),
  ext: v.exactOptional(v.boolean()),
};
const RsaKey = v.object({
  ...common,
  kty: v.literal("RSA"),
  alg: v.optional(v.picklist(["RS256", "PS256"], "must be RS256 or PS256"), "RS256"),
  n: v.pipe(
    base64url,
    v.check((n) => bitLength(n) >= minRsaBits, `must be a modulus of at least ${minRsaBits} bits`),
  ),
  e: v.pipe(base64url, v.picklist(["AQAB", "Aw"], "must be 65537 or 3")),
});
const EcKey = v.object({
  ...common,
  kty: v.literal("EC"),
  alg: v.optional(v.literal("ES256", "must be ES256"), "ES256"),
  crv: v.literal("P-256", "must be P-256"),
  x: coordinate,
  y: coordinate,
});
const OkpKey = v.object({
  ...common,
  kty: v.literal("OKP"),
  alg: v.optional(v.picklist(["EdDSA", "Ed25519"], "must be EdDSA"), "EdDSA"),
  crv: v.literal("Ed25519", "must be Ed25519"),
  x: coordinate,
});

/** RFC 7517 and 7518: members that only private and symmetric keys have. */
const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

const Key = v.pipe(
  v.looseObject({}, "must be an object"),
  v.check(
    (key) => !privateMembers.some((member) => Object.hasOwn(key, member)),
    "must be a public key; this one holds a private part, which is no secret any more",
  ),
  v.variant("kty", [RsaKey, EcKey, OkpKey], "must be a public key of kty RSA, EC or OKP"),
  v.transform(
    ({ kid, use: _use, key_ops: _keyOps, ext: _ext, alg, ...jwk }): PartnerKey => ({
      ...(kid !== undefined && { kid }),
      algorithms: jwk.kty === "OKP" ? ["EdDSA", "Ed25519"] : [alg],
      jwk,
    }),
  ),
);

/** `jwks` of a partner's record. */
export const PartnerKeysSchema = v.strictObject({
  keys: v.pipe(
    v.array(Key, "must be an array"),
    v.minLength(1, "must hold a key"),
    v.maxLength(maxKeys, `must hold at most ${maxKeys} keys`),
    v.check((keys) => {
      const kids = keys.flatMap(({ kid }) => kid ?? []);
      return new Set(kids).size === kids.length;
    }, "must not name a kid twice"),
  ),
});

function bitLength(base64urlInteger: string): number {
  const bytes = new Uint8Array(Buffer.from(base64urlInteger, "base64url"));
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (bytes.length - first) * 8 - (Math.clz32(bytes[first] ?? 0) - 24);
}
