/** One assignment's way through its attempts: what is on disk, in the audit and on its way at each step. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { recoverAfterMs } from "../../../edge/ledger/runner.ts";
import { attemptMs, foregroundMs, giveUpAfterMs } from "../../../edge/ledger/schedule.ts";
import type { Fields } from "../../../edge/telemetry.ts";
import { assigned, type Bench, bench, busy, isSettled, memorySql, noAnswer, pass, settle, start } from "./support.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

const intentOf = (on: Bench, send = 0) => {
  const intent = on.sends[send]?.intent;
  assert.ok(intent);
  return intent;
};
describe("a new assignment", () => {
  test("is on disk with its parameters before its send can be heard of, to be taken up again after a crash", async () => {
    const on = bench();
    const id = on.begin("A", "G1");
    assert.deepEqual([on.store.byId(id)?.state, on.store.byId(id)?.attempts], ["sending", 1]);
    assert.deepEqual(on.store.outbox(id), {
      id,
      intent: JSON.stringify({ channel: "wechat", order: "A", guide: { id: "G1" } }),
      nextAttemptAt: start + recoverAfterMs,
    });
    assert.deepEqual(on.wakes, [start + recoverAfterMs]);
    const job = on.runner.job(id);
    assert.deepEqual([job?.inFlight, job?.nextAttemptAt, job?.row.state], [true, undefined, "sending"]);
    assert.equal(await isSettled(job?.attempt), false);
  });
  test("is sent with the time that one attempt has, without a doubt and without anybody whom it replaces", async () => {
    const on = bench();
    on.begin("A", "G1");
    await settle();
    assert.deepEqual(on.sends[0]?.options, { uncertain: false, deadline: start + attemptMs });
    assert.deepEqual(on.sends[0]?.intent, { channel: "wechat", order: "A", guide: { id: "G1" } });
  });
  test("tells whom it replaces by id, where that is known", async () => {
    const on = bench();
    const first = on.begin("A", "G1");
    await settle();
    on.sends[0]?.answer(assigned);
    await settle();
    on.runner.supersede(on.row(first), { id: "id0001" });
    on.begin("A", "G2", { replaces: first });
    on.begin("B", "G2", { replaces: "gone" });
    await settle();
    assert.deepEqual(on.sends[1]?.options.replaced, [{ id: "G1" }]);
    assert.deepEqual(on.sends[2]?.options, { uncertain: false, deadline: start + attemptMs });
  });
  test("tells of all in whose place it comes, back to the one that was proved", async () => {
    const on = bench();
    const replace = async (id: string, guide: string) => {
      on.runner.supersede(on.row(id), { id: "next" });
      const next = on.begin("A", guide, { replaces: id });
      await settle();
      return next;
    };
    const first = on.begin("A", "G1");
    await settle();
    on.sends[0]?.answer(assigned);
    await settle();
    const second = await replace(first, "G2");
    on.sends[1]?.answer(assigned);
    await settle();
    const third = await replace(second, "G3");
    on.sends[2]?.answer(noAnswer);
    await settle();
    const fourth = await replace(third, "G4");
    on.sends[3]?.answer(busy(60_000));
    await settle();
    await replace(fourth, "G5");
    assert.deepEqual(on.sends[4]?.options.replaced, [{ id: "G4" }, { id: "G3" }, { id: "G2" }]);
  });
});

describe("an outcome", () => {
  test("ends the job at once, and is on disk with the next commit or 50 ms later", async () => {
    const on = bench();
    const id = on.begin("A", "G1");
    const job = on.runner.job(id);
    await settle();
    assert.equal(await isSettled(job?.ended), false);
    on.sends[0]?.answer(assigned);
    assert.equal(await isSettled(job?.ended), true);
    assert.equal(on.runner.job(id), undefined);
    assert.equal(job?.inFlight, false);
    assert.equal(job?.row.state, "assigned");
    assert.deepEqual([on.row(id).state, on.store.byId(id)?.state], ["assigned", "sending"]);
    assert.ok(on.store.outbox(id));
    pass(on, 49);
    assert.equal(on.store.byId(id)?.state, "sending");
    pass(on, 1);
    assert.equal(on.store.byId(id)?.state, "assigned");
    assert.equal(on.store.outbox(id), undefined);
  });
  test("of a later assignment is written 50 ms after it as well", async () => {
    const on = bench();
    for (const order of ["A", "B"]) {
      const id = on.begin(order, "G1");
      await settle();
      on.sends.at(-1)?.answer(assigned);
      await settle();
      pass(on, 50);
      assert.equal(on.store.byId(id)?.state, "assigned");
    }
  });
  test("that is no answer goes to disk at once, with the time of the next attempt", async () => {
    const on = bench();
    const id = on.begin("A", "G1");
    const job = on.runner.job(id);
    await settle();
    on.sends[0]?.answer({ ...noAnswer, retryAfterMs: 3_000 });
    assert.equal(await isSettled(job?.attempt), true);
    assert.equal(await isSettled(job?.ended), false);
    assert.equal(on.runner.job(id), job);
    assert.equal(job?.inFlight, false);
    assert.deepEqual([on.store.byId(id)?.state, on.store.byId(id)?.uncertain], ["unknown", true]);
    assert.equal(on.store.outbox(id)?.nextAttemptAt, start + 3_000);
    assert.equal(job?.nextAttemptAt, start + 3_000);
    assert.equal(on.wakes.at(-1), start + 3_000);
  });
  test("is told in one line of ids and timings, without guide, order or name", async () => {
    const lines: { level: string; event: string; fields: Fields | undefined }[] = [];
    const log = (level: string, event: string, fields?: Fields) => void lines.push({ level, event, fields });
    const on = bench(memorySql(), { telemetry: { log, count: () => {} } });
    const id = on.begin("ORDER-A", "GUIDE-1");
    await settle();
    on.clock.now += 700;
    on.sends[0]?.answer({
      kind: "rejected",
      failure: { code: "upstream_rejected", detail: "d", upstream: { requestId: "up-3" } },
    });
    await settle();
    assert.deepEqual(lines, [
      {
        level: "info",
        event: "assignment",
        fields: {
          merchant: "demo",
          assignment: id,
          partner: "pos",
          channel: "wechat",
          state: "rejected",
          code: "upstream_rejected",
          attempts: 1,
          durationMs: 700,
          attemptMs: 700,
          requestId: "r1",
          upstreamRequestId: "up-3",
        },
      },
    ]);
    assert.doesNotMatch(JSON.stringify(lines), /ORDER-A|GUIDE-1/);
  });
  test("is told with the trace of the call that began it, which neither the audit nor the disk keeps", async () => {
    const told: (Fields | undefined)[] = [];
    const log = (_level: string, _event: string, fields?: Fields) => void told.push(fields);
    const on = bench(memorySql(), { telemetry: { log, count: () => {} } });
    const trace = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7", sampled: false };
    const id = on.begin("A", "G1", { trace });
    on.begin("B", "G1");
    await settle();
    for (const send of on.sends) send.answer(assigned);
    await settle();
    assert.deepEqual(
      told.map((fields) => [fields?.traceId, fields?.parentSpanId, fields?.sampled]),
      [
        [trace.traceId, trace.spanId, false],
        [undefined, undefined, undefined],
      ],
    );
    assert.ok(told[1] && !("traceId" in told[1]));
    const kept = JSON.stringify([on.entries(), on.row(id)]);
    for (const value of [trace.traceId, trace.spanId]) assert.ok(!kept.includes(value));
  });
  test("is told with the time of the attempt that ended it alone, and with none where the time was over", async () => {
    const told: (Fields | undefined)[] = [];
    const log = (_level: string, _event: string, fields?: Fields) => void told.push(fields);
    const on = bench(memorySql(), { telemetry: { log, count: () => {} } });
    const repeated = on.begin("A", "G1");
    const late = on.begin("B", "G1");
    await settle();
    on.clock.now += 700;
    on.sends[0]?.answer(busy(1_000));
    on.sends[1]?.answer(busy(foregroundMs + 1));
    await settle();
    pass(on, 1_000);
    await settle();
    on.clock.now += 90;
    on.sends[2]?.answer(assigned);
    await settle();
    on.clock.now = start + giveUpAfterMs;
    await on.runner.resume(on.row(late), intentOf(on, 1));
    assert.deepEqual(
      told.map((fields) => [fields?.assignment, fields?.state, fields?.durationMs, fields?.attemptMs]),
      [
        [repeated, "assigned", 1_790, 90],
        [late, "given-up", giveUpAfterMs, undefined],
      ],
    );
  });
  test("is in the audit with its order, its store where there is one, its code and who asked", async () => {
    const on = bench();
    const id = on.begin("A", "G1", { store: "7" });
    const other = on.begin("B", "G1");
    await settle();
    on.sends[0]?.answer({ kind: "rejected", failure: { code: "upstream_rejected", detail: "d" } });
    on.sends[1]?.answer(assigned);
    await settle();
    const subject = { partner: "pos", channel: "wechat" };
    const from = { session: "s1", requestId: "r1" };
    assert.deepEqual(on.entries(), [
      { event: "sent", assignment: id, ...subject, store: "7", order: "A", ...from, attempt: 1 },
      { event: "sent", assignment: other, ...subject, order: "B", ...from, attempt: 1 },
      {
        event: "outcome",
        assignment: id,
        ...subject,
        store: "7",
        order: "A",
        ...from,
        state: "rejected",
        code: "upstream_rejected",
      },
      {
        event: "outcome",
        assignment: other,
        ...subject,
        order: "B",
        ...from,
        state: "assigned",
        upstreamRequestId: "up-2",
      },
    ]);
  });
});

describe("an attempt that goes wrong on our side", () => {
  test("before anything was sent is unsent: the next one need not look first", async () => {
    const failure = { code: "misconfigured" as const, detail: "no channel" };
    const on = bench(memorySql(), { openChannel: async () => ({ ok: false, failure }) });
    const id = on.begin("A", "G1");
    await settle();
    assert.deepEqual([on.row(id).state, on.row(id).uncertain, on.row(id).failure], ["intent", false, failure]);
  });
  test("by an error leaves it unknown, since the send may have left, and the log names the error's kind alone", async () => {
    for (const [thrown, name] of [
      [new RangeError("13812345678"), "RangeError"],
      ["13812345678", "string"],
    ] as const) {
      const lines: unknown[] = [];
      const telemetry = { log: (...line: unknown[]) => void lines.push(line), count: () => {} };
      const on = bench(memorySql(), { telemetry, openChannel: () => Promise.reject(thrown) });
      const id = on.begin("A", "G1");
      await settle();
      assert.deepEqual(
        [on.row(id).state, on.row(id).uncertain, on.row(id).failure?.code],
        ["unknown", true, "internal_error"],
      );
      assert.deepEqual(lines, [["error", "attempt_threw", { merchant: "demo", assignment: id, error: name }]]);
    }
  });
});

describe("the next attempt", () => {
  test("comes by itself while the page waits, at its time and not before", async () => {
    const on = bench();
    const id = on.begin("A", "G1");
    await settle();
    on.sends[0]?.answer(busy(foregroundMs));
    await settle();
    pass(on, foregroundMs - 1);
    await settle();
    assert.equal(on.sends.length, 1);
    pass(on, 1);
    await settle();
    assert.equal(on.sends.length, 2);
    assert.equal(on.sends[1]?.options.uncertain, false);
    assert.deepEqual([on.store.byId(id)?.state, on.store.byId(id)?.attempts], ["sending", 2]);
  });
  test("is left to the alarm when it is further away", async () => {
    const on = bench();
    const id = on.begin("A", "G1");
    await settle();
    on.sends[0]?.answer(busy(foregroundMs + 1));
    await settle();
    pass(on, foregroundMs + 1);
    await settle();
    assert.equal(on.sends.length, 1);
    assert.equal(on.wakes.at(-1), start + foregroundMs + 1);
    void on.runner.resume(on.row(id), intentOf(on));
    await settle();
    assert.equal(on.sends.length, 2);
  });
  test("is one, however often the alarm asks while it is under way", async () => {
    const on = bench();
    const id = on.begin("A", "G1");
    await settle();
    const again = on.runner.resume(on.row(id), { channel: "wechat", order: "A", guide: { id: "G1" } });
    assert.equal(await isSettled(again), false);
    assert.equal(on.sends.length, 1);
    on.sends[0]?.answer(assigned);
    assert.equal(await isSettled(again), true);
  });
  test("never comes once another guide was named", async () => {
    const on = bench();
    const id = on.begin("A", "G1");
    const job = on.runner.job(id);
    await settle();
    on.sends[0]?.answer(noAnswer);
    await settle();
    on.runner.supersede(on.row(id), { id: "id9" });
    assert.equal(await isSettled(job?.ended), true);
    assert.equal(job?.row.state, "superseded");
    assert.equal(on.runner.job(id), undefined);
    assert.equal(on.store.outbox(id), undefined);
    pass(on, foregroundMs);
    await settle();
    assert.equal(on.sends.length, 1);
    assert.equal(on.store.byId(id)?.state, "superseded");
  });
  test("of one whose time is over is none, by timer or by alarm", async () => {
    const on = bench();
    const id = on.begin("A", "G1");
    await settle();
    on.sends[0]?.answer(busy(60_000));
    await settle();
    on.clock.now = start + giveUpAfterMs - 1;
    void on.runner.resume(on.row(id), intentOf(on));
    await settle();
    assert.equal(on.sends.length, 2, "the last millisecond belongs to it");
    on.sends[1]?.answer(busy(60_000));
    await settle();
    assert.deepEqual([on.row(id).state, on.row(id).failure?.code], ["given-up", "upstream_unavailable"]);
  });
});

describe("an assignment whose parameters cannot be read", () => {
  test("ends as given up, in the audit too, and needs nothing any more", async () => {
    const sql = memorySql();
    const id = bench(sql).begin("A", "G1");
    const on = bench(sql);
    on.runner.abandon(on.runner.interrupted(on.row(id)));
    assert.deepEqual([on.store.byId(id)?.state, on.store.byId(id)?.failure?.code], ["given-up", "upstream_unverified"]);
    assert.equal(on.store.outbox(id), undefined);
    assert.deepEqual(on.entries().at(-1), {
      event: "outcome",
      assignment: id,
      partner: "pos",
      channel: "wechat",
      order: "A",
      state: "given-up",
      code: "upstream_unverified",
    });
  });
  test("of another state is left as it is by the process that comes after", () => {
    const sql = memorySql();
    const before = bench(sql);
    const id = before.begin("A", "G1");
    before.book.update({ ...before.row(id), state: "unknown" });
    const on = bench(sql);
    assert.deepEqual(on.runner.interrupted(on.row(id)), on.row(id));
    assert.equal(on.row(id).uncertain, false);
  });
});
