/** What is written is what is read, and only what was meant is found. */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import fc from "fast-check";
import { newAssignmentId } from "../../../edge/ledger/assignment-id.ts";
import { type Row, Store } from "../../../edge/ledger/store.ts";
import { memorySql, start, tenant } from "./support.ts";

let store: Store;
beforeEach(() => {
  store = new Store(memorySql());
});

const row = (id: string, more: Partial<Row> = {}): Row => ({
  id,
  partner: "pos",
  subMchid: "",
  store: "",
  channel: "wechat",
  orderKind: undefined,
  order: "A",
  guideKey: "id:G1",
  guide: { id: "G1" },
  fingerprint: "",
  idempotencyKey: undefined,
  replaces: undefined,
  state: "intent",
  uncertain: false,
  attempts: 0,
  createdAt: start,
  assignedAt: undefined,
  failure: undefined,
  upstreamRequestId: undefined,
  observed: false,
  ...more,
});
const full = row("id1", {
  subMchid: "19",
  store: "7",
  channel: "tmall",
  orderKind: "outer",
  guideKey: "mobile:x",
  guide: { mobile: "138****5678", name: "张" },
  fingerprint: "fp",
  idempotencyKey: "a/b/c",
  replaces: "id0",
  state: "rejected",
  uncertain: true,
  attempts: 3,
  assignedAt: start + 1,
  failure: { code: "upstream_rejected", detail: "d", reason: "order_closed" },
  upstreamRequestId: "up-1",
  observed: true,
});

describe("an assignment", () => {
  test("comes back as it was written, whether all of it is set or none", () => {
    store.insert(full);
    store.insert(row("id2"));
    assert.deepEqual(store.byId("id1"), full);
    assert.deepEqual(store.byId("id2"), row("id2"));
    assert.equal(store.byId("id3"), undefined);
  });
  test("comes back with every character of its texts, and a number stays a text where it is one", () => {
    // What a call may hold: well-formed and without NUL.
    const text = fc.string({ unit: "binary" }).map((value) => value.replaceAll("\0", ""));
    const anyText = fc.oneof(text, fc.constantFrom("007", "1e3", "null", '"', "\\u0041", "张\u{20000}", "\u2028"));
    fc.assert(
      fc.property(anyText, anyText, anyText, (order, name, idempotencyKey) => {
        const kept = new Store(memorySql());
        const written = row("id1", { order, guide: { id: "G1", name }, idempotencyKey, guideKey: `id:${name}` });
        kept.insert(written);
        assert.deepEqual(kept.byId("id1"), written);
        assert.deepEqual(kept.newestOfOrder(`wechat:${order}`), written);
      }),
    );
  });

  test("changes in its state and outcome, and in nothing else", () => {
    store.insert(row("id1", { idempotencyKey: "k" }));
    store.insert(row("id2", { order: "B" }));
    const outcome: Partial<Row> = {
      state: "assigned",
      uncertain: true,
      attempts: 2,
      assignedAt: start + 5,
      failure: { code: "rate_limited", detail: "d" },
      upstreamRequestId: "up-2",
    };
    store.update(row("id1", { ...outcome, idempotencyKey: "other", order: "X", partner: "x", guide: { id: "x" } }));
    assert.deepEqual(store.byId("id1"), row("id1", { ...outcome, idempotencyKey: "k" }));
    assert.deepEqual(store.byId("id2"), row("id2", { order: "B" }));
    store.update(row("id1", { idempotencyKey: "k" }));
    assert.deepEqual(store.byId("id1"), row("id1", { idempotencyKey: "k" }));
  });
  test("gives its idempotency key back when it is told to, so that another may begin with it", () => {
    store.insert(row("id1", { idempotencyKey: "k" }));
    assert.throws(() => store.insert(row("id2", { idempotencyKey: "k" })));
    store.update(row("id1", { state: "rejected" }));
    assert.equal(store.byIdempotencyKey(tenant("pos", ""), "k"), undefined);
    store.insert(row("id2", { idempotencyKey: "k" }));
    assert.equal(store.byIdempotencyKey(tenant("pos", ""), "k")?.id, "id2");
  });
  test("is found by the key of its own partner, sub-merchant and store alone", () => {
    store.insert(full);
    assert.deepEqual(store.byIdempotencyKey(tenant("pos", "7", "19"), "a/b/c"), full);
    for (const [partner, shop, subMchid, key] of [
      ["pos", "8", "19", "a/b/c"],
      ["pos", "", "19", "a/b/c"],
      ["pos", "7", "20", "a/b/c"],
      ["pos", "7", "", "a/b/c"],
      ["kiosk", "7", "19", "a/b/c"],
      ["pos", "7", "19", "a/b"],
    ] as const) {
      assert.equal(store.byIdempotencyKey(tenant(partner, shop, subMchid), key), undefined);
    }
  });
  test("is the newest of its order by id, among those of its channel and kind", () => {
    for (const one of [
      row("id1"),
      row("id3"),
      row("id2"),
      row("id4", { channel: "tmall" }),
      row("id5", { order: "B" }),
    ]) {
      store.insert(one);
    }
    assert.equal(store.newestOfOrder("wechat:A")?.id, "id3");
    assert.equal(store.newestOfOrder("tmall:workcard:A")?.id, "id4");
    assert.equal(store.newestOfOrder("tmall:outer:A"), undefined);
    assert.equal(store.newestOfOrder("wechat:C"), undefined);
  });
  test("that told last of a guide is the order's newest of him, or a newer one that was proved", () => {
    const told = () => store.lastTold("wechat:A", "id:G1")?.id;
    store.insert(row("id0", { order: "B", guideKey: "id:G1" }));
    assert.equal(told(), undefined);
    store.insert(row("id1"));
    store.insert(row("id2"));
    store.insert(row("id3", { guideKey: "id:G2", state: "rejected" }));
    assert.equal(told(), "id2");
    store.insert(row("id4", { guideKey: "id:G3", state: "superseded", assignedAt: start }));
    store.insert(row("id5", { guideKey: "id:G2", state: "unknown" }));
    assert.equal(told(), "id4");
    store.insert(row("id6"));
    assert.equal(told(), "id6");
  });
});

