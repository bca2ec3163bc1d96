import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { authenticate } from "../../../edge/access/authenticate.ts";
import { mintSession, parseSessionId } from "../../../edge/access/sessions.ts";
import { maxRemembered } from "../../../edge/access/verified-sessions.ts";
import type { SessionRequest } from "../../../shared/contract.ts";
import {
  authorized,
  codeOf,
  configWith,
  configWithRecord,
  encode,
  fieldOf,
  mint,
  now,
  nowSeconds,
  partnerOf,
  posOrigin,
  randomKey,
  sessionKey,
} from "./support.ts";

const config = configWith();
const minted = await mint(config);
const [ownHeader = "", ownPayload = "", ownSignature = ""] = minted.token.split(".");

const hmac = (algorithm: string, signingInput: string, key: string | Buffer) =>
  createHmac(algorithm, key).update(signingInput).digest("base64url");
const secret = Buffer.from(sessionKey, "base64url");
/** Signed with the edge's own key: what an attacker cannot do, so that only the rule under test can refuse it. */
const signedPayload = (payload: string, header = ownHeader) =>
  `${header}.${payload}.${hmac("sha256", `${header}.${payload}`, secret)}`;
const signed = (header: Record<string, unknown>, claims: Record<string, unknown>) =>
  signedPayload(encode(claims), encode(header));

const ownClaims = {
  iss: "staff-assign",
  aud: "staff-assign",
  iat: nowSeconds,
  exp: nowSeconds + 900,
  jti: "direct~-~0123456789abcdefghijklmn",
  partner: "acme",
  merchant: "direct",
  scope: "assignments:write",
};

const outcome = async (token: string, at = now, configuration = config) =>
  codeOf(await authenticate(authorized(token), configuration, at));

