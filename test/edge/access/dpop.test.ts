import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as DPoP from "dpop";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { authenticate } from "../../../edge/access/authenticate.ts";
import {
  call,
  codeOf,
  configWith,
  encode,
  expectOk,
  mint,
  now,
  nowSeconds,
  posOrigin,
  publicOrigin,
  sha256,
} from "./support.ts";

const config = configWith();
const address = `${publicOrigin}/v1/assignments`;

const keypair = await generateKeyPair("ES256", { extractable: true });
const jwk = await exportJWK(keypair.publicKey);
const jkt = await DPoP.calculateThumbprint(keypair.publicKey);
const session = await mint(config, { origin: posOrigin, jkt });
const ath = Buffer.from(sha256(session.token), "hex").toString("base64url");

const header = { alg: "ES256", typ: "dpop+jwt", jwk };
const claims = { jti: "0001", htm: "POST", htu: address, iat: nowSeconds, ath };

type Key = Parameters<SignJWT["sign"]>[0];
const prove = (
  changedClaims: Record<string, unknown> = {},
  changedHeader: Record<string, unknown> = {},
  key: Key = keypair.privateKey,
) => new SignJWT({ ...claims, ...changedClaims }).setProtectedHeader({ ...header, ...changedHeader }).sign(key);

async function proveRaw(encodedHeader: string, encodedClaims: string) {
  const input = `${encodedHeader}.${encodedClaims}`;
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  const signature = await crypto.subtle.sign(algorithm, keypair.privateKey, new TextEncoder().encode(input));
  return `${input}.${Buffer.from(signature).toString("base64url")}`;
}

const request = (proof: string | undefined, more: { method?: string; path?: string; token?: string } = {}) =>
  call({
    ...more,
    headers: {
      Origin: posOrigin,
      Authorization: `DPoP ${more.token ?? session.token}`,
      ...(proof !== undefined && { DPoP: proof }),
    },
  });
const outcome = async (proof: string | undefined, more = {}, configuration = config, at = now) =>
  codeOf(await authenticate(request(proof, more), configuration, at));

describe("a proof", () => {
  test("of an independent client (npm dpop) is accepted", async () => {
    const pair = await DPoP.generateKeyPair("ES256");
    const bound = await mint(
      configWith(),
      { origin: posOrigin, jkt: await DPoP.calculateThumbprint(pair.publicKey) },
      Date.now(),
    );
    const proof = await DPoP.generateProof(pair, address, "POST", undefined, bound.token);
    const answer = await authenticate(request(proof, { token: bound.token }), config, Date.now());
    assert.equal(expectOk(answer).session?.id, bound.id);
  });
  test("is handed on with an id of fixed length, for the one who decides that it is used once", async () => {
    const first = expectOk(await authenticate(request(await prove()), config, now)).proof;
    const again = expectOk(await authenticate(request(await prove()), config, now)).proof;
    const other = expectOk(await authenticate(request(await prove({ jti: "0002" })), config, now)).proof;
    const long = expectOk(await authenticate(request(await prove({ jti: "x".repeat(255) })), config, now)).proof;
    assert.equal(first?.issuedAt, nowSeconds);
    assert.match(first?.jti ?? "", /^[\w-]{43}$/);
    assert.match(long?.jti ?? "", /^[\w-]{43}$/);
    assert.equal(again?.jti, first?.jti, "a second signature over one jti is the same proof");
    assert.notEqual(other?.jti, first?.jti);
  });
  test("of another key has another id, although its jti is the same", async () => {
    const pair = await generateKeyPair("ES256");
    const bound = await mint(config, { origin: posOrigin, jkt: await DPoP.calculateThumbprint(pair.publicKey) });
    const proof = await prove(
      { ath: Buffer.from(sha256(bound.token), "hex").toString("base64url") },
      { jwk: await exportJWK(pair.publicKey) },
      pair.privateKey,
    );
    const foreign = expectOk(await authenticate(request(proof, { token: bound.token }), config, now)).proof;
    const ours = expectOk(await authenticate(request(await prove()), config, now)).proof;
    assert.notEqual(foreign?.jti, ours?.jti);
  });
  test("may leave out the query, or carry it, and the key's harmless members", async () => {
    const read = { method: "GET", path: "/v1/assignments?order=1" };
    assert.equal(await outcome(await prove({ htm: "GET" }), read), "ok");
    assert.equal(await outcome(await prove({ htm: "GET", htu: `${address}?order=2#x` }), read), "ok");
    const described = { ...jwk, alg: "ES256", use: "sig", key_ops: ["verify"], ext: true };
    assert.equal(await outcome(await prove({}, { jwk: described })), "ok");
  });
  test("in development is for the request's own origin when none is configured", async () => {
    const development = configWith({ ENVIRONMENT: "development", PUBLIC_ORIGIN: "" });
    assert.equal(await outcome(await prove(), {}, development), "ok");
    assert.equal(
      await outcome(await prove({ htu: "https://x.example/v1/assignments" }), {}, development),
      "unauthenticated",
    );
  });
  test("in production is for PUBLIC_ORIGIN, and cannot be judged when that is not set", async () => {
    const elsewhere = configWith({ PUBLIC_ORIGIN: "https://cdn.example" });
    assert.equal(await outcome(await prove({ htu: "https://cdn.example/v1/assignments" }), {}, elsewhere), "ok");
    assert.equal(await outcome(await prove(), {}, elsewhere), "unauthenticated");
    assert.equal(await outcome(await prove(), {}, configWith({ PUBLIC_ORIGIN: "" })), "misconfigured");
  });
});

