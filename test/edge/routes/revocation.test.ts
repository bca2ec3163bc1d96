/** What `DELETE /v1/sessions/{id}` lets through to a ledger: ids that a session can have, of the partner's own tenants. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { apiKey, variables } from "../access/support.ts";
import { type Bindings, gateway } from "./gateway.ts";

const headers = { Authorization: `Bearer ${apiKey}`, "Staff-Assign-Merchant": "direct" };

function revoking(answer: unknown = { ok: true, value: null }) {
  const revoked: unknown[] = [];
  const bindings: Bindings = {
    variables: { MERCHANT_DEMO: variables.MERCHANT_DEMO },
    ledger: {
      revoke: async (call: unknown) => {
        revoked.push(call);
        return answer;
      },
    },
  };
  const edge = gateway(bindings);
  return {
    edge,
    revoked,
    remove: (id: string, named: Record<string, string> = headers) => edge.call("DELETE", `/v1/sessions/${id}`, named),
  };
}

describe("an id that no session can have is not found, and reaches no ledger", () => {
  const cases: [name: string, id: string][] = [
    ["of 129 characters", "a".repeat(129)],
    ["of six kilobytes", "a".repeat(6000)],
    ["with a blank", "a%20b"],
    ["with a line break", "a%0Ab"],
    ["with a character beyond ASCII", encodeURIComponent("会话")],
    ["with a character that is none", "a%00b"],
  ];
  for (const [name, id] of cases) {
    test(name, async () => {
      const { edge, revoked, remove } = revoking();
      const { status, body } = await remove(id);
      assert.deepEqual([status, body.code], [404, "not_found"]);
      assert.deepEqual([edge.reached, revoked], [[], []]);
    });
  }
});

for (const id of ["a", "~!%24%2F", "a".repeat(128)]) {
  test(`an id that a partner's session may have is revoked: ${id.slice(0, 8)}`, async () => {
    const { revoked, remove } = revoking();
    assert.equal((await remove(id)).status, 204);
    assert.equal(revoked.length, 1);
  });
}

test("what the ledger refuses is never answered as revoked", async () => {
  const { remove } = revoking({ ok: false, failure: { code: "rate_limited", detail: "no", retryAfterSeconds: 3 } });
  const answer = await remove("a");
  assert.deepEqual([answer.status, answer.body.code, answer.headers.get("Retry-After")], [429, "rate_limited", "3"]);
});

describe("an id that names its own tenant", () => {
  const { Authorization } = headers;
  const id = "demo~1900000109~0123456789abcdefghijklmn";
  const naming = (merchant?: string, subMchid?: string) => ({
    Authorization,
    ...(merchant !== undefined && { "Staff-Assign-Merchant": merchant }),
    ...(subMchid !== undefined && { "Staff-Assign-Sub-Mchid": subMchid }),
  });

  test("is not revoked for another one that the headers name: it may live on there", async () => {
    for (const [session, named] of [
      [id, naming("demo", "1900000110")],
      [id, naming(undefined, "1900000110")],
      [id, naming("direct")],
      ["direct~-~0123456789abcdefghijklmn", naming("direct", "1900000109")],
    ] as const) {
      const { edge, revoked, remove } = revoking();
      const { status, body } = await remove(session, named);
      assert.deepEqual([status, body.code, edge.reached, revoked], [404, "not_found", [], []], JSON.stringify(named));
    }
  });
  test("is revoked there, with headers that name the same or without", async () => {
    for (const named of [naming(), naming("demo"), naming("demo", "1900000109")]) {
      const { edge, remove } = revoking();
      assert.equal((await remove(id, named)).status, 204);
      assert.deepEqual(edge.reached, ["demo/1900000109/0"]);
    }
  });
});
