/** An operator puts an end to TOP's bans; nobody else does, and no object is reached for nobody's merchant. */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { apiKey, operatorKey, posOrigin } from "../access/support.ts";
import { type Gateway, gateway, usableMerchant } from "./gateway.ts";

const path = (alias: string) => `/v1/operator/merchants/${alias}/tmall-bans`;
const operator = { Authorization: `Bearer ${operatorKey}` };

let lifted: string[];
let edge: Gateway;
beforeEach(() => {
  lifted = [];
  edge = gateway({
    variables: { MERCHANT_ONE: usableMerchant, MERCHANT_TWO: usableMerchant, MERCHANT_BROKEN: '{"tmall":{}}' },
    merchant: (alias) => ({ liftTopBans: async () => void lifted.push(alias) }),
  });
});

describe("lifting bans", () => {
  const refused: [who: string, headers: Record<string, string>, code: string][] = [
    ["nobody", {}, "unauthenticated"],
    ["a partner", { Authorization: `Bearer ${apiKey}` }, "unauthenticated"],
    ["a page that holds an operator key", { ...operator, Origin: posOrigin }, "origin_refused"],
  ];
  for (const [who, headers, code] of refused) {
    test(`is refused to ${who}`, async () => {
      const { body } = await edge.call("DELETE", path("one"), headers);
      assert.deepEqual([body.code, edge.reached], [code, []]);
    });
  }
  test("of no merchant, or of one that cannot be read, is not_found and reaches no object", async () => {
    for (const alias of ["nobody", "broken", "ONE", "constructor"]) {
      const { status, body } = await edge.call("DELETE", path(alias), operator);
      assert.deepEqual([status, body.code, edge.reached], [404, "not_found", []], alias);
    }
  });
  test("reaches the merchant that is named, and no other", async () => {
    const answer = await edge.call("DELETE", path("two"), operator);
    assert.deepEqual([answer.status, answer.body, lifted], [204, {}, ["two"]]);
  });
  test("is no other method's", async () => {
    const answer = await edge.call("PUT", path("one"), operator);
    assert.deepEqual([answer.status, answer.headers.get("allow"), lifted], [405, "DELETE", []]);
  });
});
