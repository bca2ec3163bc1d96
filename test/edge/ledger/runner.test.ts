/** Sends, timers and outcomes of assignments, with the clock in the test's hand. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { maxSendsOfPartner } from "../../../edge/ledger/lanes.ts";
import { giveUpAfterMs } from "../../../edge/ledger/schedule.ts";
import { assigned, type Bench, bench, busy, isSettled, memorySql, noAnswer, pass, settle, start } from "./support.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

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

/** Takes every place that a store has. */
async function fill(on: Bench) {
  const before = on.sends.length;
  for (let n = 0; n < maxSendsOfPartner; n++) on.begin(`FULL${n}`, "G1");
  await settle();
  assert.equal(on.sends.length, before + maxSendsOfPartner);
}

describe("an assignment that stands in line", () => {
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
    assert.equal(on.store.outbox(id), undefined);
  });
});

describe("a place to send", () => {
  const lane = { partner: "pos", subMchid: "", store: "" };
  test("is waited for only where there is none, and who waits acts when one becomes free", async () => {
    const on = bench();
    assert.equal(on.runner.turn(lane), undefined);
    await fill(on);
    const turn = on.runner.turn(lane);
    assert.equal(await isSettled(turn), false);
    assert.equal(
      on.runner.turn({ partner: "kiosk", subMchid: "", store: "" }),
      undefined,
      "another partner finds the place that is left",
    );
    on.sends[0]?.answer(assigned);
    assert.equal(await isSettled(turn), true);
    assert.equal(on.runner.turn(lane), undefined);
  });
  test("goes to the one in line before anybody who waits to get in line", async () => {
    const on = bench();
    await fill(on);
    on.begin("LATE", "G1");
    const turn = on.runner.turn(lane);
    on.sends[0]?.answer(assigned);
    assert.equal(await isSettled(turn), false);
    assert.equal(on.sends.at(-1)?.intent.order, "LATE");
    on.sends[1]?.answer(assigned);
    assert.equal(await isSettled(turn), true);
  });
  test("is waited for by a later attempt too, which is marked on disk only when it leaves", async () => {
    const on = bench();
    const id = on.begin("A", "G1");
    const job = on.runner.job(id);
    await settle();
    on.sends[0]?.answer(busy(1_000));
    await settle();
    await fill(on);
    assert.equal(on.sends.length, 1 + maxSendsOfPartner);
    pass(on, 1_000);
    await settle();
    assert.equal(on.sends.length, 1 + maxSendsOfPartner);
    assert.deepEqual([job?.inFlight, on.store.byId(id)?.state, on.store.byId(id)?.attempts], [true, "intent", 1]);
    const attempt = job?.attempt;
    on.sends[1]?.answer(assigned);
    await settle();
    assert.equal(on.sends.at(-1)?.intent.order, "A");
    assert.deepEqual([on.store.byId(id)?.state, on.store.byId(id)?.attempts], ["sending", 2]);
    assert.deepEqual(
      on
        .entries()
        .filter(({ assignment }) => assignment === id)
        .map(({ event, attempt: n }) => [event, n]),
      [
        ["sent", 1],
        ["outcome", undefined],
        ["sent", 2],
      ],
    );
    assert.equal(await isSettled(attempt), false);
    on.sends.at(-1)?.answer(assigned);
    assert.equal(await isSettled(attempt), true);
    assert.equal(on.runner.job(id), undefined);
  });
  test("that was waited for in line is recorded with the time of the send, not of the call", async () => {
    const sql = memorySql();
    const on = bench(sql);
    await fill(on);
    const id = on.begin("LATE", "G1");
    on.clock.now += 400;
    on.sends[0]?.answer(assigned);
    await settle();
    pass(on, 50);
    const sent = on.audit.export(0, 1000).rows.find(({ entry }) => {
      const { event, assignment } = JSON.parse(entry);
      return event === "sent" && assignment === id;
    });
    assert.equal(sent?.at, start + 400);
  });
  test("that a conflict left is on record 50 ms after it was taken, with no outcome to carry the entry", async () => {
    const on = bench();
    await fill(on);
    const id = on.begin("LATE", "G1");
    on.sends[0]?.answer({ kind: "taken", guide: { id: "77" } });
    await settle();
    const recorded = () =>
      on.audit.export(0, 1000).rows.some(({ entry }) => {
        const { event, assignment } = JSON.parse(entry);
        return event === "sent" && assignment === id;
      });
    assert.equal(on.sends.at(-1)?.intent.order, "LATE");
    assert.equal(recorded(), false);
    pass(on, 50);
    assert.equal(recorded(), true);
  });
  test("is left by one that was given up in line, whose attempt has then ended", async () => {
    const on = bench();
    await fill(on);
    const id = on.begin("LATE", "G1");
    const job = on.runner.job(id);
    const attempt = job?.attempt;
    assert.equal(job?.inFlight, true);
    on.clock.now += giveUpAfterMs;
    on.sends[0]?.answer(assigned);
    assert.equal(await isSettled(attempt), true);
    assert.equal(job?.inFlight, false);
    assert.equal(await isSettled(job?.ended), true);
    assert.equal(on.runner.turn(lane), undefined);
  });
});
