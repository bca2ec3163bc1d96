import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Lane, Lanes, maxSends, maxSendsOfPartner, maxSendsOfStore } from "../../../edge/ledger/lanes.ts";

const lane = (partner: string, store = "", subMchid = ""): Lane => ({ partner, subMchid, store });

/** Lanes with a record of who holds a place, oldest first, and who was let in after waiting. */
function watched() {
  const lanes = new Lanes();
  const running: Lane[] = [];
  const admitted: string[] = [];
  const admit = (one: Lane) => {
    running.push(one);
    admitted.push(`${one.partner}/${one.store}`);
    return true;
  };
  return {
    lanes,
    running,
    admitted,
    /** Takes a place or stands in line. */
    arrive: (one: Lane) => {
      if (lanes.tryEnter(one)) running.push(one);
      else lanes.whenFree(one, () => admit(one));
    },
    /** The oldest send of a partner ends, or the oldest of all. */
    end: (partner?: string) => {
      const index = partner === undefined ? 0 : running.findIndex((one) => one.partner === partner);
      const [ended] = running.splice(index, 1);
      assert.ok(ended);
      lanes.leave(ended);
    },
  };
}
const entered = (lanes: Lanes, laneOf: (index: number) => Lane) =>
  Array.from({ length: 20 }, (_, index) => lanes.tryEnter(laneOf(index))).filter(Boolean).length;

describe("places", () => {
  test("no more sends run at once than an object has connections for", () => {
    assert.equal(
      entered(new Lanes(), (index) => lane(`partner ${index}`)),
      maxSends,
    );
  });
  test("a partner whose sends all stall, over however many stores, leaves a place for another partner", () => {
    const lanes = new Lanes();
    assert.equal(
      entered(lanes, (index) => lane("stalled", `${index}`)),
      maxSendsOfPartner,
    );
    assert.equal(lanes.tryEnter(lane("other")), true);
  });
  test("a store whose sends all stall leaves a place for another store of its partner, and one for another partner", () => {
    const lanes = new Lanes();
    assert.equal(
      entered(lanes, () => lane("a", "1")),
      maxSendsOfStore,
    );
    assert.equal(lanes.tryEnter(lane("a", "2")), true);
    assert.equal(lanes.tryEnter(lane("b", "1")), true);
  });
  test("a partner alone that names no store uses all places but the newcomer's", () => {
    assert.equal(
      entered(new Lanes(), () => lane("a")),
      maxSends - 1,
    );
  });
  test("stores of the same number belong to different partners", () => {
    const lanes = new Lanes();
    for (let index = 0; index < maxSendsOfStore; index++) assert.ok(lanes.tryEnter(lane("a", "1")));
    assert.ok(lanes.tryEnter(lane("b", "1")));
  });
  test("a partner and a store keep their bounds when some of their sends end and others come", () => {
    const lanes = new Lanes();
    const shop = lane("busy", "1");
    for (let index = 0; index < maxSendsOfStore; index++) assert.ok(lanes.tryEnter(shop));
    lanes.leave(shop);
    assert.deepEqual([lanes.tryEnter(shop), lanes.tryEnter(shop)], [true, false]);
    for (let index = 0; index < maxSendsOfStore; index++) lanes.leave(shop);
    assert.equal(
      entered(lanes, (index) => lane("busy", `${index}`)),
      maxSendsOfPartner,
    );
  });
});

