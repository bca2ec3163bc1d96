import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Admission, maxBuckets } from "../../../edge/ledger/admission.ts";
import { firstIdOf, newAssignmentId } from "../../../edge/ledger/assignment-id.ts";
import { auditKeyOf, checkpointIsGenuine, genesis, verifyChain } from "../../../edge/ledger/audit.ts";
import { Housekeeping } from "../../../edge/ledger/housekeeping.ts";
import { assigned, type Bench, bench, memorySql, settle, start, storageKey } from "./support.ts";

const dayMs = 86_400_000;
const retentionDays = 30;
const key = auditKeyOf(storageKey);
const limits = { sessionPerSecond: 50, sessionBurst: 200, partnerPerSecond: 500, merchantPerSecond: 1000 };
const caller = (more: object = {}) => ({ partnerId: "pos", merchant: "demo", scopes: [], ...more });

function kept(on: Bench) {
  const admission = new Admission(on.store);
  return { admission, house: new Housekeeping(on.store, admission, on.audit, retentionDays) };
}

async function assignedAt(on: Bench, at: number, order: string): Promise<string> {
  on.clock.now = at;
  const id = on.begin(order, "G1", { id: newAssignmentId(at) });
  await settle();
  on.sends.at(-1)?.answer(assigned);
  await settle();
  on.book.flush();
  return id;
}

describe("retention", () => {
  test("drops assignments that are older than the merchant keeps them, and no other", async () => {
    const on = bench();
    const old = await assignedAt(on, start, "OLD");
    const recent = await assignedAt(on, start + dayMs, "RECENT");
    kept(on).house.keep(start + retentionDays * dayMs + 1);
    assert.equal(on.store.byId(old), undefined);
    assert.equal(on.store.byId(recent)?.state, "assigned");
  });

  test("keeps an old assignment that is still open: nothing is lost", async () => {
    const on = bench();
    const id = on.begin("OPEN", "G1", { id: newAssignmentId(start) });
    kept(on).house.keep(start + 2 * retentionDays * dayMs);
    assert.equal(on.store.byId(id)?.state, "sending");
  });

  test("leaves an audit chain that verifies from a genuine checkpoint, and a cut behind it is found", async () => {
    const on = bench();
    await assignedAt(on, start, "OLD1");
    await assignedAt(on, start, "OLD2");
    await assignedAt(on, start + dayMs, "RECENT");
    kept(on).house.keep(start + retentionDays * dayMs + 1);
    const { rows, head, checkpoint } = on.audit.export(0, 1000);
    assert.ok(checkpoint);
    assert.deepEqual(
      rows.map(({ entry }) => JSON.parse(entry).event),
      ["sent", "outcome", "pruned"],
    );
    assert.ok(checkpointIsGenuine(checkpoint, checkpoint.signature, [key]));
    assert.deepEqual(verifyChain(rows, checkpoint, [key]), { kind: "intact", head });
    assert.equal(verifyChain(rows.slice(1), checkpoint, [key]).kind, "broken");
    assert.equal(verifyChain(rows, genesis, [key]).kind, "broken");
    assert.ok(!checkpointIsGenuine({ ...checkpoint, seq: checkpoint.seq + 1 }, checkpoint.signature, [key]));
  });

  test("of everything leaves a chain that goes on from the checkpoint", async () => {
    const on = bench();
    await assignedAt(on, start, "OLD");
    kept(on).house.keep(start + retentionDays * dayMs + 1);
    await assignedAt(on, start + retentionDays * dayMs + 2, "NEXT");
    const { rows, head, checkpoint } = on.audit.export(0, 1000);
    assert.deepEqual(
      rows.map(({ entry }) => JSON.parse(entry).event),
      ["sent", "outcome"],
    );
    assert.deepEqual(verifyChain(rows, checkpoint ?? genesis, [key]), { kind: "intact", head });
  });

  test("keeps an entry that is older than the one before it, since a clock may step back", () => {
    const on = bench();
    on.audit.append(start + dayMs, { event: "sent" });
    on.audit.append(start, { event: "outcome" });
    on.audit.prune(start + 1, start + 2 * dayMs);
    assert.equal(on.audit.export(0, 10).rows.length, 2);
  });

  test("drops nothing and adds nothing when nothing is old", async () => {
    const on = bench();
    await assignedAt(on, start, "NEW");
    kept(on).house.keep(start + dayMs);
    assert.deepEqual(
      on.entries().map(({ event }) => event),
      ["sent", "outcome"],
    );
    assert.equal(on.audit.export(0, 10).checkpoint, undefined);
  });
});

