/** What callers see of outcomes that are not on disk yet. */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { newAssignmentId } from "../../../edge/ledger/assignment-id.ts";
import { newRow } from "../../../edge/ledger/new-row.ts";
import type { Row } from "../../../edge/ledger/store.ts";
import { type Bench, bench, start, tenant } from "./support.ts";

const query = { limit: 20 };
let on: Bench;
let row: Row;
beforeEach(() => {
  on = bench();
  const wanted = {
    partner: "pos",
    subMchid: "",
    store: "7",
    guideKey: "id:G1",
    fingerprint: "fp",
    replaces: undefined,
  };
  const intent = { channel: "wechat", order: "A", guide: { id: "G1" } } as const;
  row = { ...newRow("id1", start, wanted, intent, "key-1", false), state: "sending" };
  on.book.insert(row);
  on.store.putOutbox({ id: "id1", intent: "{}", nextAttemptAt: start });
});

describe("an outcome that waits for the next commit", () => {
  test("is what every look-up tells, while the disk still says sending", () => {
    on.book.updateLater({ ...row, state: "assigned" }, () => {});
    assert.equal(on.store.byId("id1")?.state, "sending");
    assert.equal(on.book.byId("id1")?.state, "assigned");
    assert.equal(on.book.newestOfOrder("wechat:A")?.state, "assigned");
    assert.equal(on.book.byIdempotencyKey(tenant("pos", "7"), "key-1")?.state, "assigned");
  });

  test("is in the list, which is read from the disk", () => {
    on.book.updateLater({ ...row, state: "assigned" }, () => {});
    assert.deepEqual(
      on.book.list(tenant("pos", "7"), query).rows.map(({ state }) => state),
      ["assigned"],
    );
    assert.equal(on.store.byId("id1")?.state, "assigned");
  });

  test("that failed has given its key back at once", () => {
    on.book.updateLater({ ...row, state: "rejected", idempotencyKey: undefined }, () => {});
    assert.equal(on.book.byIdempotencyKey(tenant("pos", "7"), "key-1"), undefined);
  });

  test("is written with the next assignment, so that the same key can begin again", () => {
    on.book.updateLater({ ...row, state: "rejected", idempotencyKey: undefined }, () => {});
    on.book.insert({ ...row, id: "id2", state: "sending" });
    assert.deepEqual(
      [on.store.byId("id1")?.state, on.store.byIdempotencyKey(tenant("pos", "7"), "key-1")?.id],
      ["rejected", "id2"],
    );
    assert.equal(on.book.newestOfOrder("wechat:A")?.id, "id2");
  });

  test("is written once, with what belongs to it, and its parameters are gone", () => {
    let times = 0;
    on.book.updateLater({ ...row, state: "assigned" }, () => times++);
    on.book.flush();
    on.book.flush();
    assert.equal(times, 1);
    assert.equal(on.store.outbox("id1"), undefined);
  });

  test("does not come back over a later change", () => {
    on.book.updateLater({ ...row, state: "assigned" }, () => {});
    on.book.update({ ...row, state: "superseded" });
    on.book.flush();
    assert.equal(on.book.newestOfOrder("wechat:A")?.state, "superseded");
    assert.equal(on.store.byId("id1")?.state, "superseded");
  });
});

describe("a key that joined an assignment which another began", () => {
  const wanted = {
    partner: "pos",
    subMchid: "",
    store: "7",
    guideKey: "id:G1",
    fingerprint: "f-2",
    replaces: undefined,
  };

  test("leads to it, with the fingerprint of its own request", () => {
    on.book.joinKey(wanted, "key-2", "id1");
    const found = on.book.byIdempotencyKey(tenant("pos", "7"), "key-2");
    assert.deepEqual([found?.id, found?.fingerprint], ["id1", "f-2"]);
    assert.equal(on.book.byIdempotencyKey(tenant("pos", "8"), "key-2"), undefined);
    assert.equal(on.book.byIdempotencyKey(tenant("kiosk", "7"), "key-2"), undefined);
  });

  test("keeps the first meaning it had", () => {
    on.book.joinKey(wanted, "key-2", "id1");
    on.book.joinKey({ ...wanted, fingerprint: "f-3" }, "key-2", "id1");
    on.book.joinKey({ ...wanted, fingerprint: "f-3" }, "key-1", "id1");
    assert.equal(on.book.byIdempotencyKey(tenant("pos", "7"), "key-2")?.fingerprint, "f-2");
    assert.equal(on.book.byIdempotencyKey(tenant("pos", "7"), "key-1")?.fingerprint, row.fingerprint);
  });

  test("is free again once that has failed, also before the failure is on disk", () => {
    on.book.joinKey(wanted, "key-2", "id1");
    on.book.updateLater({ ...row, state: "rejected", idempotencyKey: undefined }, () => {});
    assert.equal(on.book.byIdempotencyKey(tenant("pos", "7"), "key-2"), undefined);
    on.book.flush();
    assert.equal(on.book.byIdempotencyKey(tenant("pos", "7"), "key-2"), undefined);
  });

  test("goes when retention takes the assignment", () => {
    const old = { ...row, id: newAssignmentId(start), order: "B", idempotencyKey: undefined };
    on.book.insert(old);
    on.book.joinKey(wanted, "key-2", old.id);
    on.store.prune(start);
    assert.equal(on.book.byIdempotencyKey(tenant("pos", "7"), "key-2")?.id, old.id);
    on.store.prune(start + 1000);
    assert.equal(on.book.byIdempotencyKey(tenant("pos", "7"), "key-2"), undefined);
  });
});

test("a key of nobody, of another store or of another partner finds nothing", () => {
  assert.equal(on.book.byIdempotencyKey(tenant("pos", "7"), "key-2"), undefined);
  assert.equal(on.book.byIdempotencyKey(tenant("pos", "8"), "key-1"), undefined);
  assert.equal(on.book.byIdempotencyKey(tenant("kiosk", "7"), "key-1"), undefined);
});
