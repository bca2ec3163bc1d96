/** The access checks inside of workerd, where cryptography, streams and URLs are not Node's. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as DPoP from "dpop";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { createTestHarness, type TestHarness } from "wrangler";
import type { Caller } from "../../../edge/access/caller.ts";
import type { Result } from "../../../edge/problem.ts";
import type { SessionAnswer } from "../../../shared/contract.ts";
import { ownConnection } from "../../support/calls.ts";
import { acme, apiKey, codeOf, expectOk, posOrigin, publicOrigin, variables } from "./support.ts";

const algorithms = ["RS256", "PS256", "ES256", "EdDSA"] as const;
const partnerKeys = await Promise.all(
  algorithms.map(async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    return { alg, privateKey, jwk: { ...(await exportJWK(publicKey)), alg, kid: alg } };
  }),
);

let server: TestHarness;
before(async () => {
  const { MERCHANT_BROKEN: _broken, ...sound } = variables;
  const record = { ...acme, jwks: { keys: partnerKeys.map(({ jwk }) => jwk) } };
  server = createTestHarness({
    // Not the project's root: a developer's own .dev.vars there would win over these variables.
    root: fileURLToPath(new URL(".", import.meta.url)),
    workers: [
      {
        config: {
          name: "access",
          main: fileURLToPath(new URL("access-worker.ts", import.meta.url)),
          compatibility_date: "2026-11-01",
          vars: { ...sound, PARTNER_ACME: JSON.stringify(record) },
        },
      },
    ],
  });
  await server.listen();
});
after(() => server.close());

interface Call {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}
/** The test chooses the shape of the answer that it then looks at. */
async function ask<T>(path: string, call: Call = {}): Promise<T> {
  const response = await server.fetch(`${publicOrigin}${path}`, { method: "POST", ...call });
  return JSON.parse(await response.text());
}
const mint = async (request: Record<string, unknown>) =>
  expectOk(
    await ask<Result<SessionAnswer>>("/sessions", {
      headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json" },
      body: JSON.stringify({ merchant: "direct", ...request }),
    }),
  );
const use = (headers: Record<string, string>, method = "POST") =>
  ask<Result<Caller>>("/v1/assignments", { method, headers });

test("the configuration is sound there as well", async () => {
  assert.deepEqual(await ask("/faults"), []);
});

test("a session is minted and used, an altered one and a foreign page are refused", async () => {
  const { token, id } = await mint({ origin: posOrigin });
  const headers = { Authorization: `Bearer ${token}`, Origin: posOrigin };
  assert.equal(expectOk(await use(headers)).session?.id, id);
  assert.equal(codeOf(await use({ ...headers, Origin: "https://evil.example" })), "origin_refused");
  assert.equal(codeOf(await use({ Authorization: headers.Authorization })), "origin_refused");
  const altered = `${token.slice(0, -10)}${token.at(-10) === "A" ? "B" : "A"}${token.slice(-9)}`;
  assert.equal(codeOf(await use({ ...headers, Authorization: `Bearer ${altered}` })), "unauthenticated");
});

for (const { alg, privateKey } of partnerKeys) {
  test(`a session that the partner signed with ${alg} is used, under another key it is refused`, async () => {
    const stranger = await generateKeyPair(alg);
    const sign = (key: typeof privateKey) =>
      new SignJWT({ merchant: "direct", scope: "guides:read" })
        .setProtectedHeader({ alg, typ: "staff-assign+jwt", kid: alg })
        .setIssuer("acme")
        .setAudience("staff-assign")
        .setIssuedAt()
        .setExpirationTime("15 minutes")
        .setJti("1")
        .sign(key);
    assert.equal(codeOf(await use({ Authorization: `Bearer ${await sign(privateKey)}` })), "ok");
    assert.equal(codeOf(await use({ Authorization: `Bearer ${await sign(stranger.privateKey)}` })), "unauthenticated");
  });
}

test("a proof of npm dpop is accepted for its call, and for no other", async () => {
  const pair = await DPoP.generateKeyPair("ES256");
  const { token } = await mint({ origin: posOrigin, jkt: await DPoP.calculateThumbprint(pair.publicKey) });
  const proof = await DPoP.generateProof(pair, `${publicOrigin}/v1/assignments`, "POST", undefined, token);
  const headers = { Authorization: `DPoP ${token}`, Origin: posOrigin, DPoP: proof };
  assert.match(expectOk(await use(headers)).proof?.jti ?? "", /^[\w-]{43}$/);
  assert.equal(codeOf(await use(headers, "PATCH")), "unauthenticated");
  assert.equal(codeOf(await use({ ...headers, Authorization: `Bearer ${token}` })), "unauthenticated");
  const offCurve = await generateKeyPair("ES256", { extractable: true });
  const { x, ...jwk } = await exportJWK(offCurve.publicKey);
  const [, claims = "", signature = ""] = proof.split(".");
  const header = Buffer.from(JSON.stringify({ alg: "ES256", typ: "dpop+jwt", jwk: { ...jwk, x, y: x } }));
  const forged = `${header.toString("base64url")}.${claims}.${signature}`;
  assert.equal(codeOf(await use({ ...headers, DPoP: forged })), "unauthenticated");
});

test("an API key acts for the tenant of its headers", async () => {
  const headers = { Authorization: `Bearer ${apiKey}`, "Staff-Assign-Merchant": "direct" };
  assert.equal(expectOk(await use(headers)).partnerId, "acme");
  assert.equal(codeOf(await use({ ...headers, Authorization: "Bearer sk_acme_wrong" })), "unauthenticated");
  assert.equal(codeOf(await use({ ...headers, Origin: posOrigin })), "origin_refused");
});

test("bodies are cut, decoded and parsed as strictly", async () => {
  const send = (body: string | Uint8Array<ArrayBuffer>, headers = {}) =>
    ask<Result<unknown>>("/json", { headers: { "Content-Type": "application/json", ...headers }, body });
  assert.deepEqual(await send('{"name":"导购"}'), { ok: true, value: { name: "导购" } });
  assert.equal(codeOf(await send(`"${"x".repeat(65_534)}"`)), "ok");
  assert.equal(codeOf(await send(`"${"x".repeat(65_535)}"`, ownConnection)), "payload_too_large");
  assert.equal(codeOf(await send(new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d]))), "invalid_request");
  assert.equal(codeOf(await send(new Uint8Array([0x22, 0xff, 0x22]))), "invalid_request");
  assert.equal(codeOf(await send('{"a":1,"a":2}')), "invalid_request");
  assert.equal(codeOf(await send("[".repeat(60_000))), "invalid_request");
  assert.equal(codeOf(await send("{}", { "Content-Type": "text/plain" })), "unsupported_media_type");
});

test("a sealed record opens under its own name only", async () => {
  assert.deepEqual(await ask("/seal"), ["导购", "refused"]);
});