describe("turns", () => {
  test("a hundred waiting stores of one partner do not come before another partner's one", () => {
    const { arrive, end, admitted } = watched();
    for (let store = 0; store < 105; store++) arrive(lane("a", `${store}`));
    arrive(lane("b", "1"));
    arrive(lane("b", "1"));
    end("a");
    assert.deepEqual(admitted, ["b/1"]);
  });
  test("a partner that holds fewer places goes first, so that stalled sends end up with their share and no more", () => {
    const { arrive, end, running } = watched();
    for (let send = 0; send < 20; send++) arrive(lane("a", `${send}`));
    for (let send = 0; send < 20; send++) arrive(lane("b", `${send}`));
    end("a");
    end("b");
    for (let send = 0; send < 10; send++) {
      end("b");
      assert.ok(running.filter(({ partner }) => partner === "b").length >= 2);
    }
  });
  test("a store that holds fewer places goes first within its partner", () => {
    const { arrive, end, admitted } = watched();
    for (let send = 0; send < 10; send++) arrive(lane("a", "long"));
    for (const store of ["running", "short", "shorter"]) arrive(lane("a", store));
    for (let send = 0; send < maxSendsOfStore; send++) end("a");
    assert.deepEqual(admitted, ["a/short", "a/shorter", "a/long"]);
  });
  test("a sub-merchant that holds fewer places goes first within its partner, also where no store is named", () => {
    const { arrive, end, running } = watched();
    for (let send = 0; send < 20; send++) arrive(lane("a", "", "19"));
    arrive(lane("a", "", "20"));
    end("a");
    assert.equal(running.filter(({ subMchid }) => subMchid === "20").length, 1);
  });
  test("a store of one sub-merchant is not another's of the same number", () => {
    const lanes = new Lanes();
    for (let send = 0; send < maxSendsOfStore; send++) assert.ok(lanes.tryEnter(lane("a", "1", "19")));
    assert.equal(lanes.tryEnter(lane("a", "1", "20")), true);
  });
  test("a place that nobody in line may have stays free for a newcomer", () => {
    const { lanes, arrive, end, admitted } = watched();
    for (let store = 0; store < maxSendsOfPartner + 1; store++) arrive(lane("a", `${store}`));
    arrive(lane("b", "1"));
    end("b");
    assert.deepEqual(admitted, []);
    assert.equal(lanes.tryEnter(lane("c", "1")), true);
  });
  test("a store in line does not take its partner's last place", () => {
    const { lanes, arrive, end, admitted } = watched();
    arrive(lane("a", "ends"));
    for (let send = 0; send < maxSendsOfStore + 1; send++) arrive(lane("a", "stalled"));
    end("a");
    assert.deepEqual(admitted, []);
    assert.equal(lanes.tryEnter(lane("a", "other")), true);
  });
  for (const line of [
    ["two", "one"],
    ["one", "two"],
  ]) {
    test(`a partner that holds one goes before a partner that holds two, also with ${line[0]} first in line`, () => {
      const { arrive, end, admitted } = watched();
      for (const partner of ["two", "two", "one", "ends", "ends"]) arrive(lane(partner));
      for (const partner of line) arrive(lane(partner));
      end("ends");
      assert.deepEqual(admitted, ["one/"]);
    });
  }
  test("of partners that hold equally many the first in line goes first", () => {
    const { arrive, end, admitted } = watched();
    for (const partner of ["a", "b", "ends", "ends", "ends"]) arrive(lane(partner));
    for (const partner of ["b", "a"]) arrive(lane(partner));
    end("ends");
    assert.deepEqual(admitted, ["b/"]);
  });
  test("equals take turns, so a long queue does not starve a short one", () => {
    const { lanes, arrive, end, admitted } = watched();
    for (let index = 0; index < maxSends; index++) arrive(lane(`running ${index}`));
    const line = ["long/1", "long/1", "long/2", "long/1", "short/1", "short/1"];
    for (const [partner = "", store = ""] of line.map((name) => name.split("/"))) arrive(lane(partner, store));
    end("running 0");
    for (const partner of ["long", "short", "long", "short", "long"]) end(partner);
    assert.deepEqual(admitted, ["long/1", "short/1", "long/2", "short/1", "long/1", "long/1"]);
    assert.ok(!lanes.hasPlace(lane("new")));
  });
  test("who does not need the place any more gives it to the next, however many there are", () => {
    const { lanes, arrive, end, admitted } = watched();
    for (let index = 0; index < maxSends; index++) arrive(lane(`running ${index}`));
    let refused = 0;
    for (let index = 0; index < 50_000; index++) {
      lanes.whenFree(lane("late", `${index % 7}`), () => {
        refused++;
        return false;
      });
    }
    arrive(lane("next"));
    arrive(lane("next"));
    end();
    end();
    assert.deepEqual([refused, admitted], [50_000, ["next/", "next/"]]);
  });
});

const lanesOfThree = fc.record({
  partner: fc.constantFrom("a", "b", "c"),
  subMchid: fc.constantFrom("", "19", "20"),
  store: fc.constantFrom("", "1", "2", "3"),
});

test("every one that waits gets its place once, and the bounds hold at each step", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(lanesOfThree, fc.nat(9)), { minLength: 1, maxLength: 80 }), (arrivals) => {
      const { lanes, running, arrive, end } = watched();
      const check = () => {
        assert.ok(running.length <= maxSends);
        for (const one of running) {
          const ofPartner = running.filter(({ partner }) => partner === one.partner);
          const ofStore = ofPartner.filter(({ subMchid, store }) => subMchid === one.subMchid && store === one.store);
          assert.ok(ofPartner.length <= maxSendsOfPartner);
          assert.ok(one.store === "" || ofStore.length <= maxSendsOfStore);
        }
      };
      for (const [one, ends] of arrivals) {
        arrive(one);
        check();
        if (ends > 6 && running.length > 0) end();
        check();
      }
      while (running.length > 0) {
        end();
        check();
      }
      for (const [one] of arrivals) assert.ok(lanes.hasPlace(one));
    }),
  );
});

/**
 * The guarantee itself, whatever one partner queues and however long its sends take: its stalled sends end only while
 * the other one has nothing left, and yet each of the other's leaves as soon as one of its own, or none, is under way.
 */
test("a partner whose sends never end cannot keep another one from sending", () => {
  const flood = fc.array(fc.constantFrom("", "1", "2", "3", "4", "5", "6"), { minLength: 1, maxLength: 60 });
  const visits = fc.array(fc.constantFrom("", "1", "2"), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(flood, visits, (stalled, others) => {
      const { arrive, end, running, admitted } = watched();
      for (const store of stalled) arrive(lane("stalled", store));
      for (const store of others) arrive(lane("other", store));
      const isRunning = () => running.some(({ partner }) => partner === "other");
      let served = running.filter(({ partner }) => partner === "other").length;
      assert.ok(served > 0, "the first leaves at once");
      while (isRunning()) {
        const before = admitted.length;
        end("other");
        served += admitted.slice(before).filter((name) => name.startsWith("other/")).length;
      }
      assert.equal(served, others.length);
    }),
  );
});
