/** `WWW-Authenticate` as RFC 6750, section 3, and RFC 9449, section 7.1, have it: an error only for credentials that were sent. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { apiKey, configWith, mint } from "../access/support.ts";
import { gateway } from "./gateway.ts";

const jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
const bare = 'Bearer realm="staff-assign", DPoP realm="staff-assign", algs="ES256"';
const bearerError = 'Bearer realm="staff-assign", error="invalid_token", DPoP realm="staff-assign", algs="ES256"';
const dpopError = (error: string) =>
  `Bearer realm="staff-assign", DPoP realm="staff-assign", algs="ES256", error="${error}"`;
const challengeOf = async (headers: Record<string, string>, call: [string, string] = ["GET", "/v1/assignments"]) => {
  const answer = await gateway().call(...call, headers);
  return [answer.status, answer.headers.get("WWW-Authenticate")];
};
const session = async (request: object, at = Date.now()) =>
  (await mint(configWith(), { scope: "assignments:read", ...request }, at)).token;

test("without credentials there is nothing to call wrong", async () => {
  assert.deepEqual(await challengeOf({}), [401, bare]);
  assert.deepEqual(await challengeOf({}, ["POST", "/v1/sessions"]), [401, bare]);
  assert.deepEqual(await challengeOf({ Authorization: "Basic dXNlcjpwYXNz" }), [401, bare]);
});

describe("credentials that were refused are called so, under their own scheme", () => {
  const hourMs = 3_600_000;
  const cases: [name: string, authorization: () => Promise<string>, challenge: string][] = [
    ["a key that nobody has", async () => "Bearer sk_acme_wrong", bearerError],
    ["a session that nobody signed", async () => "Bearer a.b.c", bearerError],
    ["a session that has ended", async () => `Bearer ${await session({}, Date.now() - 2 * hourMs)}`, bearerError],
    ["a session of no token's form", async () => "Bearer a b", bearerError],
    ["a bound session that nobody signed", async () => "DPoP a.b.c", dpopError("invalid_token")],
    ["a bound session without proof", async () => `DPoP ${await session({ jkt })}`, dpopError("invalid_dpop_proof")],
    ["a bound session as a plain one", async () => `Bearer ${await session({ jkt })}`, bearerError],
  ];
  for (const [name, authorization, challenge] of cases) {
    test(name, async () => {
      assert.deepEqual(await challengeOf({ Authorization: await authorization() }), [401, challenge]);
    });
  }

  test("a proof that the ledger has seen before", async () => {
    const failure = { code: "unauthenticated", detail: "used before", challenge: "invalid_dpop_proof" };
    const edge = gateway({ ledger: { list: async () => ({ ok: false, failure }) } });
    const answer = await edge.call("GET", "/v1/assignments", { Authorization: `Bearer ${await session({})}` });
    assert.match(answer.headers.get("WWW-Authenticate") ?? "", /error="invalid_dpop_proof"$/);
    assert.ok(!("challenge" in answer.body));
  });
});

test("a session without the scope is told that its scope is what lacks", async () => {
  const headers = { Authorization: `Bearer ${await session({})}`, "Content-Type": "application/json" };
  const challenge = bearerError.replace("invalid_token", "insufficient_scope");
  assert.deepEqual(await challengeOf(headers, ["POST", "/v1/assignments"]), [403, challenge]);
});

test("an answer that is about no credential has no challenge", async () => {
  const authorization = { Authorization: `Bearer ${apiKey}` };
  const foreign = { ...authorization, "Staff-Assign-Merchant": "foreign" };
  assert.deepEqual(await challengeOf(foreign), [403, null]);
  assert.deepEqual(await challengeOf(authorization), [400, null]);
});