describe("a session that is bound to a key", () => {
  test("is worth nothing without a proof", async () => {
    assert.equal(await outcome(undefined), "unauthenticated");
    assert.equal(await outcome(""), "unauthenticated");
  });
  test("is worth nothing as a Bearer token, with a proof or without", async () => {
    for (const proof of [undefined, await prove()]) {
      const bearer = request(proof);
      bearer.headers.set("Authorization", `Bearer ${session.token}`);
      assert.equal(codeOf(await authenticate(bearer, config, now)), "unauthenticated");
    }
  });
  test("is worth nothing with two proofs", async () => {
    const twice = request(await prove());
    twice.headers.append("DPoP", await prove({ jti: "0002" }));
    assert.equal(codeOf(await authenticate(twice, config, now)), "unauthenticated");
  });
  test("that is not bound is refused under DPoP, though the proof be right", async () => {
    const plain = await mint(config, { origin: posOrigin });
    const proof = await prove({ ath: Buffer.from(sha256(plain.token), "hex").toString("base64url") });
    assert.equal(await outcome(proof, { token: plain.token }), "unauthenticated");
  });
  test("still has to come from its origin", async () => {
    const elsewhere = request(await prove());
    elsewhere.headers.set("Origin", publicOrigin);
    assert.equal(codeOf(await authenticate(elsewhere, config, now)), "origin_refused");
  });
});

const privateJwk: JWK = await exportJWK(keypair.privateKey);
const stranger = await generateKeyPair("ES256", { extractable: true });
const strangerJwk = await exportJWK(stranger.publicKey);

