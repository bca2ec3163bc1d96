import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { networkOf, shield } from "../../../edge/routes/shield.ts";
import type { Telemetry } from "../../../edge/telemetry.ts";

describe("the shield", () => {
  test("refuses what the platform's limiter refuses, and says when to come back", async () => {
    const answer = await shield({ limit: async () => ({ success: false }) }, "a");
    assert.deepEqual(answer.ok ? undefined : [answer.failure.code, answer.failure.retryAfterSeconds], [
      "rate_limited",
      10,
    ]);
  });
  test("counts each key by itself", async () => {
    const keys: string[] = [];
    const limiter = {
      limit: async ({ key }: { key: string }) => {
        keys.push(key);
        return { success: true };
      },
    };
    assert.ok((await shield(limiter, "a")).ok && (await shield(limiter, "b")).ok);
    assert.deepEqual(keys, ["a", "b"]);
  });
  test("leaves the ledger's hard budgets alone where there is no limiter, or it throws, which is counted", async () => {
    const counted: object[] = [];
    const telemetry: Telemetry = {
      log: () => undefined,
      count: (counter, labels) => void counted.push({ counter, ...labels }),
    };
    assert.ok((await shield(undefined, "a", telemetry)).ok);
    assert.deepEqual(counted, []);
    const broken = { limit: () => Promise.reject(new RangeError("canary: the key was partner/session")) };
    assert.ok((await shield(broken, "a", telemetry)).ok);
    assert.deepEqual(counted, [{ counter: "rate_limit_binding_failed", error: "RangeError" }]);
  });
});

describe("who is behind an address", () => {
  const cases: [address: string | undefined, network: string][] = [
    ["203.0.113.9", "203.0.113.9"],
    ["::ffff:203.0.113.9", "203.0.113.9"],
    ["::FFFF:203.0.113.9", "203.0.113.9"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:0DB8:0001:0002:ffff::", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    [undefined, "unknown"],
  ];
  for (const [address, network] of cases) {
    test(`${address} counts as ${network}`, () => {
      assert.equal(networkOf(new Headers(address === undefined ? {} : { "CF-Connecting-IP": address })), network);
    });
  }
});
