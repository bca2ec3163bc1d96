/** Sends, timers and outcomes of assignments, with the clock in the test's hand. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { maxSendsOfPartner } from "../../../edge/ledger/lanes.ts";
import { giveUpAfterMs } from "../../../edge/ledger/schedule.ts";
import { assigned, type Bench, bench, memorySql, noAnswer, settle, start } from "./support.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

/** The bench's clock and the runtime's timers go on together. */
function pass(on: Bench, milliseconds: number) {
  on.clock.now += milliseconds;
  mock.timers.tick(milliseconds);
}

const events = (on: Bench) => on.entries().map(({ event, state }) => [event, state].filter(Boolean).join(" "));

describe("the audit record", () => {
  test("keeps the outcome of an assignment that is replaced before its outcome was written", async () => {
    const on = bench();
    const id = on.begin("A", "G1");
    await settle();
    on.sends[0]?.answer(assigned);
    await settle();
    on.runner.supersede(on.row(id), { id: "id9", session: "s2" });
    assert.deepEqual(events(on), ["sent", "outcome assigned", "superseded superseded"]);
  });

  test("names who replaced an assignment, and by what", async () => {
    const on = bench();
    const id = on.begin("A", "G1");
    await settle();
    on.sends[0]?.answer(assigned);
    await settle();
    on.runner.supersede(on.row(id), { id: "id9", session: "s2", origin: "https://pos.example", requestId: "r2" });
    const { by, session, origin, requestId } = on.entries().at(-1) ?? {};
    assert.deepEqual(
      { by, session, origin, requestId },
      { by: "id9", session: "s2", origin: "https://pos.example", requestId: "r2" },
    );
  });

  test("has every attempt with its outcome and the platform's request id", async () => {
    const on = bench();
    on.begin("A", "G1");
    await settle();
    on.sends[0]?.answer(noAnswer);
    await settle();
    pass(on, 300);
    await settle();
    on.sends[1]?.answer(assigned);
    await settle();
    assert.deepEqual(
      on
        .entries()
        .map(({ event, state, attempt, session, upstreamRequestId }) => [
          event,
          attempt ?? state,
          session,
          upstreamRequestId,
        ]),
      [
        ["sent", 1, "s1", undefined],
        ["outcome", "unknown", "s1", "up-1"],
        ["sent", 2, "s1", undefined],
        ["outcome", "assigned", "s1", "up-2"],
      ],
    );
  });
});

describe("a wait that the platform asks for", () => {
  test("is not shortened by the timer of an attempt that an alarm has made already", async () => {
    const on = bench();
    const id = on.begin("A", "G1");
    await settle();
    on.sends[0]?.answer(noAnswer);
    await settle();
    const intent = on.sends[0]?.intent;
    assert.ok(intent);
    void on.runner.resume(on.row(id), intent);
    await settle();
    on.sends[1]?.answer({ ...noAnswer, retryAfterMs: 5_000 });
    await settle();
    pass(on, 4_999);
    await settle();
    assert.equal(on.sends.length, 2);
    pass(on, 1);
    await settle();
    assert.equal(on.sends.length, 3);
  });
});

describe("an assignment that stands in line", () => {
  const fill = async (on: Bench) => {
    for (let n = 0; n < maxSendsOfPartner; n++) on.begin(`FULL${n}`, "G1");
    await settle();
    assert.equal(on.sends.length, maxSendsOfPartner);
  };

  test("counts on disk as perhaps sent, so that it needs no commit more when there is a place", async () => {
    const on = bench();
    await fill(on);
    const id = on.begin("LATE", "G1");
    assert.deepEqual([on.store.byId(id)?.state, on.store.byId(id)?.attempts], ["sending", 1]);
    assert.equal(on.sends.length, maxSendsOfPartner);
    on.sends[0]?.answer(assigned);
    await settle();
    assert.equal(on.sends.at(-1)?.intent.order, "LATE");
    assert.equal(on.store.byId(id)?.state, "sending");
  });

  test("is given up and never sent when all of its time went by", async () => {
    const on = bench();
    await fill(on);
    const id = on.begin("LATE", "G1");
    on.clock.now += giveUpAfterMs;
    for (const send of on.sends) send.answer(assigned);
    await settle();
    assert.equal(on.sends.length, maxSendsOfPartner);
    assert.deepEqual([on.row(id).state, on.row(id).failure?.code], ["given-up", "upstream_unavailable"]);
    assert.equal(on.runner.job(id), undefined);
  });

  test("leaves its place to the next one when it is given up", async () => {
    const on = bench();
    await fill(on);
    on.begin("LATE", "G1");
    on.clock.now += giveUpAfterMs;
    on.begin("NEXT", "G1");
    for (const send of [...on.sends]) send.answer(assigned);
    await settle();
    assert.deepEqual(on.sends.map(({ intent }) => intent.order).slice(maxSendsOfPartner), ["NEXT"]);
  });
});

describe("a process that is gone", () => {
  test("leaves a send of which nobody knows whether it took effect: the next one is told to look first", async () => {
    const sql = memorySql();
    const before = bench(sql);
    const id = before.begin("A", "G1");
    await settle();
    before.book.flush();
    const on = bench(sql);
    const row = on.runner.interrupted(on.row(id));
    assert.deepEqual([row.state, row.uncertain], ["unknown", true]);
    assert.equal(on.store.byId(id)?.state, "unknown");
    void on.runner.resume(row, { channel: "wechat", order: "A", guide: { id: "G1" } });
    await settle();
    assert.equal(on.sends[0]?.options.uncertain, true);
  });

  test("does not make a send of this process doubtful", async () => {
    const on = bench();
    const id = on.begin("A", "G1");
    assert.equal(on.runner.interrupted(on.row(id)).state, "sending");
  });

  test("ends what it held when the fifteen minutes are over", async () => {
    const sql = memorySql();
    const id = bench(sql).begin("A", "G1");
    const on = bench(sql);
    on.clock.now = start + giveUpAfterMs;
    await on.runner.resume(on.runner.interrupted(on.row(id)), { channel: "wechat", order: "A", guide: { id: "G1" } });
    assert.deepEqual([on.row(id).state, on.row(id).failure?.code], ["given-up", "upstream_unverified"]);
    on.book.flush();
    assert.equal(on.store.outbox(id), undefined);
    assert.equal(on.sends.length, 0);
  });
});

describe("a worker whom the card shows in our place", () => {
  test("becomes the order's newest assignment, sorted behind ours even when the clock stepped back", async () => {
    const on = bench();
    const id = on.begin("A", "G1", { id: "1qwz7m0c01zzzzzzzzzzzzzzzzzzzz" });
    await settle();
    on.clock.now -= 3_600_000;
    on.sends[0]?.answer({ kind: "taken", guide: { id: "77", name: "李师傅" } });
    await settle();
    const newest = on.book.newestOfOrder("wechat:A");
    assert.deepEqual([newest?.observed, newest?.state, newest?.guide.id], [true, "assigned", "77"]);
    assert.deepEqual([on.row(id).state, on.row(id).failure?.code], ["rejected", "already_assigned"]);
    assert.deepEqual(events(on), ["sent", "outcome rejected", "observed assigned"]);
  });
});
