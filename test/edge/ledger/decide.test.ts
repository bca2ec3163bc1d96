import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decide, type Known, type Wanted } from "../../../edge/ledger/decide.ts";

const wanted = (more: Partial<Wanted> = {}): Wanted => ({
  partner: "pos",
  subMchid: "",
  store: "",
  guideKey: "id:A",
  fingerprint: "fp-A",
  replaces: undefined,
  ...more,
});
const known = (more: Partial<Known> = {}): Known => ({
  id: "one",
  partner: "pos",
  subMchid: "",
  store: "",
  guideKey: "id:A",
  fingerprint: "fp-A",
  state: "assigned",
  replaces: undefined,
  inFlight: false,
  ...more,
});

describe("an order without an assignment", () => {
  test("begins one", () => assert.deepEqual(decide(wanted(), undefined, undefined), { kind: "begin" }));
  test("refuses a `replaces` that names nothing", () =>
    assert.deepEqual(decide(wanted({ replaces: "gone" }), undefined, undefined), { kind: "conflict" }));
});

describe("an order whose newest assignment failed", () => {
  for (const state of ["rejected", "given-up"] as const) {
    test(`is free again after ${state}`, () =>
      assert.deepEqual(decide(wanted({ guideKey: "id:B" }), undefined, known({ state })), { kind: "begin" }));
    test(`lets the ${state} one be named in replaces`, () =>
      assert.deepEqual(decide(wanted({ replaces: "one" }), undefined, known({ state })), { kind: "begin" }));
    test(`refuses a replaces that names an older one than the ${state} one`, () =>
      assert.deepEqual(decide(wanted({ replaces: "zero" }), undefined, known({ state })), { kind: "conflict" }));
  }
});

describe("the same order and guide without a key", () => {
  for (const state of ["intent", "sending", "unknown", "assigned"] as const) {
    test(`is the same assignment while that is ${state}`, () => {
      const current = known({ state });
      assert.deepEqual(decide(wanted(), undefined, current), { kind: "join", known: current });
    });
  }
  test("is the same assignment when the replacement is repeated", () => {
    const current = known({ id: "two", replaces: "one" });
    assert.deepEqual(decide(wanted({ replaces: "one" }), undefined, current), { kind: "join", known: current });
  });
});

describe("another guide for an order that has one", () => {
  test("is a conflict", () =>
    assert.deepEqual(decide(wanted({ guideKey: "id:B" }), undefined, known()), { kind: "conflict" }));
  test("is a conflict while the first is in flight", () =>
    assert.deepEqual(decide(wanted({ guideKey: "id:B" }), undefined, known({ state: "sending", inFlight: true })), {
      kind: "conflict",
    }));
  test("is a conflict when replaces is stale", () =>
    assert.deepEqual(decide(wanted({ guideKey: "id:B", replaces: "zero" }), undefined, known()), { kind: "conflict" }));
  test("begins after the one that replaces names", () => {
    const current = known();
    assert.deepEqual(decide(wanted({ guideKey: "id:B", replaces: "one" }), undefined, current), {
      kind: "begin",
      after: current,
    });
  });
  test("waits for a send in flight before it replaces", () => {
    const current = known({ state: "sending", inFlight: true });
    assert.deepEqual(decide(wanted({ guideKey: "id:B", replaces: "one" }), undefined, current), {
      kind: "wait",
      known: current,
    });
  });
});

describe("an idempotency key", () => {
  test("used for another body is refused, whatever became of the first", () => {
    for (const state of ["assigned", "superseded", "unknown"] as const) {
      assert.deepEqual(decide(wanted({ fingerprint: "fp-B" }), known({ state }), undefined), { kind: "key-reused" });
    }
  });
  test("with the same body replays the assignment while it is current", () => {
    const current = known();
    assert.deepEqual(decide(wanted(), current, current), { kind: "join", known: current });
  });
  test("of a superseded assignment is never told assigned", () => {
    const current = known({ id: "two", guideKey: "id:B" });
    assert.deepEqual(decide(wanted(), known({ state: "superseded" }), current), { kind: "conflict" });
  });
});

describe("tenants", () => {
  test("of two partners do not share an assignment, even for the same guide", () =>
    assert.deepEqual(decide(wanted({ partner: "kiosk" }), undefined, known()), { kind: "conflict" }));
  test("of two sub-merchants do not share an assignment, and neither can replace the other's", () => {
    const held = known({ subMchid: "19" });
    for (const caller of [{ subMchid: "20" }, { subMchid: "" }, { subMchid: "20", store: "1" }]) {
      assert.deepEqual(decide(wanted(caller), undefined, held), { kind: "conflict" });
      assert.deepEqual(decide(wanted({ ...caller, guideKey: "id:B", replaces: "one" }), undefined, held), {
        kind: "conflict",
      });
    }
    assert.deepEqual(decide(wanted({ subMchid: "19" }), undefined, held), { kind: "join", known: held });
  });
  test("of two stores do not share an assignment", () =>
    assert.deepEqual(decide(wanted({ store: "2" }), undefined, known({ store: "1" })), { kind: "conflict" }));
  test("of another partner cannot replace by guessing the id", () =>
    assert.deepEqual(decide(wanted({ partner: "kiosk", guideKey: "id:B", replaces: "one" }), undefined, known()), {
      kind: "conflict",
    }));
  test("that are not bound to a store act for all stores of their partner", () => {
    const current = known({ store: "1" });
    assert.deepEqual(decide(wanted(), undefined, current), { kind: "join", known: current });
  });
});

describe("the same guide with `replaces`", () => {
  const current = known({ id: "two", replaces: "one" });
  test("joins the replacement when it is asked for without naming what it replaced", () =>
    assert.deepEqual(decide(wanted(), undefined, current), { kind: "join", known: current }));
  test("joins the assignment that it names itself", () =>
    assert.deepEqual(decide(wanted({ replaces: "two" }), undefined, current), { kind: "join", known: current }));
  test("is a conflict when what it names is neither the current one nor what that replaced", () => {
    assert.deepEqual(decide(wanted({ replaces: "zero" }), undefined, current), { kind: "conflict" });
    assert.deepEqual(decide(wanted({ replaces: "zero" }), undefined, known({ id: "two" })), { kind: "conflict" });
  });
});
