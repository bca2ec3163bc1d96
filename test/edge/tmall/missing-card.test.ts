/** A card that does not exist ends an assignment that is certainly the first; it never settles an earlier send. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type Answer,
  business,
  cardAnswer,
  harness,
  json,
  maskedApi,
  taskAnswer,
  taskApi,
  topError,
  wrapped,
} from "./gateway.ts";

const contradiction = (msg_code = "1008") => business({ success: true, msg_code, display_msg: "工单不存在" });
const absences: [what: string, answer: () => Response][] = [
  ["by its code", () => wrapped(maskedApi, { result: { success: false, msg_code: "1008" } })],
  ["by an empty page", () => wrapped(maskedApi, { result: { success: true, result_data: { total_count: 0 } } })],
  ["by an empty list", () => wrapped(maskedApi, { result: { success: true, result_data: { data_list: [] } } })],
];

describe("a doubtful no whose card is missing", () => {
  for (const [what, missing] of absences) {
    it(`is told to the cashier at once: the order was not found, ${what}`, async () => {
      const top = await harness([contradiction(), missing()]);
      const verdict = await top.assign();
      assert.ok(verdict.kind === "rejected", verdict.kind);
      assert.deepEqual(
        [verdict.failure.code, verdict.failure.reason, verdict.failure.field],
        ["upstream_rejected", "order_not_found", "order"],
      );
      assert.deepEqual(verdict.failure.upstream, { code: "1008", message: "工单不存在", requestId: "req1" });
    });
  }

  const doubts: [what: string, answer: () => Response][] = [
    ["a success with a code nobody knows", () => contradiction("9999")],
    ["a service that failed on the call", () => topError(15, { sub_code: "isv.trade-service-error:X" })],
    ["an error of old", () => topError(520)],
  ];
  for (const [what, doubt] of doubts) {
    it(`names the order whatever the doubt was: ${what}`, async () => {
      const verdict = await (await harness([doubt(), absences[0]?.[1]() ?? json("")])).assign();
      assert.ok(verdict.kind === "rejected", verdict.kind);
      assert.deepEqual([verdict.failure.reason, verdict.failure.field], ["order_not_found", "order"]);
    });
  }

  it("holds for an order of another kind whose task is missing", async () => {
    const noTask = wrapped(taskApi, { result: { success: true, total_count: 0 } });
    const verdict = await (await harness([contradiction(), noTask])).assign({ orderKind: "outer", order: "test12345" });
    assert.ok(verdict.kind === "rejected" && verdict.failure.reason === "order_not_found");
  });

  it("stays open where a task is there and one of its cards is not: the worker may be on the other", async () => {
    const noCard = () => absences[0]?.[1]() ?? json("");
    const answers = [contradiction(), taskAnswer({ id: 1898 }, [11, 12]), cardAnswer(maskedApi, { id: 11 }), noCard()];
    const verdict = await (await harness(answers)).assign({ orderKind: "fulfil-task", order: "1898" });
    assert.equal(verdict.kind, "unknown");
    const top = await harness([taskAnswer({ id: 1898 }, [11]), noCard()]);
    const state = await top.channel.readOrder?.({ order: "1898", orderKind: "fulfil-task" });
    assert.ok(state && !state.ok && state.failure.code === "upstream_unverified");
  });

  it("stays open where the card can only not be read", async () => {
    for (const answer of [json("<html>"), new Error("reset"), topError(11)] satisfies Answer[]) {
      const verdict = await (await harness([contradiction(), answer, topError(11)])).assign();
      assert.equal(verdict.kind, "unknown");
    }
  });

  it("stays open behind an earlier send: a card that went away says nothing about what was on it", async () => {
    const refusal = business({ success: false, msg_code: "1008", display_msg: "工单不存在" });
    for (const answer of [contradiction(), refusal]) {
      const top = await harness([cardAnswer(maskedApi), answer, absences[0]?.[1]() ?? json("")]);
      const verdict = await top.assign({}, { uncertain: true });
      assert.ok(verdict.kind === "unknown" && verdict.failure.reason === "order_not_found", verdict.kind);
    }
  });
});
