/** What was sent for an order before may have taken effect: which later assignments have to reckon with it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { AssignmentIntent } from "../../../edge/channels/channel.ts";
import { beginsInDoubt } from "../../../edge/ledger/doubt.ts";
import type { State } from "../../../edge/ledger/state.ts";
import type { ProblemCode } from "../../../shared/problem-codes.ts";
import { assigned, type Bench, bench, noAnswer, settle } from "./support.ts";

const intentOf = (channel: "wechat" | "tmall"): AssignmentIntent => ({ channel, order: "A", guide: { id: "G1" } });

test("nothing was sent before: there is none, and nothing is looked up", () => {
  const history = { lastTold: () => assert.fail("looked up") };
  assert.equal(beginsInDoubt(undefined, "id:G1", intentOf("wechat"), history), false);
});

describe("the order's assignment before", () => {
  const begun = (
    channel: "wechat" | "tmall",
    uncertain: boolean,
    guideKey: string,
    state: State = "given-up",
    code: ProblemCode = "upstream_rejected",
  ) => {
    const before = { uncertain, guideKey, state, assignedAt: undefined, failure: { code, detail: "x" } };
    return beginsInDoubt(before, "id:G1", intentOf(channel), { lastTold: () => undefined });
  };
  test("leaves its doubt: on Tmall to any guide, on WeChat Pay to the same one", () => {
    for (const uncertain of [true, false]) {
      assert.equal(begun("tmall", uncertain, "id:G1"), uncertain);
      assert.equal(begun("tmall", uncertain, "id:G2"), uncertain);
      assert.equal(begun("wechat", uncertain, "id:G1"), uncertain);
      assert.equal(begun("wechat", uncertain, "id:G2"), false);
    }
  });
  test("leaves none on WeChat Pay once it was refused in spite of it, since that was about every send", () => {
    assert.equal(begun("wechat", true, "id:G1", "rejected"), false);
    assert.equal(begun("tmall", true, "id:G1", "rejected"), true);
  });
  test("leaves one on WeChat Pay after a refusal that nobody signed, though it ended that assignment", () => {
    assert.equal(begun("wechat", false, "id:G1", "rejected", "upstream_unverified"), true);
    assert.equal(begun("wechat", false, "id:G2", "rejected", "upstream_unverified"), false);
  });
});

/** G1 is sent, and proves nothing unless another answer is told; then others are named one after another, and at last G1 again. */
describe("a guide of WeChat Pay who is named again after others", () => {
  const refused = { kind: "rejected", failure: { code: "upstream_rejected", detail: "订单已分配服务人员" } } as const;
  const refusedUnsigned = { kind: "rejected", failure: { code: "upstream_unverified", detail: "HTTP 403" } } as const;
  type Answer = typeof refused | typeof refusedUnsigned | typeof assigned | typeof noAnswer;

  async function named(on: Bench, guide: string, answer: Answer, replaces?: string): Promise<string> {
    const before = replaces === undefined ? undefined : on.row(replaces);
    const id = on.begin("A", guide, { ...(before && { replaces: before.id }) });
    if (before && ["sending", "unknown", "assigned"].includes(before.state)) on.runner.supersede(before, { id });
    await settle();
    on.sends.at(-1)?.answer(answer);
    await settle();
    return id;
  }
  const namedAgain = (...between: [guide: string, answer: Answer][]) => namedAgainAfter(noAnswer, ...between);
  async function namedAgainAfter(first: Answer, ...between: [guide: string, answer: Answer][]): Promise<boolean> {
    const on = bench();
    let last = await named(on, "G1", first);
    for (const [guide, answer] of between) last = await named(on, guide, answer, last);
    await named(on, "G1", assigned, last);
    return on.sends.at(-1)?.options.uncertain ?? false;
  }

  test("is sent in doubt: the first send may have taken effect", async () => {
    assert.equal(await namedAgain(), true);
    assert.equal(await namedAgain(["G2", noAnswer]), true);
    assert.equal(await namedAgain(["G2", refused]), true);
    assert.equal(await namedAgain(["G2", noAnswer], ["G3", refused]), true);
  });
  test("is sent in doubt where he was refused without a signature: that send may have taken effect all the same", async () => {
    assert.equal(await namedAgainAfter(refusedUnsigned), true);
    assert.equal(await namedAgainAfter(refusedUnsigned, ["G2", refused]), true);
    assert.equal(await namedAgainAfter(refusedUnsigned, ["G2", assigned]), false);
    assert.equal(await namedAgain(["G1", refusedUnsigned]), true);
  });
  test("is sent in doubt where he was proved and nobody since: he may have the order yet", async () => {
    assert.equal(await namedAgainAfter(assigned, ["G2", noAnswer]), true);
    assert.equal(await namedAgainAfter(assigned, ["G2", refused], ["G3", refused]), true);
    assert.equal(await namedAgainAfter(assigned, ["G2", assigned]), false);
  });
  test("is sent without one where somebody was proved since: the order was his", async () => {
    assert.equal(await namedAgain(["G2", assigned]), false);
    assert.equal(await namedAgain(["G2", assigned], ["G3", noAnswer]), false);
    assert.equal(await namedAgain(["G2", noAnswer], ["G3", assigned], ["G2", refused]), false);
  });
  test("is sent without one where he was refused himself since", async () => {
    assert.equal(await namedAgain(["G2", noAnswer], ["G1", refused], ["G3", noAnswer]), false);
  });
});
