import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from "jose";
import { authenticate } from "../../../edge/access/authenticate.ts";
import {
  acme,
  authorized,
  codeOf,
  configWith,
  encode,
  expectOk,
  now,
  nowSeconds,
  posOrigin,
  randomKey,
} from "./support.ts";

const algorithms = ["RS256", "PS256", "ES256", "EdDSA"] as const;
type Algorithm = (typeof algorithms)[number];

async function keyFor(alg: Algorithm, kid?: string) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), alg, ...(kid !== undefined && { kid }) };
  return { privateKey, publicKey, jwk, alg };
}

const es = await keyFor("ES256", "es");
const rs = await keyFor("RS256", "rs");
const ps = await keyFor("PS256", "ps");
const ed = await keyFor("EdDSA", "ed");
const stranger = await keyFor("ES256", "es");
const keys = { ES256: es, RS256: rs, PS256: ps, EdDSA: ed };

const withJwks = (...jwks: JWK[]) =>
  configWith({
    PARTNER_ACME: JSON.stringify({ ...acme, jwks: { keys: jwks } }),
    PARTNER_OTHER: JSON.stringify({
      apiKeySha256: [],
      origins: ["https://other.example"],
      merchants: { direct: {} },
      jwks: { keys: [stranger.jwk] },
    }),
  });
const config = withJwks(es.jwk, rs.jwk, ps.jwk, ed.jwk);
test("the configuration of these tests has no fault but the one that it is meant to have", () => {
  assert.deepEqual(
    config.faults.map(({ variable }) => variable),
    ["MERCHANT_BROKEN"],
  );
});

const header = { alg: "ES256", typ: "staff-assign+jwt", kid: "es" };
const claims = {
  iss: "acme",
  aud: "staff-assign",
  iat: nowSeconds,
  exp: nowSeconds + 900,
  jti: "till-7-0001",
  merchant: "direct",
  scope: "assignments:write guides:read",
};

const sign = (
  protectedHeader: { alg: string } & Record<string, unknown> = header,
  payload: Record<string, unknown> = claims,
  key: CryptoKey = es.privateKey,
) => new SignJWT(payload).setProtectedHeader(protectedHeader).sign(key);

/** For headers and payloads that jose refuses to write. */
async function signRaw(encodedHeader: string, encodedPayload: string, key = es.privateKey) {
  const input = `${encodedHeader}.${encodedPayload}`;
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  const signature = await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(input));
  return `${input}.${Buffer.from(signature).toString("base64url")}`;
}
const text = (json: string) => Buffer.from(json).toString("base64url");

const answer = (token: string, configuration = config, headers = {}) =>
  authenticate(authorized(token, headers), configuration, now);
const outcome = async (token: string, configuration = config) => codeOf(await answer(token, configuration));

describe("a session that the partner signed", () => {
  for (const alg of algorithms) {
    test(`with ${alg} is accepted, with and without kid`, async () => {
      const { privateKey, jwk } = keys[alg];
      assert.equal(await outcome(await sign({ ...header, alg, kid: jwk.kid }, claims, privateKey)), "ok");
      assert.equal(await outcome(await sign({ alg, typ: header.typ }, claims, privateKey)), "ok");
    });
  }
  test("makes the same caller as one that the edge minted", async () => {
    assert.deepEqual(
      expectOk(await answer(await sign(header, { ...claims, origin: posOrigin }), config, { Origin: posOrigin })),
      {
        partnerId: "acme",
        merchant: "direct",
        scopes: ["assignments:write", "guides:read"],
        origin: posOrigin,
        session: { id: "till-7-0001", expiresAt: nowSeconds + 900 },
      },
    );
  });
  test("with keys of one algorithm and no kid is verified by whichever of them fits", async () => {
    const [first, second] = [await keyFor("ES256"), await keyFor("ES256")];
    const two = withJwks(first.jwk, second.jwk);
    const plain = { alg: "ES256", typ: header.typ };
    assert.equal(await outcome(await sign(plain, claims, first.privateKey), two), "ok");
    assert.equal(await outcome(await sign(plain, claims, second.privateKey), two), "ok");
    assert.equal(await outcome(await sign(plain, claims, stranger.privateKey), two), "unauthenticated");
  });
  test("an RSA key without alg is pinned to RS256", async () => {
    const { alg: _alg, ...unpinned } = rs.jwk;
    const one = withJwks(unpinned);
    assert.equal(await outcome(await sign({ ...header, alg: "RS256", kid: "rs" }, claims, rs.privateKey), one), "ok");
    const pss = await crypto.subtle.importKey(
      "pkcs8",
      await crypto.subtle.exportKey("pkcs8", rs.privateKey),
      { name: "RSA-PSS", hash: "SHA-256" },
      false,
      ["sign"],
    );
    assert.equal(
      await outcome(await sign({ ...header, alg: "PS256", kid: "rs" }, claims, pss), one),
      "unauthenticated",
    );
  });
  test("EdDSA is accepted under its newer name as well", async () => {
    assert.equal(await outcome(await sign({ ...header, alg: "Ed25519", kid: "ed" }, claims, ed.privateKey)), "ok");
  });
});

