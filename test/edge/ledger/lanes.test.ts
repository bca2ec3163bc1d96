import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Lanes, maxSends, maxSendsPerLane } from "../../../edge/ledger/lanes.ts";

test("a store whose sends all stall leaves a place for another store", () => {
  const lanes = new Lanes();
  const stalled = Array.from({ length: 20 }, () => lanes.tryEnter("stalled")).filter(Boolean).length;
  assert.equal(stalled, maxSendsPerLane);
  assert.equal(lanes.tryEnter("other"), true);
});

test("no more sends run at once than an object has connections for", () => {
  const lanes = new Lanes();
  const entered = Array.from({ length: 20 }, (_, index) => lanes.tryEnter(`store ${index}`)).filter(Boolean).length;
  assert.equal(entered, maxSends);
});

test("a store keeps its bound when some of its sends end and others come", () => {
  const lanes = new Lanes();
  for (let index = 0; index < maxSendsPerLane; index++) assert.ok(lanes.tryEnter("busy"));
  lanes.leave("busy");
  assert.deepEqual([lanes.tryEnter("busy"), lanes.tryEnter("busy")], [true, false]);
  for (let index = 0; index < maxSendsPerLane; index++) lanes.leave("busy");
  const again = Array.from({ length: 20 }, () => lanes.tryEnter("busy")).filter(Boolean).length;
  assert.equal(again, maxSendsPerLane);
});

test("waiting lanes take turns, so a long queue does not starve a short one", () => {
  const lanes = new Lanes();
  for (let index = 0; index < maxSends; index++) assert.ok(lanes.tryEnter(`running ${index}`));
  const order: string[] = [];
  for (const name of ["long", "long", "long", "short"]) lanes.whenFree(name, () => order.push(name));
  for (let index = 0; index < 4; index++) lanes.leave(index === 0 ? "running 0" : (order.at(-1) ?? ""));
  assert.deepEqual(order, ["long", "short", "long", "long"]);
});

test("every one that waits gets its place once, and the bounds hold at each step", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 60 }), (arrivals) => {
      const lanes = new Lanes();
      const running: string[] = [];
      let served = 0;
      const enter = (lane: string) => {
        running.push(lane);
        served++;
        assert.ok(running.length <= maxSends);
        assert.ok(running.filter((name) => name === lane).length <= maxSendsPerLane);
      };
      for (const lane of arrivals) {
        if (lanes.tryEnter(lane)) enter(lane);
        else lanes.whenFree(lane, () => enter(lane));
      }
      while (running.length > 0) lanes.leave(running.shift() ?? "");
      assert.equal(served, arrivals.length);
    }),
  );
});