describe("proofs and revocations", () => {
  const session = { id: "s1", expiresAt: start / 1000 + 900 };
  const proof = { jti: "proof-1", issuedAt: start / 1000 };

  test("hold for as long as a clock could accept what they guard against", () => {
    const on = bench();
    const { admission, house } = kept(on);
    const call = caller({ session, proof });
    assert.ok(admission.admit(call, limits, start).ok);
    house.keep(start + 600_000);
    assert.equal(admission.admit(call, limits, start + 600_000).ok, false);
    admission.revoke("pos", "s2", start / 1000 + 3_660);
    house.keep(start + 3_600_000);
    const revoked = admission.admit(caller({ session: { ...session, id: "s2" } }), limits, start + 3_600_000);
    assert.deepEqual(revoked.ok ? undefined : revoked.failure.code, "session_expired");
  });

  test("are forgotten after that, on disk and in memory", () => {
    const on = bench();
    const { admission, house } = kept(on);
    admission.admit(caller({ session, proof }), limits, start);
    admission.revoke("pos", "s2", start / 1000 + 3_660);
    assert.ok(on.store.holdsExpiring());
    house.keep(start + 3_700_000);
    assert.ok(!on.store.holdsExpiring());
    assert.ok(admission.admit(caller({ session: { ...session, id: "s2" } }), limits, start + 3_700_000).ok);
  });

  test("count from the very next call", () => {
    const { admission } = kept(bench());
    admission.revoke("pos", "s1", start / 1000 + 3_660);
    const answer = admission.admit(caller({ session }), limits, start);
    assert.equal(answer.ok ? undefined : answer.failure.code, "session_expired");
  });

  test("a proof that was used is refused as unauthenticated", () => {
    const { admission } = kept(bench());
    admission.admit(caller({ session, proof }), limits, start);
    const answer = admission.admit(caller({ session, proof }), limits, start);
    assert.equal(answer.ok ? undefined : answer.failure.code, "unauthenticated");
  });

  test("of another partner's session of the same id do not count", () => {
    const on = bench();
    const { admission } = kept(on);
    admission.revoke("kiosk", "s1", start / 1000 + 3_660);
    assert.ok(admission.admit(caller({ session }), limits, start).ok);
  });

  test("survive the process", () => {
    const sql = memorySql();
    kept(bench(sql)).admission.revoke("pos", "s1", start / 1000 + 3_660);
    const { admission } = kept(bench(sql));
    assert.equal(admission.admit(caller({ session }), limits, start).ok, false);
  });
});

describe("the work of keeping house", () => {
  test("is done at most every ten minutes for proofs, and every six hours for retention", async () => {
    const on = bench();
    const { house } = kept(on);
    const later = start + retentionDays * dayMs;
    house.keep(later - 1);
    const id = await assignedAt(on, start - 1, "OLD");
    on.store.spendProof("expired", 1);
    house.keep(later + 599_998);
    assert.ok(on.store.holdsExpiring());
    house.keep(later + 599_999);
    assert.ok(!on.store.holdsExpiring());
    house.keep(later + 6 * 3_600_000 - 2);
    assert.equal(on.store.byId(id)?.state, "assigned");
    house.keep(later + 6 * 3_600_000 - 1);
    assert.equal(on.store.byId(id), undefined);
  });
});

describe("the next time to look", () => {
  test("is never, for a ledger that holds nothing", () => {
    assert.equal(kept(bench()).house.nextAt(), undefined);
  });
  test("is the day when the oldest entry of the record has had its time, though no assignment is left", () => {
    const on = bench();
    on.audit.append(start + 3_000, { event: "outcome" });
    assert.equal(kept(on).house.nextAt(), start + 3_000 + retentionDays * dayMs);
  });
  test("comes again until an idle ledger is empty, and then never: nothing wakes it for ever", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ at: fc.nat(3 * dayMs), event: fc.constantFrom("sent", "outcome", "revoked") }), {
          maxLength: 12,
        }),
        async (entries) => {
          const on = bench();
          const { admission, house } = kept(on);
          await assignedAt(on, start, "A");
          admission.revoke("pos", "s1", start / 1000 + 3_660);
          for (const { at, event } of entries.sort((a, b) => a.at - b.at)) {
            on.audit.append(start + at, { event: event as "sent" });
          }
          let now = start + 3 * dayMs;
          let wakes = 0;
          for (let at = house.nextAt(); at !== undefined; at = house.nextAt()) {
            assert.ok(++wakes < 1000, "it never rests");
            now = Math.max(now, at) + 50;
            house.keep(now);
          }
          const { rows, head, checkpoint } = on.audit.export(0, 1000);
          assert.deepEqual(rows, []);
          assert.ok(!on.store.holdsExpiring());
          assert.equal(on.store.oldestCreatedAt(), undefined);
          assert.ok(now < start + 3 * retentionDays * dayMs, "each has its time once, and the last `pruned` its own");
          assert.ok(checkpoint && checkpointIsGenuine(checkpoint, checkpoint.signature, [key]));
          assert.deepEqual({ seq: checkpoint.seq, mac: checkpoint.mac }, head, "the chain goes on from here");
        },
      ),
      { numRuns: 30 },
    );
  });
  test("is soon while proofs are kept, then the day when the oldest assignment has had its time", async () => {
    const on = bench();
    const { admission, house } = kept(on);
    await assignedAt(on, start, "A");
    admission.admit(caller({ proof: { jti: "p", issuedAt: start / 1000 } }), limits, start);
    house.keep(start);
    assert.equal(house.nextAt(), start + 600_000);
    house.keep(start + 700_000);
    assert.equal(house.nextAt(), start + retentionDays * dayMs);
  });
});

