/** One merchant's object that fails or stalls is told as such, and hides nobody else. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { operatorKey } from "../access/support.ts";
import { gateway, usableMerchant } from "./gateway.ts";

const three = {
  MERCHANT_DIRECT: undefined,
  MERCHANT_ONE: usableMerchant,
  MERCHANT_TWO: usableMerchant,
  MERCHANT_THREE: usableMerchant,
};
const healthy = { origin: "configured", state: "ok", refreshable: false };

/** @param second what the object of the second merchant does when it is asked */
function edgeWhere(second: () => Promise<unknown>) {
  const topStatusOf = (alias: string) => () => (alias === "two" ? second() : Promise.resolve(healthy));
  return gateway({
    variables: three,
    merchant: (alias) => ({ topStatus: topStatusOf(alias), recordedShards: async () => undefined }),
  });
}

const operator = { Authorization: `Bearer ${operatorKey}` };
type States = { data: { alias: string; usable: boolean; faults: string[]; top?: { state: string } }[] };

function assertOthersAreTold(states: unknown) {
  const { data } = states as States;
  assert.deepEqual(
    data.map(({ alias, usable, top }) => [alias, usable, top?.state]),
    [
      ["one", true, "ok"],
      ["two", false, undefined],
      ["three", true, "ok"],
    ],
  );
  assert.match(data[1]?.faults.join() ?? "", /does not answer/);
}

const fails = () => Promise.reject(new Error("the object's storage is broken: secret-of-the-object"));

describe("an object that throws", () => {
  test("is one merchant's fault for the operator, without its words", async () => {
    const answer = await edgeWhere(fails).call("GET", "/v1/operator/merchants", operator);
    assert.equal(answer.status, 200);
    assertOthersAreTold(answer.body);
    assert.doesNotMatch(JSON.stringify(answer.body), /secret-of-the-object/);
  });

  test("leaves the edge ready, and asks for attention", async () => {
    const { status, body } = await edgeWhere(fails).call("GET", "/readyz");
    assert.deepEqual([status, body], [200, { status: "ready", attention: true }]);
  });
});

describe("an object that never answers", { timeout: 20_000 }, () => {
  /** Lets the time of the wait pass as soon as the object is asked. */
  const stalling = (context: TestContext) => {
    context.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
    return edgeWhere(() => {
      setImmediate(() => context.mock.timers.runAll());
      return new Promise(() => {});
    });
  };

  test("is one merchant's fault for the operator", async (context) => {
    const answer = await stalling(context).call("GET", "/v1/operator/merchants", operator);
    assert.equal(answer.status, 200);
    assertOthersAreTold(answer.body);
  });

  test("leaves the edge ready, and asks for attention", async (context) => {
    const { status, body } = await stalling(context).call("GET", "/readyz");
    assert.deepEqual([status, body], [200, { status: "ready", attention: true }]);
  });
});

test("objects that answer leave nothing to attend to", async () => {
  const { status, body } = await edgeWhere(() => Promise.resolve(healthy)).call("GET", "/readyz");
  assert.deepEqual([status, body], [200, { status: "ready", attention: false }]);
});

test("a flood of probes asks each object once, also before the first answer is there", async () => {
  const { promise, resolve } = Promise.withResolvers<object>();
  let asked = 0;
  const edge = edgeWhere(() => {
    asked++;
    return promise;
  });
  const first = edge.call("GET", "/readyz");
  const others = await Promise.all(Array.from({ length: 20 }, () => edge.call("GET", "/readyz")));
  for (const { status, body } of others) assert.deepEqual([status, body], [200, { status: "ready", attention: false }]);
  resolve({ ...healthy, state: "refused" });
  assert.deepEqual((await first).body, { status: "ready", attention: true });
  assert.deepEqual((await edge.call("GET", "/readyz")).body, { status: "ready", attention: true });
  assert.equal(asked, 1);
});
