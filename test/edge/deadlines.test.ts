/** Waits that share one timer end as if each had its own. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Deadlines } from "../../edge/deadlines.ts";

const start = 1_800_000_000_000;
let now = start;
beforeEach(() => {
  now = start;
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => mock.timers.reset());

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const pass = async (milliseconds: number) => {
  now += milliseconds;
  mock.timers.tick(milliseconds);
  await settled();
};
const forever = () => new Promise<string>(() => {});
/** Waits, and keeps what each came to under its name. */
function waits(deadlines: Deadlines) {
  const ended: Record<string, string> = {};
  const wait = (name: string, promise: Promise<string>, afterMs: number) =>
    void deadlines
      .bound(promise, now + afterMs, () => "late")
      .then(
        (value) => {
          ended[name] = value;
        },
        (error: Error) => {
          ended[name] = `threw ${error.message}`;
        },
      );
  return { ended, wait };
}

test("each wait ends at its own time, in whatever order they began", async () => {
  const { ended, wait } = waits(new Deadlines(() => now));
  wait("third", forever(), 300);
  wait("first", forever(), 100);
  wait("second", forever(), 200);
  await pass(99);
  assert.deepEqual(ended, {});
  await pass(1);
  assert.deepEqual(ended, { first: "late" });
  await pass(100);
  assert.deepEqual(ended, { first: "late", second: "late" });
  await pass(100);
  assert.deepEqual(ended, { first: "late", second: "late", third: "late" });
});

test("a timer that a shorter wait replaced ends no later wait early", async () => {
  const { ended, wait } = waits(new Deadlines(() => now));
  wait("long", Promise.resolve("in time"), 300);
  wait("short", Promise.resolve("in time"), 100);
  await settled();
  wait("later", forever(), 400);
  await pass(399);
  assert.deepEqual(ended, { long: "in time", short: "in time" });
  await pass(1);
  assert.deepEqual(ended, { long: "in time", short: "in time", later: "late" });
});

test("a wait that begins while the timer of an earlier one runs is not forgotten", async () => {
  const { ended, wait } = waits(new Deadlines(() => now));
  const first = Promise.withResolvers<string>();
  wait("first", first.promise, 100);
  await pass(60);
  wait("second", forever(), 100);
  first.resolve("in time");
  await settled();
  // The first one's time comes and goes; its timer is what leads to the second one's.
  await pass(40);
  await pass(59);
  assert.deepEqual(ended, { first: "in time" });
  await pass(1);
  assert.deepEqual(ended, { first: "in time", second: "late" });
});

test("what comes after the time is over changes nothing", async () => {
  const { ended, wait } = waits(new Deadlines(() => now));
  const slow = Promise.withResolvers<string>();
  wait("slow", slow.promise, 100);
  await pass(100);
  slow.reject(new Error("too late to matter"));
  await settled();
  assert.deepEqual(ended, { slow: "late" });
});

test("a failure in time is passed on", async () => {
  const { ended, wait } = waits(new Deadlines(() => now));
  wait("failing", Promise.reject(new Error("no")), 100);
  await settled();
  assert.deepEqual(ended, { failing: "threw no" });
});

test("a time that has passed ends the wait at once", async () => {
  const { ended, wait } = waits(new Deadlines(() => now));
  wait("overdue", forever(), -5);
  await pass(1);
  assert.deepEqual(ended, { overdue: "late" });
});

test("a clock that steps back prolongs no wait that has begun", async () => {
  const { ended, wait } = waits(new Deadlines(() => now));
  wait("first", forever(), 100);
  wait("second", forever(), 200);
  now -= 3_600_000;
  await pass(100);
  assert.deepEqual(ended, { first: "late" });
  await pass(100);
  assert.deepEqual(ended, { first: "late", second: "late" });
});

for (const lasts of [50, 200]) {
  test(`a wait of ${lasts} ms that begins after the clock stepped back prolongs none of those before it`, async () => {
    const { ended, wait } = waits(new Deadlines(() => now));
    wait("of 100 ms, before", forever(), 100);
    now -= 3_600_000;
    wait("after", forever(), lasts);
    let passed = 0;
    for (const at of [50, 100, 200]) {
      await pass(at - passed);
      passed = at;
      const due = [...(at >= 100 ? ["of 100 ms, before"] : []), ...(at >= lasts ? ["after"] : [])];
      assert.deepEqual(Object.keys(ended).sort(), due.sort(), `${at} ms later`);
    }
  });
}

/** Runs with every timer noted. @returns how many were set, and how many of them neither fired nor were cleared */
async function timersOf(run: () => Promise<void>): Promise<{ set: number; left: number }> {
  const { setTimeout, clearTimeout } = globalThis;
  const live = new Set<unknown>();
  let set = 0;
  const noted = (fire: () => void, delay?: number) => {
    const timer = setTimeout(() => {
      live.delete(timer);
      fire();
    }, delay);
    live.add(timer);
    set++;
    return timer;
  };
  globalThis.setTimeout = noted as typeof setTimeout;
  globalThis.clearTimeout = (timer) => {
    live.delete(timer);
    clearTimeout(timer);
  };
  try {
    await run();
    return { set, left: live.size };
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}

test("ten waits that began together need one timer, and it is gone once they have ended", async () => {
  const { set, left } = await timersOf(async () => {
    const { wait } = waits(new Deadlines(() => now));
    for (let index = 0; index < 10; index++) wait(`${index}`, Promise.resolve("in time"), 100 + index);
    await settled();
  });
  assert.deepEqual({ set, left }, { set: 1, left: 0 });
});

test("nothing keeps an object awake once a wait has failed, nor once one was late", async () => {
  const { ended, wait } = waits(new Deadlines(() => now));
  const { left } = await timersOf(async () => {
    wait("failing", Promise.reject(new Error("no")), 100);
    await settled();
  });
  assert.deepEqual({ ended, left }, { ended: { failing: "threw no" }, left: 0 });
  const after = await timersOf(async () => {
    wait("late", forever(), 100);
    await pass(100);
  });
  assert.deepEqual({ late: ended.late, left: after.left }, { late: "late", left: 0 });
});

test("a wait that was late is forgotten, so that the next one's end leaves no timer", async () => {
  const { ended, wait } = waits(new Deadlines(() => now));
  const { left } = await timersOf(async () => {
    wait("late", forever(), 100);
    await pass(100);
    wait("next", Promise.resolve("in time"), 100);
    await settled();
  });
  assert.deepEqual({ ended, left }, { ended: { late: "late", next: "in time" }, left: 0 });
});

test("whether something settled in time is told, and at once when there is nothing to wait for", async () => {
  const deadlines = new Deadlines(() => now);
  assert.equal(await deadlines.settles(undefined, now), true);
  assert.equal(await deadlines.settles(Promise.resolve(), now + 100), true);
  const late = deadlines.settles(new Promise<void>(() => {}), now + 100);
  await pass(100);
  assert.equal(await late, false);
});
