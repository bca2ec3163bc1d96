import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Verdict } from "../../../edge/channels/channel.ts";
import { newRow } from "../../../edge/ledger/new-row.ts";
import { conclude, giveUp } from "../../../edge/ledger/outcome.ts";
import { giveUpAfterMs } from "../../../edge/ledger/schedule.ts";
import type { Row } from "../../../edge/ledger/store.ts";
import { assigned, noAnswer, start, storageKey } from "./support.ts";

const sending = (more: Partial<Row> = {}): Row => ({
  ...newRow(
    "1qwz7m0c01zzzzzzzzzzzzzzzzzzzz",
    start,
    { partner: "pos", subMchid: "19", store: "7", guideKey: "id:G1", fingerprint: "fp", replaces: undefined },
    { channel: "tmall", order: "1", orderKind: "workcard", guide: { id: "9", name: "张师傅" } },
    "key-1",
    false,
  ),
  state: "sending",
  attempts: 1,
  ...more,
});
const after = (row: Row, verdict: Verdict, now = start + 100) => conclude(row, verdict, now, 0.5, storageKey);
const notSent: Verdict = { kind: "unsent", failure: { code: "upstream_unavailable", detail: "refused" } };
const refused: Verdict = {
  kind: "rejected",
  failure: { code: "upstream_rejected", detail: "no", upstream: { requestId: "up-9" } },
};

describe("an answer that proves nothing", () => {
  test("never becomes assigned or failed before its time is over, and keeps its key", () => {
    const { row, nextAttemptAt } = after(sending(), noAnswer);
    assert.deepEqual([row.state, row.uncertain, row.idempotencyKey], ["unknown", true, "key-1"]);
    assert.ok((nextAttemptAt ?? 0) > start + 100);
    assert.equal(row.upstreamRequestId, "up-1");
  });
  test("ends as upstream_unverified when fifteen minutes are over, and frees its key", () => {
    const { row, nextAttemptAt } = after(sending(), noAnswer, start + giveUpAfterMs);
    assert.deepEqual([row.state, row.failure?.code, nextAttemptAt], ["given-up", "upstream_unverified", undefined]);
    assert.equal(row.idempotencyKey, undefined);
    assert.equal(row.uncertain, true, "the next assignment of the order must look first");
    assert.match(row.failure?.detail ?? "", /not known/);
  });
  test("ends as upstream_unavailable when the platform was last not reachable, still saying that it is not known", () => {
    const last: Verdict = { kind: "unknown", failure: { code: "upstream_unavailable", detail: "reset" } };
    const { row } = after(sending(), last, start + giveUpAfterMs);
    assert.equal(row.failure?.code, "upstream_unavailable");
    assert.match(row.failure?.detail ?? "", /not known/);
  });
  test("still tells, when its time is over, what the operator has to mend", () => {
    const last: Verdict = {
      kind: "unknown",
      failure: { code: "upstream_unverified", detail: "no", reason: "permission_missing", upstream: { code: "11" } },
    };
    const { row } = after(sending(), last, start + giveUpAfterMs);
    assert.deepEqual(
      [row.failure?.code, row.failure?.reason, row.failure?.upstream],
      ["upstream_unverified", "permission_missing", { code: "11" }],
    );
  });
  test("makes every later attempt look first, even one that was certainly not sent", () => {
    const { row } = after(sending({ uncertain: true }), notSent);
    assert.deepEqual([row.state, row.uncertain], ["unknown", true]);
  });
});

describe("an attempt that was certainly not sent", () => {
  test("is an intent again", () => {
    const { row } = after(sending(), notSent);
    assert.deepEqual([row.state, row.uncertain], ["intent", false]);
  });
  test("ends as upstream_unavailable and says that nothing was assigned", () => {
    const { row } = after(sending(), notSent, start + giveUpAfterMs);
    assert.deepEqual([row.state, row.failure?.code], ["given-up", "upstream_unavailable"]);
    assert.match(row.failure?.detail ?? "", /nothing was assigned/);
  });
  test("waits as long as the platform asks", () => {
    assert.equal(after(sending(), { ...notSent, retryAfterMs: 30_000 }).nextAttemptAt, start + 100 + 30_000);
  });
});

describe("a definite no", () => {
  test("ends the assignment with the platform's request id, and frees its key", () => {
    const { row, nextAttemptAt } = after(sending(), refused);
    assert.deepEqual([row.state, nextAttemptAt, row.upstreamRequestId], ["rejected", undefined, "up-9"]);
    assert.deepEqual([row.idempotencyKey, row.failure?.code], [undefined, "upstream_rejected"]);
  });
});

describe("proof", () => {
  test("ends every doubt and every earlier failure", () => {
    const { row } = after(sending({ uncertain: true, failure: noAnswer.failure }), assigned);
    assert.deepEqual(
      [row.state, row.uncertain, row.failure, row.assignedAt],
      ["assigned", false, undefined, start + 100],
    );
    assert.deepEqual([row.upstreamRequestId, row.idempotencyKey], ["up-2", "key-1"]);
  });
  test("keeps the earlier request id when it brings none", () => {
    const { row } = after(sending({ upstreamRequestId: "up-1" }), { kind: "assigned", evidence: "read-back" });
    assert.equal(row.upstreamRequestId, "up-1");
  });
});

describe("a worker found in our place", () => {
  test("is an assignment of the same tenant, behind ours, without our key, digest or doubt", () => {
    const { row, observed } = after(sending({ uncertain: true, replaces: "old" }), {
      kind: "taken",
      guide: { mobile: "13812345678", name: "李师傅" },
      upstreamRequestId: "up-3",
    });
    assert.deepEqual(
      [row.state, row.uncertain, row.failure?.code, row.idempotencyKey],
      ["rejected", false, "already_assigned", undefined],
    );
    assert.ok(observed && observed.id > row.id);
    const {
      partner,
      subMchid,
      store,
      order,
      state,
      uncertain,
      attempts,
      observed: isObserved,
      replaces,
      idempotencyKey,
    } = observed;
    assert.deepEqual(
      { partner, subMchid, store, order, state, uncertain, attempts, isObserved, replaces, idempotencyKey },
      {
        partner: "pos",
        subMchid: "19",
        store: "7",
        order: "1",
        state: "assigned",
        uncertain: false,
        attempts: 0,
        isObserved: true,
        replaces: undefined,
        idempotencyKey: undefined,
      },
    );
    assert.deepEqual(observed.guide, { mobile: "138****5678", name: "李师傅" });
    assert.ok(!JSON.stringify(observed).includes("13812345678"));
    assert.deepEqual(
      [observed.fingerprint, observed.failure, observed.assignedAt, observed.upstreamRequestId],
      ["", undefined, start + 100, "up-3"],
    );
  });
});

test("what is being sent cannot be given up", () => {
  assert.throws(() => giveUp(sending()), TypeError);
});

test("giving up keeps what the platform last said", () => {
  const { failure } = giveUp(sending({ state: "unknown", uncertain: true, failure: noAnswer.failure }));
  assert.deepEqual(failure?.upstream, { requestId: "up-1" });
});
