/** The one alarm of an object, whoever wishes for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createEarliestAlarm } from "../../edge/merchant/earliest-alarm.ts";

/** Storage that answers late, as a real one does. */
function storageOf(alarm: number | null, fails: (at: number) => boolean = () => false) {
  const storage = {
    alarm,
    async getAlarm() {
      const seen = storage.alarm;
      await Promise.resolve();
      return seen;
    },
    async setAlarm(at: number | Date) {
      await Promise.resolve();
      if (fails(Number(at))) throw new Error("disk");
      storage.alarm = Number(at);
    },
  };
  return storage;
}

test("of wishes made at the same time the earliest is in force, in whatever order they come", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(1000), { minLength: 1 }),
      fc.option(fc.nat(1000), { nil: null }),
      async (wishes, set) => {
        const storage = storageOf(set);
        const wake = createEarliestAlarm(storage);
        await Promise.all(wishes.map(wake));
        assert.equal(storage.alarm, Math.min(...wishes, set ?? Number.POSITIVE_INFINITY));
      },
    ),
  );
});

test("a wish that storage refuses is told so, and keeps no other waiting", async () => {
  const storage = storageOf(null, (at) => at === 1);
  const wake = createEarliestAlarm(storage);
  const [refused, kept] = await Promise.allSettled([wake(1), wake(2)]);
  assert.deepEqual([refused.status, kept.status, storage.alarm], ["rejected", "fulfilled", 2]);
});