describe("minting", () => {
  test("the answer and the claims say the same, with the documented defaults", async () => {
    const answer = await mint(config, { merchant: "demo", subMchid: "1900000109" });
    assert.deepEqual(
      { ...answer, token: "", id: "" },
      {
        token: "",
        tokenType: "Bearer",
        id: "",
        issuedAt: "2026-11-02T00:00:00.000Z",
        expiresIn: 900,
        scope: "assignments:write guides:read",
        merchant: "demo",
        subMchid: "1900000109",
      },
    );
    assert.deepEqual(decodeJwt(answer.token), {
      iss: "staff-assign",
      aud: "staff-assign",
      iat: nowSeconds,
      exp: nowSeconds + 900,
      jti: answer.id,
      partner: "acme",
      merchant: "demo",
      sub_mchid: "1900000109",
      scope: "assignments:write guides:read",
    });
    const { kid, ...header } = decodeProtectedHeader(answer.token);
    assert.deepEqual(header, { alg: "HS256", typ: "staff-assign+jwt" });
    assert.match(kid ?? "", /^[\w-]{11}$/);
  });

  test("store, origin, key thumbprint, scope and lifetime are bound into the session", async () => {
    const jkt = `${"a".repeat(42)}A`;
    const request = { merchant: "stores", storeId: "1234", origin: posOrigin, jkt, expiresIn: 60 };
    const answer = await mint(config, { ...request, scope: "guides:read assignments:read" });
    assert.equal(answer.tokenType, "DPoP");
    assert.equal(answer.expiresIn, 60);
    assert.equal(answer.storeId, "1234");
    const { store_id, origin, cnf, scope, exp } = decodeJwt(answer.token);
    assert.deepEqual(
      { store_id, origin, cnf, scope, exp },
      {
        store_id: "1234",
        origin: posOrigin,
        cnf: { jkt },
        scope: "assignments:read guides:read",
        exp: nowSeconds + 60,
      },
    );
  });

  test("issuedAt is the server's clock to the millisecond, the claim its whole second", async () => {
    const answer = await mint(config, {}, now + 999);
    assert.equal(answer.issuedAt, "2026-11-02T00:00:00.999Z");
    assert.equal(decodeJwt(answer.token).iat, nowSeconds);
  });

  test("ids name their tenant, never repeat and parse back", async () => {
    const ids = await Promise.all(
      Array.from({ length: 50 }, async () => (await mint(config, { merchant: "any", subMchid: "42" })).id),
    );
    assert.equal(new Set(ids).size, 50);
    for (const id of ids) {
      assert.match(id, /^any~42~[\w-]{24}$/);
      assert.deepEqual(parseSessionId(id), { merchant: "any", subMchid: "42" });
    }
    assert.deepEqual(parseSessionId(minted.id), { merchant: "direct" });
  });

  const refusals: [name: string, request: SessionRequest, code: string, field?: string][] = [
    ["a merchant that the record does not name", { merchant: "foreign" }, "merchant_refused", "merchant"],
    ["a merchant that does not exist", { merchant: "nobody" }, "merchant_refused", "merchant"],
    ["a merchant called like a member of Object", { merchant: "constructor" }, "merchant_refused", "merchant"],
    ["a merchant whose variable is broken", { merchant: "broken" }, "misconfigured"],
    ["a merchant whose variable is missing", { merchant: "missing" }, "misconfigured"],
    ["partner mode without sub-merchant", { merchant: "demo" }, "invalid_request", "subMchid"],
    [
      "a sub-merchant outside of the record",
      { merchant: "demo", subMchid: "1900000111" },
      "merchant_refused",
      "subMchid",
    ],
    ["a sub-merchant for a direct merchant", { merchant: "direct", subMchid: "1" }, "invalid_request", "subMchid"],
    ["a sub-merchant for a Tmall merchant", { merchant: "reader", subMchid: "1" }, "invalid_request", "subMchid"],
    ["no store where the record lists stores", { merchant: "stores" }, "invalid_request", "storeId"],
    ["a store outside of the record", { merchant: "stores", storeId: "9" }, "merchant_refused", "storeId"],
    [
      "an origin outside of the record",
      { merchant: "direct", origin: "https://x.example" },
      "origin_refused",
      "origin",
    ],
    ["the origin null", { merchant: "direct", origin: "null" }, "origin_refused", "origin"],
    ["a scope outside of the record", { merchant: "reader", scope: "assignments:write" }, "scope_refused", "scope"],
    [
      "two scopes of which one is outside of the record",
      { merchant: "reader", scope: "guides:read assignments:write" },
      "scope_refused",
      "scope",
    ],
    [
      "guides:write for a store",
      { merchant: "stores", storeId: "1234", scope: "guides:write" },
      "scope_refused",
      "scope",
    ],
    ["an unknown scope", { merchant: "direct", scope: "guides:read admin" }, "invalid_request", "scope"],
    ["an empty scope", { merchant: "direct", scope: "" }, "invalid_request", "scope"],
    [
      "scopes with two spaces between",
      { merchant: "direct", scope: "guides:read  guides:write" },
      "invalid_request",
      "scope",
    ],
  ];
  for (const [name, request, code, field] of refusals) {
    test(`refused: ${name}`, async () => {
      const answer = await mintSession(config, partnerOf(config), request, now);
      assert.equal(codeOf(answer), code);
      assert.equal(fieldOf(answer), field);
    });
  }

  test("guides:write is given on request where the record names no scopes", async () => {
    const answer = await mint(config, { scope: "guides:write" });
    assert.equal(answer.scope, "guides:write");
  });

  test("the default shrinks to what the record grants, and a record without any of it must be asked by name", async () => {
    assert.equal((await mint(config, { merchant: "reader" })).scope, "guides:read");
    const reads = configWithRecord({ merchants: { direct: { scopes: ["assignments:read"] } } });
    assert.equal(codeOf(await mintSession(reads, partnerOf(reads), { merchant: "direct" }, now)), "scope_refused");
    assert.equal((await mint(reads, { scope: "assignments:read" })).scope, "assignments:read");
  });

  test("a record without subMchids grants no sub-merchant", async () => {
    const none = configWithRecord({ merchants: { demo: {} } });
    const answer = await mintSession(none, partnerOf(none), { merchant: "demo", subMchid: "1900000109" }, now);
    assert.equal(codeOf(answer), "merchant_refused");
  });

  test("a bound session is not minted where its proofs could not be judged, one that is not bound is", async () => {
    const nameless = configWith({ PUBLIC_ORIGIN: "" });
    const minting = (more: object) =>
      mintSession(nameless, partnerOf(nameless), { merchant: "direct", ...more }, now).then(codeOf);
    assert.equal(await minting({ jkt: `${"a".repeat(42)}A` }), "misconfigured");
    assert.equal(await minting({}), "ok");
  });

  test("the answer names no sub-merchant and no store where the session is of none", async () => {
    assert.deepEqual(Object.keys(minted).sort(), [
      "expiresIn",
      "id",
      "issuedAt",
      "merchant",
      "scope",
      "token",
      "tokenType",
    ]);
  });

  test("without a usable session key nothing is minted and nothing is believed", async () => {
    const keyless = configWith({ SESSION_KEY: "" });
    assert.equal(codeOf(await mintSession(keyless, partnerOf(keyless), { merchant: "direct" }, now)), "misconfigured");
    assert.equal(await outcome(minted.token, now, keyless), "unauthenticated");
    const header = ownHeader;
    const emptyKey = `${header}.${ownPayload}.${hmac("sha256", `${header}.${ownPayload}`, "")}`;
    assert.equal(await outcome(emptyKey, now, keyless), "unauthenticated");
  });
});