describe("a wrong proof is refused", () => {
  const otherAth = Buffer.from(sha256("another token"), "hex").toString("base64url");
  const wrongClaims: [string, Record<string, unknown>][] = [
    ["htm of another method", { htm: "GET" }],
    ["htm in lower case", { htm: "post" }],
    ["htm missing", { htm: undefined }],
    ["htu of another host", { htu: "https://evil.example/v1/assignments" }],
    ["htu of a look-alike host", { htu: "https://edge.example.evil.com/v1/assignments" }],
    ["htu of another port", { htu: "https://edge.example:8443/v1/assignments" }],
    ["htu over http", { htu: "http://edge.example/v1/assignments" }],
    ["htu of another path", { htu: `${publicOrigin}/v1/guides` }],
    ["htu of a longer path", { htu: `${address}/` }],
    ["htu of a path in upper case", { htu: `${publicOrigin}/V1/assignments` }],
    ["htu with credentials", { htu: "https://u:p@edge.example/v1/assignments" }],
    ["htu with a user alone", { htu: "https://u@edge.example/v1/assignments" }],
    ["htu with a password alone", { htu: "https://:p@edge.example/v1/assignments" }],
    ["htu relative", { htu: "/v1/assignments" }],
    ["htu as an array", { htu: [address] }],
    ["htu missing", { htu: undefined }],
    ["ath of another session", { ath: otherAth }],
    ["ath in hex", { ath: sha256(session.token) }],
    ["ath missing", { ath: undefined }],
    ["jti empty", { jti: "" }],
    ["jti of 256 characters", { jti: "x".repeat(256) }],
    ["jti as a number", { jti: 1 }],
    ["jti missing", { jti: undefined }],
    ["iat as a string", { iat: String(nowSeconds) }],
    ["iat a fraction", { iat: nowSeconds + 0.5 }],
    ["iat missing", { iat: undefined }],
    ["iat negative", { iat: -nowSeconds }],
  ];
  for (const [name, change] of wrongClaims) {
    test(name, async () => {
      const payload = encode({ ...claims, ...change });
      const answer = await authenticate(request(await proveRaw(encode(header), payload)), config, now);
      assert.equal(codeOf(answer), "unauthenticated");
      assert.ok(!answer.ok && answer.failure.serverTime === undefined, "its time is not what is wrong");
    });
  }
  test("the raw signer of these tests does prove what the edge accepts", async () => {
    assert.equal(await outcome(await proveRaw(encode(header), encode(claims))), "ok");
  });

  const wrongHeaders: [string, Record<string, unknown>][] = [
    ["typ JWT", { typ: "JWT" }],
    ["typ of a session", { typ: "staff-assign+jwt" }],
    ["typ missing", { typ: undefined }],
    ["alg none", { alg: "none" }],
    ["alg HS256", { alg: "HS256" }],
    ["alg ES384", { alg: "ES384" }],
    ["a private key", { jwk: privateJwk }],
    ["no key", { jwk: undefined }],
    ["a key as text", { jwk: JSON.stringify(jwk) }],
    ["a symmetric key", { jwk: { kty: "oct", k: "AAAA" } }],
    ["a key on P-384", { jwk: { ...jwk, crv: "P-384" } }],
    ["a key with a short coordinate", { jwk: { ...jwk, x: jwk.x?.slice(1) } }],
    ["a point that is on no curve", { jwk: { ...jwk, y: jwk.x } }],
    ["a key meant to sign", { jwk: { ...jwk, key_ops: ["sign"] } }],
    ["a key meant for nothing", { jwk: { ...jwk, key_ops: [] } }],
    ["a key meant to encrypt", { jwk: { ...jwk, use: "enc" } }],
    ["a key of another algorithm", { jwk: { ...jwk, alg: "ES384" } }],
    ["a stranger's key", { jwk: strangerJwk }],
    ["crit", { crit: ["exp"], exp: 1 }],
    ["b64 false", { crit: ["b64"], b64: false }],
    ["kid in place of the key", { jwk: undefined, kid: jkt }],
    ["jku", { jku: "https://evil.example/jwks" }],
    ["an unknown member", { extra: 1 }],
  ];
  for (const [name, change] of wrongHeaders) {
    test(name, async () => {
      assert.equal(await outcome(await proveRaw(encode({ ...header, ...change }), encode(claims))), "unauthenticated");
    });
  }
  test("a key in a spelling that is not its own, though the session be bound to that very spelling", async () => {
    const { x = "", y = "" } = jwk;
    const led = (coordinate: string) => Buffer.concat([Buffer.alloc(1), Buffer.from(coordinate, "base64url")]);
    for (const [spelledX, spelledY, code] of [
      [x, y, "ok"],
      [led(x).toString("base64url"), y, "unauthenticated"],
      [x, led(y).toString("base64url"), "unauthenticated"],
      [` ${x}`, y, "unauthenticated"],
      [`${x}=`, y, "unauthenticated"],
    ] as const) {
      // RFC 7638: the required members in the order of their names
      const thumbprint = sha256(JSON.stringify({ crv: "P-256", kty: "EC", x: spelledX, y: spelledY }));
      const bound = await mint(config, {
        origin: posOrigin,
        jkt: Buffer.from(thumbprint, "hex").toString("base64url"),
      });
      const proof = await proveRaw(
        encode({ ...header, jwk: { ...jwk, x: spelledX, y: spelledY } }),
        encode({ ...claims, ath: Buffer.from(sha256(bound.token), "hex").toString("base64url") }),
      );
      assert.equal(await outcome(proof, { token: bound.token }), code, `${spelledX} ${spelledY}`);
    }
  });
  test("a stranger's signature under the bound key", async () => {
    assert.equal(await outcome(await prove({}, {}, stranger.privateKey)), "unauthenticated");
  });
  test("a stranger's whole proof, right in all but the key", async () => {
    assert.equal(await outcome(await prove({}, { jwk: strangerJwk }, stranger.privateKey)), "unauthenticated");
  });
  test("duplicate claims", async () => {
    const doubled = JSON.stringify(claims).replace('"htm"', '"htm":"GET","htm"');
    const proof = await proveRaw(encode(header), Buffer.from(doubled).toString("base64url"));
    assert.equal(await outcome(proof), "unauthenticated");
  });
  test("padding, a blank, a fourth segment, nothing but dots", async () => {
    const proof = await prove();
    for (const wrong of [`${proof}=`, `${proof} x`, `${proof}.e30`, "..", "x", `${proof},${proof}`]) {
      assert.equal(await outcome(wrong), "unauthenticated");
    }
  });
  test("longer than 8 KiB", async () => {
    assert.equal(await outcome(await prove({ filler: "x".repeat(5000) })), "ok");
    assert.equal(await outcome(await prove({ filler: "x".repeat(6000) })), "unauthenticated");
  });
});

