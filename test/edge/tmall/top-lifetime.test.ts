import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { dueWarning, nextDue, refreshAt, type SessionLife, stateOf } from "../../../edge/merchant/top-lifetime.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = Date.UTC(2026, 0, 1);
const year: SessionLife = { obtainedAt: start, expiresAt: start + 365 * day, refreshable: false };
const end = start + 365 * day;

test("a session that cannot be refreshed warns once at 30, 7 and 1 days, and when it is over", () => {
  let life = year;
  const given: [number, number][] = [];
  let now = start;
  for (let next = nextDue(life, now); next !== undefined; next = nextDue(life, now)) {
    now = next;
    const days = dueWarning(life, now);
    assert.ok(days !== undefined);
    given.push([days, (end - now) / day]);
    life = { ...life, warnedDays: days };
  }
  assert.deepEqual(given, [
    [30, 30],
    [7, 7],
    [1, 1],
    [0, 0],
  ]);
});

test("a warning that was slept through is given late, the most urgent one only", () => {
  assert.equal(dueWarning(year, end - 5 * day), 7);
  assert.equal(dueWarning({ ...year, warnedDays: 30 }, end - 5 * hour), 1);
  assert.equal(dueWarning({ ...year, warnedDays: 7 }, end - 5 * day), undefined);
  assert.equal(dueWarning({ ...year, warnedDays: 1 }, end + day), 0);
});

test("a warning that was slept through is due now, not with the next one", () => {
  const now = end - 5 * day;
  assert.equal(nextDue(year, now), now);
  assert.equal(nextDue({ ...year, warnedDays: 7 }, now), end - day);
});

test("a session that renews itself gives no warning until a refresh fails", () => {
  const life = { ...year, refreshable: true };
  assert.equal(dueWarning(life, end - 6 * day), undefined);
  assert.equal(dueWarning({ ...life, failed: { at: end - 6 * day, count: 1 } }, end - 6 * day), 7);
  assert.equal(dueWarning(life, end), 0);
});

test("the refresh comes at a third of the lifetime, a week ahead at most, an hour at least, a day for unknown ones", () => {
  const at = (obtainedAt: number, lifetime: number) =>
    refreshAt({ obtainedAt, expiresAt: obtainedAt + lifetime, refreshable: true });
  assert.equal(at(start, 365 * day), end - 7 * day);
  assert.equal(at(start, 24 * hour), start + 16 * hour);
  assert.equal(at(start, 2 * hour), start + hour);
  assert.equal(at(0, end), end - day);
  assert.equal(refreshAt(year), undefined);
  assert.equal(refreshAt({ obtainedAt: start, refreshable: true }), undefined);
});

test("a session that is short or refused is not refreshed again within five minutes", () => {
  const soon = { obtainedAt: start, expiresAt: start + minute, refreshable: true };
  assert.equal(refreshAt(soon), start + 5 * minute);
  assert.equal(refreshAt({ ...year, refreshable: true, refusedAt: start + 1 }), start + 5 * minute);
  assert.equal(refreshAt({ ...year, refreshable: true, refusedAt: start + hour }), start + hour);
});

test("failed refreshes are repeated at doubling distance, six hours at most", () => {
  const gap = (count: number) => (refreshAt({ ...year, refreshable: true, failed: { at: start, count } }) ?? 0) - start;
  assert.deepEqual(
    [1, 2, 3, 7, 8, 50].map(gap),
    [5, 10, 20, 320, 360, 360].map((minutes) => minutes * minute),
  );
});

test("the state says what an operator must know", () => {
  assert.equal(stateOf(year, start), "ok");
  assert.equal(stateOf(year, end - 30 * day), "expiring");
  assert.equal(stateOf({ ...year, refreshable: true }, end - day), "ok");
  assert.equal(stateOf({ ...year, refreshable: true, failed: { at: start, count: 1 } }, end - day), "expiring");
  assert.equal(stateOf(year, end), "expired");
  assert.equal(stateOf({ obtainedAt: start, refreshable: false }, start), "unknown");
  assert.equal(stateOf({ ...year, refusedAt: start }, start + hour - 1), "refused");
  assert.equal(stateOf({ ...year, refusedAt: start }, start + hour), "ok");
});

test("what is due next is never in the past, and an alarm that follows it never spins", () => {
  const instant = fc.integer({ min: start, max: start + 400 * day });
  const life = fc.record(
    {
      obtainedAt: fc.oneof(fc.constant(0), instant),
      expiresAt: instant,
      refreshable: fc.boolean(),
      refusedAt: instant,
      failed: fc.record({ at: instant, count: fc.integer({ min: 1, max: 40 }) }),
      warnedDays: fc.constantFrom(30, 7, 1, 0),
    },
    { requiredKeys: ["obtainedAt", "refreshable"] },
  );
  fc.assert(
    fc.property(life, instant, (given, now) => {
      const next = nextDue(given, now);
      if (next === undefined) return;
      assert.ok(next >= now);
      if (next > now) return;
      const refresh = refreshAt(given);
      assert.ok(dueWarning(given, now) !== undefined || (refresh !== undefined && refresh <= now));
    }),
  );
});