describe("time", () => {
  test("a session ends exactly with its last second", async () => {
    assert.equal(await outcome(minted.token, now + 900_000 - 1), "ok");
    assert.equal(await outcome(minted.token, now + 900_000), "session_expired");
  });

  test("an hour is the longest, whatever is asked for", async () => {
    const { token } = await mint(config, { expiresIn: 3600 });
    assert.equal(await outcome(token, now + 3600_000 - 1), "ok");
    assert.equal(await outcome(token, now + 3600_000), "session_expired");
    assert.equal((await mint(config, { expiresIn: 9999 })).expiresIn, 3600);
  });
});

describe("rotation of SESSION_KEY", () => {
  const [older, newer] = [sessionKey, randomKey()];
  test("the first key signs, both verify during the overlap, the old one is refused after it", async () => {
    const overlap = configWith({ SESSION_KEY: JSON.stringify([newer, older]) });
    const after = configWith({ SESSION_KEY: newer });
    const { token } = await mint(overlap);
    assert.equal(await outcome(minted.token, now, overlap), "ok");
    assert.equal(await outcome(token, now, overlap), "ok");
    assert.equal(await outcome(token, now, after), "ok");
    assert.equal(await outcome(minted.token, now, after), "unauthenticated");
    assert.equal(await outcome(token, now, config), "unauthenticated");
  });

  test("a token that names one key and is signed with another is refused", async () => {
    const overlap = configWith({ SESSION_KEY: JSON.stringify([newer, older]) });
    const [newHeader = ""] = (await mint(overlap)).token.split(".");
    assert.equal(await outcome(signedPayload(ownPayload, newHeader), now, overlap), "unauthenticated");
  });
});