test("whatever is wrong with a proof, it is the proof that the challenge names and not the session (RFC 9449)", async () => {
  for (const proof of [undefined, "x", await prove({ htm: "GET" }), await prove({ iat: nowSeconds - 301 })]) {
    const answer = await authenticate(request(proof), config, now);
    assert.equal(!answer.ok && answer.failure.challenge, "invalid_dpop_proof");
  }
});

describe("the time of a proof is exact to the second, both ways", () => {
  for (const [offset, code] of [
    [-301, "unauthenticated"],
    [-300, "ok"],
    [300, "ok"],
    [301, "unauthenticated"],
  ] as const) {
    test(`${offset} s: ${code}`, async () => {
      assert.equal(await outcome(await prove({ iat: nowSeconds + offset })), code);
    });
  }
  test("the millisecond after the window is outside of it", async () => {
    const proof = await prove();
    assert.equal(await outcome(proof, {}, config, now + 300_000), "ok");
    assert.equal(await outcome(proof, {}, config, now + 300_001), "unauthenticated");
  });
  test("a stale proof is told the server's time and that another try may help; a forged one is told nothing", async () => {
    const stale = await authenticate(request(await prove({ iat: nowSeconds - 86_400 })), config, now);
    assert.ok(!stale.ok);
    assert.equal(stale.failure.serverTime, now);
    assert.equal(stale.failure.retryable, true);
    const forged = await authenticate(request(await prove({ iat: 1, ath: "x" })), config, now);
    assert.ok(!forged.ok);
    assert.equal(forged.failure.serverTime, undefined);
  });
});
