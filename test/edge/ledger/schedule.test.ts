import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nextAttemptAt } from "../../../edge/ledger/schedule.ts";

const minute = 60_000;
const createdAt = 1_780_000_000_000;

test("no assignment is tried again fifteen minutes after it began", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 0, max: 20 * minute }),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      (attempts, elapsed, random) => {
        const at = nextAttemptAt({ createdAt, attempts }, createdAt + elapsed, random);
        assert.ok(at === undefined || at < createdAt + 15 * minute);
        if (elapsed >= 15 * minute) assert.equal(at, undefined);
      },
    ),
  );
});

test("the next attempt lies ahead, and at most a minute ahead unless the platform asks for more", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 0, max: 14 * minute - 1 }),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      (attempts, elapsed, random) => {
        const now = createdAt + elapsed;
        const at = nextAttemptAt({ createdAt, attempts }, now, random);
        assert.ok(at !== undefined && at > now && at <= now + minute);
      },
    ),
  );
});

test("a wait that the platform asks for is never shortened", () => {
  const at = nextAttemptAt({ createdAt, attempts: 1, retryAfterMs: 90_000 }, createdAt + 1000, 0.5);
  assert.equal(at, createdAt + 91_000);
});

test("a wait that ends after the time is over gives up at once", () => {
  assert.equal(nextAttemptAt({ createdAt, attempts: 1, retryAfterMs: 15 * minute }, createdAt + 1, 0), undefined);
});

test("while the page waits, at least three tries fit into eight seconds", () => {
  let now = createdAt;
  let attempts = 1;
  for (; ; attempts++) {
    const at = nextAttemptAt({ createdAt, attempts }, now, 0.999);
    if (at === undefined || at > createdAt + 8_000) break;
    now = at;
  }
  assert.ok(attempts >= 4, `${attempts}`);
});

test("in the background delays double from two seconds to a minute", () => {
  const delays: number[] = [];
  for (let now = createdAt + 8_000; ; ) {
    const at = nextAttemptAt({ createdAt, attempts: 9 }, now, 0.9999999);
    if (at === undefined) break;
    delays.push(Math.round((at - now) / 1000));
    now = at;
  }
  assert.deepEqual(delays.slice(0, 6), [2, 4, 8, 16, 32, 60]);
  assert.ok(delays.every((delay) => delay <= 60));
});
