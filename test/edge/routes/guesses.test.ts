/** Guessed credentials are slowed down by network at every gate; who has credentials is never mixed up with who guesses. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from "jose";
import { apiKey, configWith, mint, operatorKey, publicOrigin, variables } from "../access/support.ts";
import { gateway } from "./gateway.ts";

const network = { "CF-Connecting-IP": "203.0.113.9" };
const bearer = (credentials: string) => ({ ...network, Authorization: `Bearer ${credentials}` });
const guess = "guess/203.0.113.9";
const refusing = (key: string) => !key.startsWith("guess/");
const found = { ok: true, value: { data: [] } };

const gates: [method: string, path: string, body?: unknown][] = [
  ["POST", "/v1/sessions", { merchant: "direct" }],
  ["DELETE", "/v1/sessions/direct~-~0123456789abcdefghijklmn"],
  ["GET", "/v1/operator/merchants"],
  ["PUT", "/v1/operator/merchants/direct/tmall-session", {}],
  ["GET", "/v1/operator/audit?merchant=direct"],
  ["POST", "/v1/assignments", {}],
  ["GET", "/v1/assignments"],
  ["GET", "/v1/guides?storeId=1"],
  ["GET", "/v1/orders/1?channel=tmall"],
];

describe("wrong credentials", () => {
  for (const [method, path, body] of gates) {
    test(`at ${method} ${path} count against the network, and are refused once it has guessed too often`, async () => {
      for (const wrong of ["sk_acme_wrong", "op_wrong", "no.session.atall"]) {
        const patient = gateway({ limiter: () => true });
        assert.equal((await patient.call(method, path, bearer(wrong), body)).body.code, "unauthenticated");
        assert.deepEqual(patient.limited, [guess]);
        const strict = gateway({ limiter: refusing });
        const answer = await strict.call(method, path, bearer(wrong), body);
        assert.deepEqual([answer.status, answer.body.code], [429, "rate_limited"]);
        assert.equal(answer.headers.get("Retry-After"), "10");
        assert.deepEqual(strict.reached, []);
      }
    });
  }
});

describe("right credentials from a network that guesses", () => {
  const minted = async () => (await mint(configWith(), { scope: "assignments:read" }, Date.now())).token;
  const cases: [name: string, credentials: () => Promise<string>, method: string, path: string, body?: unknown][] = [
    ["an API key that mints", async () => apiKey, "POST", "/v1/sessions", { merchant: "direct" }],
    ["an operator's key", async () => operatorKey, "GET", "/v1/operator/audit?merchant=direct"],
    ["a session", minted, "GET", "/v1/assignments"],
  ];
  for (const [name, credentials, method, path, body] of cases) {
    test(`${name} passes, and is not counted as a guess`, async () => {
      const edge = gateway({ limiter: refusing, ledger: { list: async () => found, auditPage: async () => found } });
      const answer = await edge.call(method, path, bearer(await credentials()), body);
      assert.ok(answer.status < 300, JSON.stringify(answer.body));
      assert.ok(!edge.limited.includes(guess));
    });
  }

  test("a proof that is right but for its time is told the time, not that it guessed", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    const jwk = await exportJWK(publicKey);
    const request = { scope: "assignments:read", jkt: await calculateJwkThumbprint(jwk) };
    const { token } = await mint(configWith(), request, Date.now());
    const proof = await new SignJWT({
      jti: "once",
      htm: "GET",
      htu: `${publicOrigin}/v1/assignments`,
      ath: createHash("sha256").update(token).digest("base64url"),
      iat: Math.floor(Date.now() / 1000) - 3600,
    })
      .setProtectedHeader({ typ: "dpop+jwt", alg: "ES256", jwk })
      .sign(privateKey);
    const headers = { ...network, Authorization: `DPoP ${token}`, DPoP: proof };
    const { status, body } = await gateway({ limiter: refusing }).call("GET", "/v1/assignments", headers);
    assert.deepEqual([status, body.code, "serverTime" in body], [401, "unauthenticated", true]);
  });

  test("a refusal of another kind is not counted either: an origin, or an operator's route that does not exist", async () => {
    const edge = gateway({ limiter: refusing, variables: { OPERATOR_KEY_SHA256: undefined } });
    const pages = await edge.call("POST", "/v1/sessions", {
      ...bearer("sk_acme_wrong"),
      Origin: "https://pos.example",
    });
    assert.equal(pages.body.code, "origin_refused");
    assert.equal((await edge.call("GET", "/v1/operator/merchants", bearer("op_wrong"))).status, 404);
    assert.deepEqual(edge.limited, []);
  });
});

describe("the coarse shield of a session", () => {
  const limits = (more: object) => ({
    PARTNER_ACME: JSON.stringify({ ...JSON.parse(variables.PARTNER_ACME), limits: more }),
  });
  const asked = async (changed: Record<string, string>) => {
    const { token, id } = await mint(configWith(), { scope: "assignments:read" }, Date.now());
    const edge = gateway({ limiter: () => false, variables: changed, ledger: { list: async () => found } });
    const { status } = await edge.call("GET", "/v1/assignments", bearer(token));
    return { status, shielded: edge.limited.includes(`session/acme/${id}`) };
  };

  test("stands where the record allows a session no more than the shield does", async () => {
    for (const record of [{}, limits({ sessionPerSecond: 80, sessionBurst: 200 })]) {
      assert.deepEqual(await asked(record), { status: 429, shielded: true });
    }
  });

  test("counts as wrangler.toml has it configured, in production and in staging", async () => {
    const text = await readFile(new URL("../../../wrangler.toml", import.meta.url), "utf8");
    const configured = [...text.matchAll(/^simple = \{ limit = (\d+), period = (\d+) \}$/gm)];
    assert.deepEqual(
      configured.map(([, calls, seconds]) => [Number(calls), Number(seconds)]),
      [
        [1000, 10],
        [1000, 10],
      ],
    );
    // One call more than 1000 within 10 s, and just not.
    assert.equal((await asked(limits({ sessionPerSecond: 80, sessionBurst: 201 }))).shielded, false);
    assert.equal((await asked(limits({ sessionPerSecond: 80, sessionBurst: 200 }))).shielded, true);
  });

  test("steps aside where the record allows a session more, at once or over time", async () => {
    for (const record of [limits({ sessionPerSecond: 300 }), limits({ sessionBurst: 900 })]) {
      assert.deepEqual(await asked(record), { status: 200, shielded: false });
    }
  });
});