describe("a partner cannot sign more than its record allows", () => {
  const table: [string, Record<string, unknown>, string][] = [
    ["another merchant", { merchant: "foreign" }, "merchant_refused"],
    ["another sub-merchant", { merchant: "demo", sub_mchid: "1" }, "merchant_refused"],
    ["no sub-merchant in partner mode", { merchant: "demo" }, "merchant_refused"],
    ["a sub-merchant in direct mode", { sub_mchid: "1900000109" }, "merchant_refused"],
    ["another store", { merchant: "stores", store_id: "9" }, "merchant_refused"],
    ["every store where stores are listed", { merchant: "stores" }, "merchant_refused"],
    ["a broken merchant", { merchant: "broken" }, "misconfigured"],
  ];
  for (const [name, change, code] of table) {
    test(`${name}: ${code}`, async () => {
      assert.equal(await outcome(await sign(header, { ...claims, ...change })), code);
    });
  }
  test("an origin of another partner: origin_refused, from that very page", async () => {
    const token = await sign(header, { ...claims, origin: "https://other.example" });
    assert.equal(codeOf(await answer(token, config, { Origin: "https://other.example" })), "origin_refused");
  });
  test("scopes beyond the record carry nothing", async () => {
    const token = await sign(header, { ...claims, merchant: "reader", scope: "guides:write guides:read" });
    assert.deepEqual(expectOk(await answer(token)).scopes, ["guides:read"]);
  });
  test("guides:write for a store carries nothing", async () => {
    const payload = { ...claims, merchant: "stores", store_id: "1234", scope: "guides:write guides:read" };
    assert.deepEqual(expectOk(await answer(await sign(header, payload))).scopes, ["guides:read"]);
  });
  test("another partner's name in iss or in partner", async () => {
    assert.equal(await outcome(await sign(header, { ...claims, iss: "other" })), "unauthenticated");
    assert.equal(await outcome(await sign(header, { ...claims, partner: "other" })), "unauthenticated");
    assert.equal(await outcome(await sign(header, { ...claims, partner: "acme" })), "ok");
  });
  test("the edge's own issuer", async () => {
    assert.equal(
      await outcome(await sign(header, { ...claims, iss: "staff-assign", partner: "acme" })),
      "unauthenticated",
    );
  });
  test("longer than an hour", async () => {
    assert.equal(await outcome(await sign(header, { ...claims, exp: nowSeconds + 3600 })), "ok");
    assert.equal(await outcome(await sign(header, { ...claims, exp: nowSeconds + 3601 })), "unauthenticated");
  });
  test("after its end", async () => {
    const token = await sign(header, { ...claims, iat: nowSeconds - 900, exp: nowSeconds });
    assert.equal(await outcome(token), "session_expired");
  });
});