describe("a list", () => {
  const ids = (partner: string, shop: string, query: Partial<Parameters<Store["list"]>[1]>) =>
    store.list(tenant(partner, shop), { limit: 20, ...query }).rows.map(({ id }) => id);
  beforeEach(() => {
    store.insert(row("id1"));
    store.insert(row("id2", { store: "7", state: "assigned" }));
    store.insert(row("id3", { channel: "tmall", orderKind: "workcard", state: "sending" }));
    store.insert(row("id4", { channel: "tmall", orderKind: "outer", state: "unknown" }));
    store.insert(row("id5", { channel: "tmall", orderKind: "fulfil-task", state: "rejected" }));
    store.insert(row("id6", { order: "B", state: "given-up" }));
    store.insert(row("id7", { order: "B", state: "superseded" }));
    store.insert(row("id8", { partner: "kiosk" }));
  });
  test("has the partner's own, newest first", () => {
    assert.deepEqual(ids("pos", "", {}), ["id7", "id6", "id5", "id4", "id3", "id2", "id1"]);
    assert.deepEqual(ids("kiosk", "", {}), ["id8"]);
    assert.deepEqual(ids("nobody", "", {}), []);
  });
  test("has only the store's where the caller is bound to one", () => {
    assert.deepEqual(ids("pos", "7", {}), ["id2"]);
    assert.deepEqual(ids("pos", "8", {}), []);
    assert.deepEqual(ids("kiosk", "7", {}), []);
  });
  test("has only the sub-merchant's, and without one only what was made for none", () => {
    store.insert(row("id9", { subMchid: "19" }));
    const of = (subMchid: string) => store.list(tenant("pos", "", subMchid), { limit: 1 }).rows.map(({ id }) => id);
    assert.deepEqual([of("19"), of("20"), of("")], [["id9"], [], ["id7"]]);
  });
  test("of one number has the orders of every channel and kind that have it", () => {
    assert.deepEqual(ids("pos", "", { order: "A" }), ["id5", "id4", "id3", "id2", "id1"]);
    assert.deepEqual(ids("pos", "", { order: "B" }), ["id7", "id6"]);
    assert.deepEqual(ids("pos", "", { order: "C" }), []);
    assert.deepEqual(ids("pos", "7", { order: "A" }), ["id2"]);
  });
  test("is narrowed by channel and by status, and by both", () => {
    assert.deepEqual(ids("pos", "", { channel: "tmall" }), ["id5", "id4", "id3"]);
    assert.deepEqual(ids("pos", "", { channel: "wechat" }), ["id7", "id6", "id2", "id1"]);
    assert.deepEqual(ids("pos", "", { status: "pending" }), ["id4", "id3", "id1"]);
    assert.deepEqual(ids("pos", "", { status: "assigned" }), ["id2"]);
    assert.deepEqual(ids("pos", "", { status: "failed" }), ["id6", "id5"]);
    assert.deepEqual(ids("pos", "", { status: "superseded" }), ["id7"]);
    assert.deepEqual(ids("pos", "", { status: "failed", channel: "tmall", order: "A" }), ["id5"]);
  });
  test("goes on behind its cursor, and says whether there is more", () => {
    const first = store.list(tenant("pos"), { limit: 3 });
    assert.deepEqual([first.rows.map(({ id }) => id), first.more], [["id7", "id6", "id5"], true]);
    const second = store.list(tenant("pos"), { limit: 3, cursor: "id5" });
    assert.deepEqual([second.rows.map(({ id }) => id), second.more], [["id4", "id3", "id2"], true]);
    const last = store.list(tenant("pos"), { limit: 3, cursor: "id2" });
    assert.deepEqual([last.rows.map(({ id }) => id), last.more], [["id1"], false]);
    assert.equal(store.list(tenant("pos"), { limit: 7 }).more, false);
    assert.equal(store.list(tenant("pos"), { limit: 6 }).more, true);
  });
});

