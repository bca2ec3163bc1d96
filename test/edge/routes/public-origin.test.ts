/** Production without the origin that clients use: said plainly, and never guessed from what a request names. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { apiKey, configWith, mint, sessionKey } from "../access/support.ts";
import { gateway } from "./gateway.ts";

const backend = { Authorization: `Bearer ${apiKey}` };
const jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
const healthy = () => ({
  topStatus: async () => ({ origin: "configured", state: "ok", refreshable: false }),
  recordedShards: async () => undefined,
});
const edgeWith = (changed: Record<string, string | undefined>) =>
  gateway({ variables: changed, merchant: healthy, ledger: { list: async () => ({ ok: true, value: { data: [] } }) } });

for (const [name, origin] of [
  ["missing", undefined],
  ["broken", "edge.example"],
] as const) {
  describe(`a PUBLIC_ORIGIN that is ${name} in production`, () => {
    const edge = () => edgeWith({ PUBLIC_ORIGIN: origin });

    test("makes the edge not ready", async () => {
      const { status, body } = await edge().call("GET", "/readyz");
      assert.deepEqual([status, body], [503, { status: "unavailable" }]);
    });

    test("refuses to mint a session that no proof could fit, and mints the others", async () => {
      const bound = await edge().call("POST", "/v1/sessions", backend, { merchant: "direct", jkt });
      assert.deepEqual([bound.status, bound.body.code], [503, "misconfigured"]);
      assert.match(bound.body.detail ?? "", /PUBLIC_ORIGIN/);
      assert.equal((await edge().call("POST", "/v1/sessions", backend, { merchant: "direct" })).status, 201);
    });

    test("answers a proof that cannot be judged as the edge's fault, not the page's", async () => {
      const { token } = await mint(configWith(), { scope: "assignments:read", jkt }, Date.now());
      const headers = { Authorization: `DPoP ${token}`, DPoP: "any" };
      const { status, body } = await edge().call("GET", "/v1/assignments", headers);
      assert.deepEqual([status, body.code], [503, "misconfigured"]);
      // Whether a token is right is told before anything else.
      const wrong = { ...headers, Authorization: `DPoP ${token.slice(0, -43)}${"A".repeat(43)}` };
      assert.equal((await edge().call("GET", "/v1/assignments", wrong)).body.code, "unauthenticated");
    });

    test("links problems relative to the edge, wherever the request says that is", async () => {
      for (const url of ["https://attacker.example/v1/nowhere", "/v1/nowhere"]) {
        assert.equal((await edge().call("GET", url)).body.type, "/problems/not_found");
      }
    });
  });
}

test("with it, problems link to it, whatever the request names", async () => {
  const edge = edgeWith({});
  for (const url of ["https://attacker.example/v1/nowhere", "/v1/nowhere"]) {
    assert.equal((await edge.call("GET", url)).body.type, "https://edge.example/problems/not_found");
  }
});

test("in development the request's own origin serves", async () => {
  const edge = edgeWith({ PUBLIC_ORIGIN: undefined, ENVIRONMENT: "development", SESSION_KEY: sessionKey });
  assert.equal((await edge.call("GET", "/readyz")).status, 200);
  const bound = await edge.call("POST", "/v1/sessions", backend, { merchant: "direct", jkt });
  assert.equal(bound.body.tokenType, "DPoP");
  const { body } = await edge.call("GET", "http://127.0.0.1:8787/v1/nowhere");
  assert.equal(body.type, "http://127.0.0.1:8787/problems/not_found");
});
