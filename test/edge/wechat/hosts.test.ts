import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Hosts } from "../../../edge/channels/wechat/hosts.ts";
import { backoffMs } from "../../../edge/channels/wechat/repeat.ts";

const [primary, backup] = ["https://primary", "https://backup"] as const;
const ordinary = 0.5;

function fail(hosts: Hosts, host: string, times: number, now: number) {
  for (let failure = 0; failure < times; failure++) hosts.failed(host, now);
}

describe("the choice of a host", () => {
  it("is the primary as long as it answers", () => {
    const hosts = new Hosts([primary, backup]);
    for (let call = 0; call < 10; call++) {
      assert.equal(hosts.choose(call, ordinary), primary);
      hosts.answered(primary);
    }
  });

  it("leaves the primary after three failures in a row, not after two with an answer between", () => {
    const hosts = new Hosts([primary, backup]);
    fail(hosts, primary, 2, 0);
    hosts.answered(primary);
    fail(hosts, primary, 2, 0);
    assert.equal(hosts.choose(0, ordinary), primary);
    fail(hosts, primary, 1, 0);
    assert.equal(hosts.choose(0, ordinary), backup);
  });

  it("lets exactly one probe through when the time is up, and returns after its answer", () => {
    const hosts = new Hosts([primary, backup]);
    fail(hosts, primary, 3, 0);
    assert.equal(hosts.choose(9_999, ordinary), backup);
    assert.equal(hosts.choose(10_000, ordinary), primary);
    for (let call = 0; call < 50; call++) assert.equal(hosts.choose(10_000, ordinary), backup);
    hosts.answered(primary);
    assert.equal(hosts.choose(10_001, ordinary), primary);
  });

  it("waits longer after each failed probe, two minutes at most", () => {
    const hosts = new Hosts([primary, backup]);
    fail(hosts, primary, 3, 0);
    let now = 0;
    for (const wait of [10_000, 20_000, 40_000, 80_000, 120_000, 120_000]) {
      assert.equal(hosts.choose(now + wait - 1, ordinary), backup);
      now += wait;
      assert.equal(hosts.choose(now, ordinary), primary);
      assert.equal(hosts.failed(primary, now), true);
    }
  });

  it("gives the backup less than one call in a hundred while the primary is well", () => {
    const hosts = new Hosts([primary, backup]);
    let toBackup = 0;
    for (let call = 0; call < 1000; call++) if (hosts.choose(0, call / 1000) === backup) toBackup += 1;
    assert.ok(toBackup > 0 && toBackup <= 10, String(toBackup));
  });

  it("never refuses: with everything down the soonest due is used", () => {
    const hosts = new Hosts([primary, backup]);
    fail(hosts, primary, 3, 0);
    fail(hosts, backup, 3, 5_000);
    assert.equal(hosts.choose(6_000, ordinary), primary);
    assert.equal(new Hosts([primary]).choose(0, 0), primary);
  });

  it("never names a host that was tried, and always one that was not, whatever happened before", () => {
    const names = ["https://a", "https://b", "https://c"];
    const event = fc.record({ host: fc.constantFrom(...names), answered: fc.boolean(), after: fc.nat(200_000) });
    const tried = fc.subarray(names);
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 60 }),
        tried,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (events, done, dice) => {
          const hosts = new Hosts(names);
          let now = 0;
          for (const { host, answered, after } of events) {
            now += after;
            hosts.choose(now, dice);
            if (answered) hosts.answered(host);
            else hosts.failed(host, now);
          }
          const chosen = hosts.choose(now, dice, new Set(done));
          if (done.length === names.length) assert.equal(chosen, undefined);
          else assert.ok(chosen !== undefined && !done.includes(chosen));
        },
      ),
    );
  });

  it("needs a host", () => assert.throws(() => new Hosts([]), TypeError));
});

describe("backoff", () => {
  it("stays between half and the whole of a doubling wait of at most two seconds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (count, random) => {
        const whole = Math.min(2_000, 250 * 2 ** (count - 1));
        const wait = backoffMs(count, random);
        assert.ok(wait >= whole / 2 && wait <= whole);
      }),
    );
  });
});