describe("forged sessions of a partner are refused", () => {
  const headers: [string, Record<string, unknown>][] = [
    ["no typ", { alg: "ES256", kid: "es" }],
    ["typ JWT", { ...header, typ: "JWT" }],
    ["typ at+jwt", { ...header, typ: "at+jwt" }],
    ["typ of a proof", { ...header, typ: "dpop+jwt" }],
    ["typ as an array", { ...header, typ: ["staff-assign+jwt"] }],
    ["kid unknown", { ...header, kid: "nobody" }],
    ["kid of another key", { ...header, kid: "rs" }],
    ["kid as a path", { ...header, kid: "../../../dev/null" }],
    ["kid as SQL", { ...header, kid: "es' OR '1'='1" }],
    ["kid __proto__", { ...header, kid: "__proto__" }],
    ["kid as a number", { ...header, kid: 1 }],
    ["kid null", { ...header, kid: null }],
    ["kid as an array", { ...header, kid: ["es"] }],
    ["jwk of the sender", { ...header, jwk: stranger.jwk }],
    ["jwk that is even right", { ...header, jwk: es.jwk }],
    ["jku", { ...header, jku: "https://evil.example/jwks" }],
    ["x5u", { ...header, x5u: "https://evil.example/cert" }],
    ["x5c", { ...header, x5c: ["MII"] }],
    ["crit unknown", { ...header, crit: ["exp"], exp: 1 }],
    ["crit b64", { ...header, crit: ["b64"], b64: true }],
    ["b64 false", { ...header, crit: ["b64"], b64: false }],
    ["cty", { ...header, cty: "JWT" }],
    ["alg none", { ...header, alg: "none" }],
    ["alg HS256", { ...header, alg: "HS256" }],
    ["alg ES384", { ...header, alg: "ES384" }],
    ["alg RS256 over an ECDSA signature", { ...header, alg: "RS256", kid: "rs" }],
    ["alg es256", { ...header, alg: "es256" }],
    ["alg as an array", { ...header, alg: ["ES256"] }],
    ["no alg", { typ: header.typ, kid: "es" }],
  ];
  for (const [name, forged] of headers) {
    test(`header: ${name}`, async () => {
      assert.equal(await outcome(await signRaw(encode(forged), encode(claims))), "unauthenticated");
    });
  }
  test("the raw signer of these tests does sign what the edge accepts", async () => {
    assert.equal(await outcome(await signRaw(encode(header), encode(claims))), "ok");
  });

  const json = JSON.stringify(claims);
  const payloads: [string, string][] = [
    ["a duplicate claim", text(json.replace('"merchant"', '"merchant":"demo","merchant"'))],
    ["a duplicate claim spelt with an escape", text(json.replace('"merchant"', '"mercha\\u006et":"demo","merchant"'))],
    ["__proto__", text(json.replace("{", '{"__proto__":{"merchant":"demo"},'))],
    ["exp 1e400", text(json.replace(/"exp":\d+/, '"exp":1e400'))],
    ["exp NaN", text(json.replace(/"exp":\d+/, '"exp":NaN'))],
    ["exp -0", text(json.replace(/"exp":\d+/, '"exp":-0'))],
    ["invalid UTF-8", Buffer.from(json.replace("{", '{"x":"\u00ff",'), "latin1").toString("base64url")],
    ["a byte order mark", text(`\ufeff${json}`)],
    ["an array", text(`[${json}]`)],
    ["null", text("null")],
    ["nothing", text("")],
    ["a lone surrogate", text(json.replace("till-7-0001", "\\ud800"))],
  ];
  for (const [name, payload] of payloads) {
    test(`payload: ${name}`, async () => {
      assert.equal(await outcome(await signRaw(encode(header), payload)), "unauthenticated");
    });
  }
  test("payload: another spelling of the same bytes, under its own right signature", async () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const paddings = ["", "a", "aa"].map((sub) => encode({ ...claims, sub }));
    const spare = paddings.filter((payload) => payload.length % 4 !== 0);
    assert.equal(spare.length, 2);
    for (const payload of spare) {
      const spelling = `${payload.slice(0, -1)}${alphabet[alphabet.indexOf(payload.slice(-1)) + 1]}`;
      assert.deepEqual(Buffer.from(spelling, "base64url"), Buffer.from(payload, "base64url"));
      assert.equal(await outcome(await signRaw(encode(header), payload)), "ok");
      assert.equal(await outcome(await signRaw(encode(header), spelling)), "unauthenticated");
    }
  });
  test("header: a duplicate alg", async () => {
    const doubled = text('{"alg":"none","alg":"ES256","typ":"staff-assign+jwt","kid":"es"}');
    assert.equal(await outcome(await signRaw(doubled, encode(claims))), "unauthenticated");
  });

  test("HMAC keyed with the partner's public key, in every form it is published", async () => {
    for (const { publicKey, jwk, alg } of Object.values(keys)) {
      const forms = [await exportSPKI(publicKey), JSON.stringify(jwk), jwk.n ?? jwk.x ?? ""];
      for (const secret of forms) {
        for (const claimed of ["HS256", alg]) {
          const input = `${encode({ ...header, alg: claimed, kid: jwk.kid })}.${encode(claims)}`;
          const token = `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
          assert.equal(await outcome(token), "unauthenticated");
        }
      }
    }
  });
  test("a stranger's key under a known kid", async () => {
    assert.equal(await outcome(await sign(header, claims, stranger.privateKey)), "unauthenticated");
  });
  test("another partner's key under this partner's name", async () => {
    assert.equal(
      await outcome(await sign({ ...header, kid: "es" }, { ...claims, iss: "acme" }, stranger.privateKey)),
      "unauthenticated",
    );
    assert.equal(await outcome(await sign(header, { ...claims, iss: "other" }, stranger.privateKey)), "ok");
  });
  test("a partner without keys, an unknown partner, iss that is no text", async () => {
    assert.equal(await outcome(await sign(), configWith()), "unauthenticated");
    for (const iss of ["nobody", "", 7, null, ["acme"], "constructor", "__proto__"]) {
      assert.equal(await outcome(await signRaw(encode(header), encode({ ...claims, iss }))), "unauthenticated");
    }
  });
  test("the claims of one token under the signature of another", async () => {
    const [head, , signature] = (await sign()).split(".");
    const swapped = `${head}.${encode({ ...claims, merchant: "stores", store_id: "1234" })}.${signature}`;
    assert.equal(await outcome(swapped), "unauthenticated");
  });
  test("an ECDSA signature of zeros, which old verifiers took for any message", async () => {
    const zeros = Buffer.alloc(64).toString("base64url");
    assert.equal(await outcome(`${encode(header)}.${encode(claims)}.${zeros}`), "unauthenticated");
  });
  test("an ECDSA signature in DER", async () => {
    const [head = "", payload = "", signature = ""] = (await sign()).split(".");
    const raw = Buffer.from(signature, "base64url");
    const integer = (bytes: Buffer) => Buffer.concat([Buffer.from([2, 33, 0]), bytes]);
    const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
    const der = Buffer.concat([Buffer.from([0x30, body.length]), body]).toString("base64url");
    assert.equal(await outcome(`${head}.${payload}.${der}`), "unauthenticated");
  });
});

describe("the keys of a record", () => {
  const faultOf = (...jwks: unknown[]) => {
    const { faults } = configWith({ PARTNER_ACME: JSON.stringify({ ...acme, jwks: { keys: jwks } }) });
    return faults.find(({ variable }) => variable === "PARTNER_ACME")?.sentence;
  };
  const { privateKey: smallRsa } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const small = smallRsa.export({ format: "jwk" });
  const modulusOf = (bits: number) => {
    const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff);
    bytes[0] = 0xff >> (bytes.length * 8 - bits);
    return bytes.toString("base64url");
  };
  const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey.export({ format: "jwk" });
  const padded = Buffer.concat([Buffer.alloc(200), Buffer.from(small.n ?? "", "base64url")]).toString("base64url");

  test("are taken as they are published, with certificate members beside them", () => {
    assert.equal(faultOf({ ...rs.jwk, use: "sig", key_ops: ["verify"], ext: true, x5t: "x", x5c: ["MII"] }), undefined);
  });
  test("may have the exponent 3, and either name of Ed25519", () => {
    assert.equal(faultOf({ ...rs.jwk, e: "Aw" }), undefined);
    for (const alg of ["EdDSA", "Ed25519"]) assert.equal(faultOf({ ...ed.jwk, alg }), undefined);
  });
  test("are a list of objects", () => {
    assert.match(faultOf("x") ?? "", /^jwks\.keys\.0 must be an object/);
    const { faults } = configWith({ PARTNER_ACME: JSON.stringify({ ...acme, jwks: { keys: "x" } }) });
    assert.match(faults.find(({ variable }) => variable === "PARTNER_ACME")?.sentence ?? "", /keys must be an array/);
  });
  test("RSA counts from 2048 bits of modulus, to the bit", () => {
    assert.match(faultOf({ kty: "RSA", n: Buffer.alloc(256).toString("base64url"), e: "AQAB" }) ?? "", /2048 bits/);
    assert.equal(faultOf({ kty: "RSA", n: modulusOf(2048), e: "AQAB" }), undefined);
    assert.match(faultOf({ kty: "RSA", n: modulusOf(2047), e: "AQAB" }) ?? "", /^jwks\.keys\.0\.n .*2048 bits/);
    assert.match(faultOf({ kty: "RSA", n: small.n, e: "AQAB" }) ?? "", /2048 bits/);
    assert.match(faultOf({ kty: "RSA", n: padded, e: "AQAB" }) ?? "", /2048 bits/, "leading zeros do not count");
  });

  const refused: [string, Record<string, unknown>, RegExp][] = [
    ["a private RSA key", { ...rs.jwk, d: "AQ" }, /private part/],
    ["a private EC key", { ...es.jwk, d: "AQ" }, /private part/],
    ["a symmetric key", { kty: "oct", k: randomKey() }, /private part/],
    ["a symmetric key without its value", { kty: "oct" }, /public key of kty RSA, EC or OKP/],
    ["an unknown kty", { kty: "AKP", pub: "x" }, /public key of kty RSA, EC or OKP/],
    ["P-384", p384, /crv must be P-256/],
    ["X25519", { kty: "OKP", crv: "X25519", x: ed.jwk.x }, /crv must be Ed25519/],
    ["an encryption key", { ...rs.jwk, use: "enc" }, /use must be sig/],
    ["a key not meant to verify", { ...rs.jwk, key_ops: ["encrypt"] }, /key_ops must include verify/],
    ["alg HS256", { ...rs.jwk, alg: "HS256" }, /alg must be RS256 or PS256/],
    ["alg RS512", { ...rs.jwk, alg: "RS512" }, /alg must be RS256 or PS256/],
    ["alg of another kty", { ...es.jwk, alg: "RS256" }, /alg must be ES256/],
    ["an exponent of 1", { ...rs.jwk, e: "AQ" }, /e must be 65537 or 3/],
    ["a coordinate too short", { ...es.jwk, x: "AQ" }, /x must be 32 bytes/],
    ["a coordinate in standard base64", { ...es.jwk, x: `${"A".repeat(42)}+` }, /x must be base64url/],
  ];
  for (const [name, jwk, sentence] of refused) {
    test(`${name} breaks the record, which says so and quotes nothing`, () => {
      const fault = faultOf(jwk) ?? "";
      assert.match(fault, sentence);
      for (const value of [jwk.n, jwk.x, jwk.d, jwk.k]) {
        if (typeof value === "string" && value.length > 8) assert.ok(!fault.includes(value));
      }
    });
  }
  test("no member of a private or symmetric key passes, on a key of any kty", () => {
    for (const member of ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"]) {
      for (const { jwk } of Object.values(keys))
        assert.match(faultOf({ ...jwk, [member]: "AQ" }) ?? "", /private part/);
    }
  });
  test("a kid has 1 to 255 characters", () => {
    assert.equal(faultOf({ ...es.jwk, kid: "k".repeat(255) }), undefined);
    for (const kid of ["", "k".repeat(256), 1, null]) assert.match(faultOf({ ...es.jwk, kid }) ?? "", /kid/);
  });
  test("base64url is so from the first character to the last", () => {
    for (const spelled of [` ${es.jwk.x?.slice(1)}`, `${es.jwk.x?.slice(1)}=`]) {
      assert.match(faultOf({ ...es.jwk, x: spelled }) ?? "", /x must be base64url/);
      assert.match(faultOf({ ...es.jwk, y: spelled }) ?? "", /y must be base64url/);
      assert.match(faultOf({ ...ed.jwk, x: spelled }) ?? "", /x must be base64url/);
    }
    assert.match(faultOf({ ...rs.jwk, n: `${rs.jwk.n}=` }) ?? "", /n must be base64url/);
  });
  test("two keys of one kid, no key at all, or nine of them break the record", () => {
    assert.match(faultOf(es.jwk, { ...rs.jwk, kid: "es" }) ?? "", /kid twice/);
    assert.match(faultOf() ?? "", /must hold a key/);
    const nine = Array.from({ length: 9 }, (_, index) => ({ ...es.jwk, kid: `k${index}` }));
    assert.match(faultOf(...nine) ?? "", /at most 8 keys/);
    assert.equal(faultOf(...nine.slice(1)), undefined);
  });
});

test("a partner's key is imported once, however many of its sessions are verified", async (context) => {
  const fresh = withJwks(es.jwk);
  assert.equal(await outcome(await sign(), fresh), "ok");
  const tokens = await Promise.all(
    Array.from({ length: 10 }, (_, till) => sign(header, { ...claims, jti: `${till}` })),
  );
  const importKey = context.mock.method(crypto.subtle, "importKey");
  for (const token of tokens) assert.equal(await outcome(token, fresh), "ok");
  assert.equal(importKey.mock.callCount(), 0);
});