describe("budgets", () => {
  const tight = { sessionPerSecond: 1, sessionBurst: 2, partnerPerSecond: 3, merchantPerSecond: 100 };
  const as = (partnerId: string, id?: string) => ({
    ...caller({ partnerId }),
    ...(id && { session: { id, expiresAt: 0 } }),
  });

  test("of a session hold, and tell when to come back", () => {
    const { admission } = kept(bench());
    const answers = [1, 2, 3].map(() => admission.admit(as("pos", "a"), tight, start));
    assert.deepEqual(
      answers.map(({ ok }) => ok),
      [true, true, false],
    );
    const last = answers.at(-1);
    assert.deepEqual(last && !last.ok && [last.failure.code, last.failure.retryAfterSeconds], ["rate_limited", 1]);
  });

  test("of one session that is used up leave the partner's other sessions theirs", () => {
    const { admission } = kept(bench());
    for (let n = 0; n < 50; n++) admission.admit(as("pos", "a"), tight, start);
    assert.ok(admission.admit(as("pos", "b"), tight, start).ok);
  });

  test("of one partner that are used up leave another partner its own, whatever each one's record says", () => {
    const { admission } = kept(bench());
    const small = { ...tight, partnerPerSecond: 2, merchantPerSecond: 2 };
    for (let n = 0; n < 50; n++) admission.admit(as("small"), small, start);
    for (let n = 0; n < 3; n++) assert.ok(admission.admit(as("pos"), tight, start).ok);
  });

  test("of a partner are not filled again by a flood of its sessions", () => {
    const { admission } = kept(bench());
    const passed = Array.from({ length: 2 * maxBuckets }, (_, n) => admission.admit(as("pos", `s${n}`), tight, start));
    assert.equal(passed.filter(({ ok }) => ok).length, tight.partnerPerSecond);
  });

  test("of a session that was pushed out by others begin anew, and only those", () => {
    const { admission } = kept(bench());
    const wide = { ...tight, partnerPerSecond: 1e6, merchantPerSecond: 1e6 };
    const spend = (id: string) => [1, 2, 3].map(() => admission.admit(as("pos", id), wide, start).ok);
    assert.deepEqual(spend("first"), [true, true, false]);
    for (let n = 0; n < maxBuckets - 3; n++) admission.admit(as("pos", `s${n}`), wide, start);
    assert.deepEqual(spend("first"), [false, false, false]);
    for (let n = 0; n < maxBuckets; n++) admission.admit(as("pos", `t${n}`), wide, start);
    assert.deepEqual(spend("first"), [true, true, false]);
  });

  test("of a session are its own in a merchant of any number of shards, though it is admitted in one of them only", () => {
    const rate = fc.integer({ min: 1, max: 300 });
    const figures = fc.record({
      sessionPerSecond: rate,
      sessionBurst: rate,
      partnerPerSecond: rate,
      merchantPerSecond: rate,
    });
    fc.assert(
      fc.property(figures, fc.integer({ min: 1, max: 64 }), (record, shards) => {
        const { admission } = kept(bench());
        const passed = (calls: number, at: number) =>
          Array.from({ length: calls }, () => admission.admit(as("pos", "a"), record, at, shards)).filter(
            ({ ok }) => ok,
          ).length;
        const shared = Math.min(record.partnerPerSecond, record.merchantPerSecond);
        assert.equal(passed(400, start), Math.min(record.sessionBurst, shared));
        assert.equal(passed(400, start + 1000), Math.min(record.sessionBurst, record.sessionPerSecond, shared));
      }),
    );
  });

  test("that sessions share are divided among the shards", () => {
    const { admission } = kept(bench());
    const passed = (partner: string, at: number) =>
      Array.from({ length: 500 }, (_, n) => admission.admit(as(partner, `s${n % 50}`), limits, at, 2)).filter(
        ({ ok }) => ok,
      ).length;
    assert.deepEqual([passed("pos", start), passed("pos", start + 1000)], [250, 250]);
    assert.deepEqual([passed("kiosk", start + 1000), passed("third", start + 1000)], [250, 0]);
  });

  test("do not spend a proof on a call that they refuse", () => {
    const { admission } = kept(bench());
    const proven = { ...as("pos", "a"), proof: { jti: "p", issuedAt: start / 1000 } };
    for (let n = 0; n < 2; n++) admission.admit(as("pos", "a"), tight, start);
    assert.equal(admission.admit(proven, tight, start).ok, false);
    assert.ok(admission.admit(proven, tight, start + 1000).ok);
  });
});

describe("a ledger on disk", () => {
  test("of this version is opened again with what it held", async () => {
    const sql = memorySql();
    const id = await assignedAt(bench(sql), start, "A");
    assert.equal(bench(sql).row(id).state, "assigned");
    assert.ok(id > firstIdOf(start));
  });
});