describe("forged sessions are refused", () => {
  const header = JSON.parse(Buffer.from(ownHeader, "base64url").toString());
  const claims = ownClaims;

  test("the helper of these tests does sign what the edge accepts", async () => {
    assert.equal(await outcome(signed(header, claims)), "ok");
  });

  const headers: [name: string, header: Record<string, unknown>][] = [
    ["alg none", { ...header, alg: "none" }],
    ["alg None", { ...header, alg: "None" }],
    ["alg HS384", { ...header, alg: "HS384" }],
    ["alg RS256", { ...header, alg: "RS256" }],
    ["no alg", { typ: header.typ, kid: header.kid }],
    ["no typ", { alg: "HS256", kid: header.kid }],
    ["typ JWT", { ...header, typ: "JWT" }],
    ["typ of a proof", { ...header, typ: "dpop+jwt" }],
    ["typ in upper case", { ...header, typ: "STAFF-ASSIGN+JWT" }],
    ["no kid", { alg: "HS256", typ: header.typ }],
    ["kid as a path", { ...header, kid: "../../dev/null" }],
    ["kid as SQL", { ...header, kid: "' OR 1=1 --" }],
    ["kid __proto__", { ...header, kid: "__proto__" }],
    ["kid as an object", { ...header, kid: { toString: header.kid } }],
    ["crit unknown", { ...header, crit: ["x"], x: 1 }],
    ["crit empty", { ...header, crit: [] }],
    ["crit b64", { ...header, crit: ["b64"], b64: true }],
    ["b64 false", { ...header, crit: ["b64"], b64: false }],
    ["embedded jwk", { ...header, jwk: { kty: "oct", k: sessionKey } }],
    ["jku", { ...header, jku: "https://evil.example/keys" }],
    ["x5u", { ...header, x5u: "https://evil.example/cert" }],
    ["x5c", { ...header, x5c: ["MII"] }],
    ["an unknown member", { ...header, extra: true }],
    ["members in another order", { kid: header.kid, typ: header.typ, alg: "HS256" }],
  ];
  for (const [name, forged] of headers) {
    test(`header: ${name}, even under the right key`, async () => {
      assert.equal(await outcome(signed(forged, claims)), "unauthenticated");
    });
  }

  const spaced = Buffer.from(JSON.stringify(header, null, 1)).toString("base64url");
  const payload = encode(claims);
  const changedByte = `${ownSignature.startsWith("A") ? "B" : "A"}${ownSignature.slice(1)}`;
  // 43 characters carry two spare bits: this spelling decodes to the same 32 bytes.
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const spelling = `${ownSignature.slice(0, -1)}${alphabet[alphabet.indexOf(ownSignature.slice(-1)) + 1]}`;
  assert.deepEqual(Buffer.from(spelling, "base64url"), Buffer.from(ownSignature, "base64url"));
  const own = `${ownHeader}.${ownPayload}`;

  const tokens: [name: string, token: string][] = [
    ["no signature", `${own}.`],
    ["no third segment", own],
    ["a fourth segment", `${minted.token}.e30`],
    ["five segments, as a JWE", `${minted.token}.e30.e30`],
    ["one segment", ownHeader],
    ["the signature of other claims", `${ownHeader}.${payload}.${ownSignature}`],
    ["a changed signature", `${own}.${changedByte}`],
    ["a shortened signature", `${own}.${ownSignature.slice(0, -4)}`],
    ["another spelling of the same signature", `${own}.${spelling}`],
    ["a key of another edge", `${own}.${hmac("sha256", own, randomKey())}`],
    ["the empty key", `${own}.${hmac("sha256", own, "")}`],
    ["the key's text in place of its bytes", `${own}.${hmac("sha256", own, sessionKey)}`],
    ["SHA-512 of the right key", `${own}.${hmac("sha512", own, secret)}`],
    ["a header spelt with blanks", signedPayload(payload, spaced)],
    ["a header that is not JSON", signedPayload(payload, "e30x")],
    ["claims that are an array", signedPayload(encode([claims]))],
    ["claims that are null", signedPayload(encode(null))],
    ["claims that are a string", signedPayload(encode("x"))],
  ];
  for (const [name, token] of tokens) {
    test(name, async () => {
      assert.equal(await outcome(token), "unauthenticated");
    });
  }

  // These do not fit the Authorization header at all, so the refusal comes before any segment is read.
  for (const [name, token] of [
    ["padding", `${minted.token}=`],
    ["a blank inside", `${ownHeader} .${ownPayload}.${ownSignature}`],
    ["a blank at the end and another credential", `${minted.token} x`],
    ["a comma", `${minted.token},${minted.token}`],
    ["standard base64 letters", `${ownHeader}.${ownPayload}+/.${ownSignature}`],
    ["17 KiB", `${ownHeader}.${"A".repeat(17 * 1024)}.${ownSignature}`],
  ] as const) {
    test(name, async () => {
      assert.equal(await outcome(token), "unauthenticated");
    });
  }

  test("the cap is 8 KiB: a longer token is refused although its signature holds", async () => {
    const sized = (length: number) => {
      const token = signed(header, { ...claims, ignored: "" });
      return signed(header, { ...claims, ignored: "x".repeat(Math.floor(((length - token.length) * 3) / 4)) });
    };
    const [fits, long] = [sized(8190), sized(8198)];
    assert.ok(fits.length <= 8192 && fits.length > 8180 && long.length > 8192);
    assert.equal(await outcome(fits), "ok");
    assert.equal(await outcome(long), "unauthenticated");
  });

  test("missing, wrong and forged credentials get one and the same answer", async () => {
    const answers = await Promise.all(
      [
        "x",
        `${own}.${changedByte}`,
        signed({ ...header, alg: "none" }, claims),
        "sk_acme_wrong",
        "sk_nobody_wrong",
      ].map((token) => authenticate(authorized(token), config, now)),
    );
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
  });
});

