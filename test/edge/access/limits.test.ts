import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Bucket, take } from "../../../edge/access/limits.ts";

const start = 1_000_000;

/** Takes at each of the times and returns which of them passed. */
function passed(times: readonly number[], ratePerSecond: number, burst: number): number[] {
  let bucket: Bucket | undefined;
  return times.filter((time) => {
    const taken = take(bucket, ratePerSecond, burst, time);
    bucket = taken.bucket;
    return taken.ok;
  });
}

describe("a token bucket", () => {
  test("lets the burst through at once, and not one more", () => {
    assert.equal(passed(Array(10).fill(start), 1, 3).length, 3);
  });
  test("refills at its rate, exact to the millisecond", () => {
    const times = [start, start + 499, start + 500, start + 999, start + 1000];
    assert.deepEqual(passed(times, 2, 1), [start, start + 500, start + 1000]);
  });
  test("never holds more than the burst, however long it rests", () => {
    const hour = start + 3_600_000;
    assert.equal(passed([start, ...Array(10).fill(hour)], 5, 4).length, 1 + 4);
  });
  test("says how long to wait, in whole seconds, at least one", () => {
    const empty = { tokens: 0, refilledAt: start };
    const waits = (ratePerSecond: number, bucket: Bucket) => {
      const taken = take(bucket, ratePerSecond, 10, start);
      return taken.ok ? "ok" : taken.retryAfterSeconds;
    };
    assert.equal(waits(50, empty), 1);
    assert.equal(waits(1, empty), 1);
    assert.equal(waits(0.5, empty), 2);
    assert.equal(waits(0.3, empty), 4);
    assert.equal(waits(0.5, { tokens: 0.5, refilledAt: start }), 1);
    assert.equal(waits(0.5, { tokens: 1, refilledAt: start }), "ok");
  });
  test("a refused call costs nothing", () => {
    const refused = Array.from({ length: 50 }, (_, index) => start + index);
    assert.deepEqual(passed([start, ...refused, start + 1000], 1, 1), [start, start + 1000]);
  });
  test("a clock that steps back gives nothing and takes nothing", () => {
    const first = take(undefined, 1, 2, start);
    const back = take(first.bucket, 1, 2, start - 60_000);
    assert.ok(back.ok);
    assert.deepEqual(back.bucket, { tokens: 0, refilledAt: start });
    const forward = take(back.bucket, 1, 2, start);
    assert.equal(forward.ok, false, "the span was not counted twice");
    assert.equal(take(forward.bucket, 1, 2, start + 1000).ok, true);
  });
  test("a smaller burst is in force at the next call", () => {
    const { bucket } = take(undefined, 1, 100, start);
    assert.deepEqual(take(bucket, 1, 5, start).bucket, { tokens: 4, refilledAt: start });
  });
  test("lets at most burst + rate × span through, over every span of every sequence of calls", () => {
    const gaps = fc.array(fc.integer({ min: -50, max: 400 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5 }), (steps, rate, burst) => {
        let time = start;
        const calls = passed(
          steps.map((step) => (time += step)),
          rate,
          burst,
        );
        const latest: number[] = [];
        for (const call of calls) latest.push(Math.max(call, latest.at(-1) ?? 0));
        for (const [from, begin] of latest.entries()) {
          for (const [to, end] of latest.entries()) {
            if (to < from) continue;
            assert.ok(to - from + 1 <= burst + (rate * (end - begin)) / 1000 + 1e-6);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
