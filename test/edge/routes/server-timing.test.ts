/** What a page's own monitoring sees of an assignment: the time behind the edge's gate, and nothing about anybody else. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { apiKey, posOrigin } from "../access/support.ts";
import { gateway } from "./gateway.ts";

const headers = { Authorization: `Bearer ${apiKey}`, "Staff-Assign-Merchant": "direct" };
const body = { channel: "tmall", order: "2345678", guide: { id: "1234567" } };
const record = { id: "a1", channel: "tmall", order: "2345678", createdAt: "2026-11-02T00:00:00Z", attempts: 1 };

/** @param took milliseconds on the clock while the ledger is asked */
async function assigned(status: string, took: number, context: TestContext) {
  context.mock.timers.enable({ apis: ["Date"], now: Date.UTC(2026, 10, 2) });
  const assign = async () => {
    context.mock.timers.tick(took);
    return { ok: true, value: { ...record, status } };
  };
  return gateway({ ledger: { assign } }).call("POST", "/v1/assignments", headers, body);
}

describe("Server-Timing", () => {
  for (const [status, code] of [
    ["assigned", 200],
    ["pending", 202],
  ] as const) {
    test(`of an assignment that is ${status} tells how long the ledger took, in milliseconds`, async (context) => {
      const answer = await assigned(status, 137, context);
      assert.deepEqual([answer.status, answer.headers.get("Server-Timing")], [code, "ledger;dur=137"]);
    });
  }

  test("is not part of a refusal", async () => {
    const failure = { code: "upstream_rejected", detail: "no" };
    const edge = gateway({ ledger: { assign: async () => ({ ok: false, failure }) } });
    const refused = await edge.call("POST", "/v1/assignments", headers, body);
    assert.deepEqual([refused.status, refused.headers.get("Server-Timing")], [422, null]);
    const elsewhere = await edge.call("POST", "/v1/assignments", { ...headers, Origin: posOrigin }, body);
    assert.deepEqual([elsewhere.status, elsewhere.headers.get("Server-Timing")], [403, null]);
  });
});