describe("session ids", () => {
  const wrong = [
    "",
    "direct",
    "direct~-",
    "direct~-~",
    "direct~-~short",
    "Direct~-~0123456789abcdefghijklmn",
    "direct~x~0123456789abcdefghijklmn",
    "direct~~0123456789abcdefghijklmn",
    "~-~0123456789abcdefghijklmn",
    "direct~-~0123456789abcdefghijklmn~x",
    "../x~-~0123456789abcdefghijklmn",
    "direct~-~0123456789abcdefghijklmn/",
    "direct~-~/0123456789abcdefghijklmn",
    "direct~-~0123456789abcdefghijklm",
    `direct~-~${"a".repeat(65)}`,
    "direct/~-~0123456789abcdefghijklmn",
    "/direct~-~0123456789abcdefghijklmn",
    "direct~1x~0123456789abcdefghijklmn",
    "direct~x1~0123456789abcdefghijklmn",
    "direct~-1~0123456789abcdefghijklmn",
    `direct~${"1".repeat(33)}~0123456789abcdefghijklmn`,
  ];
  for (const id of wrong) {
    test(`"${id.slice(0, 40)}" names no tenant`, () => {
      assert.equal(parseSessionId(id), undefined);
    });
  }
});

test("the session key is imported once, however many sessions are minted and verified", async (context) => {
  const fresh = configWith();
  const importKey = context.mock.method(crypto.subtle, "importKey");
  for (let round = 0; round < 10; round++) assert.equal(await outcome((await mint(fresh)).token, now, fresh), "ok");
  assert.equal(importKey.mock.callCount(), 1);
  assert.equal(importKey.mock.calls[0]?.arguments[3], false, "not extractable");
});

describe("a session that was verified before", () => {
  test("is not verified again", async (context) => {
    const fresh = configWith();
    const { token } = await mint(fresh);
    const verify = context.mock.method(crypto.subtle, "verify");
    for (let round = 0; round < 5; round++) assert.equal(await outcome(token, now, fresh), "ok");
    assert.equal(verify.mock.callCount(), 1);
  });
  test("still ends to the millisecond", async () => {
    const fresh = configWith();
    const { token } = await mint(fresh);
    assert.equal(await outcome(token, now, fresh), "ok");
    assert.equal(await outcome(token, now + 900_000 - 1, fresh), "ok");
    assert.equal(await outcome(token, now + 900_000, fresh), "session_expired");
  });
  test("vouches for no other spelling, signature or configuration", async () => {
    const fresh = configWith();
    const { token } = await mint(fresh);
    assert.equal(await outcome(token, now, fresh), "ok");
    assert.equal(await outcome(`${token}A`, now, fresh), "unauthenticated");
    assert.equal(await outcome(token.slice(0, -1), now, fresh), "unauthenticated");
    assert.equal(await outcome(token, now, configWith({ SESSION_KEY: randomKey() })), "unauthenticated");
  });
  test("still has its origin and record checked", async () => {
    const fresh = configWith();
    const { token } = await mint(fresh, { origin: posOrigin });
    const from = async (Origin: string) => codeOf(await authenticate(authorized(token, { Origin }), fresh, now));
    assert.equal(await from(posOrigin), "ok");
    assert.equal(await from("https://evil.example"), "origin_refused");
  });
  test("a refused token is never remembered as a good one", async () => {
    const fresh = configWith();
    const forged = `${(await mint(fresh)).token.slice(0, -4)}AAAA`;
    for (let round = 0; round < 3; round++) assert.equal(await outcome(forged, now, fresh), "unauthenticated");
  });
  test("is forgotten when a thousand others came after it, so that memory is bounded", async (context) => {
    const fresh = configWith();
    const tokens: string[] = [];
    for (let count = 0; count < maxRemembered + 1; count++) tokens.push((await mint(fresh)).token);
    for (const token of tokens) assert.equal(await outcome(token, now, fresh), "ok");
    const verify = context.mock.method(crypto.subtle, "verify");
    assert.equal(await outcome(tokens.at(-1) ?? "", now, fresh), "ok");
    assert.equal(await outcome(tokens.at(2) ?? "", now, fresh), "ok");
    assert.equal(verify.mock.callCount(), 0);
    assert.equal(await outcome(tokens.at(0) ?? "", now, fresh), "ok");
    assert.equal(verify.mock.callCount(), 1);
  });
});