describe("what an open assignment needs", () => {
  test("comes back as text or as bytes, whichever it was", () => {
    const sealed = Uint8Array.of(0, 255, 1);
    store.putOutbox({ id: "id1", intent: "{}", nextAttemptAt: start });
    store.putOutbox({ id: "id2", intent: sealed, nextAttemptAt: start + 1 });
    assert.deepEqual(store.outbox("id1"), { id: "id1", intent: "{}", nextAttemptAt: start });
    assert.deepEqual(store.outbox("id2"), { id: "id2", intent: sealed, nextAttemptAt: start + 1 });
    assert.equal(store.outbox("id3"), undefined);
  });
  test("is listed by the time of the next attempt, moves with it, and goes when it is dropped", () => {
    for (const [id, at] of [
      ["id1", 3],
      ["id2", 1],
      ["id3", 2],
    ] as const) {
      store.putOutbox({ id, intent: "{}", nextAttemptAt: start + at });
    }
    const listed = () => store.outboxByTime().map(({ id, nextAttemptAt }) => `${id} ${nextAttemptAt - start}`);
    assert.deepEqual(listed(), ["id2 1", "id3 2", "id1 3"]);
    store.postpone("id2", start + 9);
    assert.deepEqual(listed(), ["id3 2", "id1 3", "id2 9"]);
    store.dropOutbox("id3");
    store.putOutbox({ id: "id1", intent: "[]", nextAttemptAt: start });
    assert.deepEqual(listed(), ["id1 0", "id2 9"]);
    assert.equal(store.outbox("id1")?.intent, "[]");
  });
});

describe("a proof, and a session that was revoked", () => {
  test("is spent once, for as long as it is kept", () => {
    assert.equal(store.spendProof("p1", 100), true);
    assert.equal(store.spendProof("p1", 200), false);
    assert.equal(store.spendProof("p2", 200), true);
    store.sweep(100);
    assert.equal(store.spendProof("p1", 100), false, "not before its time is over");
    store.sweep(101);
    assert.equal(store.spendProof("p2", 200), false);
    assert.equal(store.spendProof("p1", 300), true);
  });
  test("is revoked until the session would have ended, once however often that is said", () => {
    store.revoke("s1", 100);
    store.revoke("s1", 200);
    store.revoke("s2", 100);
    assert.deepEqual(store.revocations().sort(), ["s1", "s2"]);
    store.sweep(100);
    assert.deepEqual(store.revocations().sort(), ["s1", "s2"]);
    store.sweep(101);
    assert.deepEqual(store.revocations(), ["s1"]);
  });
  test("asks for another sweep as long as there is one of them", () => {
    assert.equal(store.holdsExpiring(), false);
    store.spendProof("p1", 100);
    assert.equal(store.holdsExpiring(), true);
    store.sweep(101);
    assert.equal(store.holdsExpiring(), false);
    store.revoke("s1", 100);
    assert.equal(store.holdsExpiring(), true);
  });
});

describe("retention", () => {
  const [old, recent] = [newAssignmentId(start), newAssignmentId(start + 1000)];
  beforeEach(() => {
    store.insert(row(old));
    store.insert(row(recent, { createdAt: start + 1000 }));
  });
  test("takes what is older, with the keys that joined it, and nothing that is open", () => {
    store.joinKey(tenant("pos"), "k-old", "fp", old);
    store.joinKey(tenant("pos"), "k-recent", "fp", recent);
    store.putOutbox({ id: old, intent: "{}", nextAttemptAt: start });
    store.prune(start + 1000);
    assert.equal(store.byId(old)?.id, old);
    store.dropOutbox(old);
    store.prune(start);
    assert.equal(store.byId(old)?.id, old);
    store.prune(start + 1000);
    assert.equal(store.byId(old), undefined);
    assert.equal(store.byId(recent)?.id, recent);
    store.insert(row(old));
    assert.equal(
      store.byIdempotencyKey(tenant("pos", ""), "k-old"),
      undefined,
      "its key does not come back with its id",
    );
    assert.equal(store.byIdempotencyKey(tenant("pos", ""), "k-recent")?.id, recent);
  });
  test("begins at the oldest there is", () => {
    assert.equal(store.oldestCreatedAt(), start);
    store.prune(start + 1000);
    assert.equal(store.oldestCreatedAt(), start + 1000);
    store.prune(start + 2000);
    assert.equal(store.oldestCreatedAt(), undefined);
  });
});

test("a key that joins says last what it was used for", () => {
  store.insert(row("id1"));
  store.insert(row("id2"));
  store.joinKey(tenant("pos"), "k", "f1", "id1");
  store.joinKey(tenant("pos"), "k", "f2", "id2");
  assert.deepEqual(store.byIdempotencyKey(tenant("pos", ""), "k"), row("id2", { fingerprint: "f2" }));
});

test("a setting is kept under its name, the last one counting", () => {
  assert.equal(store.meta("x"), undefined);
  store.setMeta("x", "1");
  store.setMeta("y", "2");
  store.setMeta("x", "3");
  assert.deepEqual([store.meta("x"), store.meta("y")], ["3", "2"]);
});
