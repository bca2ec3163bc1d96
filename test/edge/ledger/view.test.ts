import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { OrderSight } from "../../../edge/channels/channel.ts";
import { newRow } from "../../../edge/ledger/new-row.ts";
import { type State, states } from "../../../edge/ledger/state.ts";
import type { Row } from "../../../edge/ledger/store.ts";
import { conflict, currentFor, orderFor, recordOf } from "../../../edge/ledger/view.ts";
import { start, tenant as viewer } from "./support.ts";

const failure = { code: "upstream_unverified", detail: "unsigned" } as const;
const row = (state: State, more: Partial<Row> = {}): Row => ({
  ...newRow(
    "id1",
    start,
    { partner: "pos", subMchid: "", store: "7", guideKey: "id:G1", fingerprint: "fp", replaces: undefined },
    { channel: "wechat", order: "A", guide: { id: "G1", name: "张三" } },
    "key-1",
    false,
  ),
  state,
  ...more,
});

describe("an order as the platform shows it", () => {
  const guide = { id: "99", name: "李*" };
  const state = { order: "1", orderKind: "workcard", status: "3", checkedAt: "2026-11-22T00:00:00Z" } as const;
  type Card = OrderSight["cards"][number];
  const seen = (newest: Row | undefined, who: ReturnType<typeof viewer>, ...cards: Card[]) => {
    const answer = orderFor({ ...state, cards }, newest, who);
    if (!answer.ok) return answer.failure.code;
    const { guide: named, ...rest } = answer.value;
    assert.deepEqual(rest, state);
    return named;
  };

  describe("for a session of a store", () => {
    const store7 = viewer("pos", "7");
    test("is not there, word for word as one that is not, when every card is another store's", () => {
      const absent = orderFor(null, undefined, store7);
      assert.equal(absent.ok ? undefined : absent.failure.code, "not_found");
      for (const newest of [undefined, row("assigned"), row("assigned", { store: "8" })]) {
        for (const cards of [
          [{ storeId: "8", guide }],
          [{ storeId: "8" }],
          [{ storeId: "8" }, { storeId: "77", guide }],
        ]) {
          assert.deepEqual(orderFor({ ...state, cards }, newest, store7), absent);
        }
      }
    });
    test("names the worker of the store's own card, whichever store of the partner acted on it last", () => {
      for (const newest of [
        undefined,
        row("assigned"),
        row("assigned", { store: "8" }),
        row("assigned", { store: "" }),
      ]) {
        assert.deepEqual(seen(newest, store7, { storeId: "7", guide }), guide);
      }
    });
    test("names nobody of a card whose store the platform does not tell, unless the store itself acted on it last", () => {
      for (const newest of [undefined, row("assigned", { store: "8" }), row("assigned", { store: "" })]) {
        assert.equal(seen(newest, store7, { guide }), undefined);
      }
      assert.deepEqual(seen(row("assigned"), store7, { guide }), guide);
    });
    test("names nobody of another store's card beside the store's own", () => {
      const other = { storeId: "8", guide: { id: "98" } };
      assert.equal(seen(row("assigned"), store7, other, { storeId: "7" }), undefined);
      assert.deepEqual(seen(row("assigned"), store7, other, { storeId: "7", guide }), guide);
      assert.deepEqual(seen(undefined, store7, { guide: { id: "97" } }, { storeId: "7", guide }), guide);
    });
    test("names nobody of the store's own card where another partner acted on it last", () => {
      assert.equal(seen(row("assigned"), viewer("kiosk", "7"), { storeId: "7", guide }), undefined);
      assert.equal(seen(row("assigned"), viewer("kiosk", "7"), { guide }), undefined);
    });
  });

  test("names its worker to the partner that acted on it last, and to everybody where none did", () => {
    for (const card of [{ guide }, { storeId: "8", guide }]) {
      assert.deepEqual(seen(row("assigned"), viewer("pos"), card), guide);
      assert.deepEqual(seen(undefined, viewer("pos"), {}, card), guide);
    }
    assert.equal(seen(undefined, viewer("pos"), {}), undefined);
  });
  test("names nobody to another partner, nor to the same one for another sub-merchant, whatever became of it", () => {
    for (const who of [viewer("kiosk"), viewer("pos", "", "19"), viewer("pos", "7", "19")]) {
      for (const ended of states) assert.equal(seen(row(ended), who, { storeId: "7", guide }), undefined, ended);
    }
  });
  test("that is not there is not there for anybody", () => {
    const answer = orderFor(null, row("assigned"), viewer("pos"));
    assert.deepEqual(answer.ok ? undefined : [answer.failure.code, answer.failure.reason], [
      "not_found",
      "order_not_found",
    ]);
  });
});

describe("a record", () => {
  test("never shows key, fingerprint, identity digest, partner, sub-merchant or store", () => {
    const text = JSON.stringify(recordOf(row("assigned", { assignedAt: start, subMchid: "19" })));
    for (const hidden of ["key-1", "fp", "id:G1", "pos", '"19"', '"7"', "uncertain"])
      assert.ok(!text.includes(hidden), hidden);
  });
  test("shows its problem when it failed, and at no other time", () => {
    for (const state of ["rejected", "given-up"] as const)
      assert.deepEqual(recordOf(row(state, { failure })).failure, failure);
    for (const state of ["intent", "sending", "unknown", "superseded"] as const) {
      assert.equal(recordOf(row(state, { failure })).failure, undefined, state);
    }
  });
  test("says when to look again while it is pending, at least a second ahead, and at no other time", () => {
    const after = (nextAttemptAt?: number) =>
      recordOf(row("unknown"), { now: start, ...(nextAttemptAt !== undefined && { nextAttemptAt }) }).retryAfterSeconds;
    assert.deepEqual([after(start + 2_500), after(start + 10), after(start - 5_000), after()], [3, 1, 1, 1]);
    assert.equal(recordOf(row("assigned")).retryAfterSeconds, undefined);
  });
  test("names the kind of an order where its channel has several", () => {
    const tmall = row("assigned", { channel: "tmall", orderKind: "outer" });
    assert.equal(recordOf(tmall).orderKind, "outer");
    assert.equal(currentFor(tmall, viewer("kiosk")).orderKind, "outer");
    assert.equal("orderKind" in recordOf(row("assigned")), false);
  });
  test("has no member for what is not known", () => {
    assert.deepEqual(recordOf(row("intent")), {
      id: "id1",
      status: "pending",
      channel: "wechat",
      order: "A",
      createdAt: new Date(start).toISOString(),
      guide: { id: "G1", name: "张三" },
      attempts: 0,
      retryAfterSeconds: 1,
    });
  });
  test("has the members of the contract", () => {
    assert.deepEqual(
      recordOf(row("assigned", { assignedAt: start, upstreamRequestId: "up", observed: true, attempts: 2 }), {
        replayed: true,
      }),
      {
        id: "id1",
        status: "assigned",
        channel: "wechat",
        order: "A",
        createdAt: new Date(start).toISOString(),
        guide: { id: "G1", name: "张三" },
        assignedAt: new Date(start).toISOString(),
        attempts: 2,
        replayed: true,
        observed: true,
        upstreamRequestId: "up",
      },
    );
  });
});

describe("who holds an order", () => {
  test("is told with the id to the one who may replace it", () => {
    assert.equal(currentFor(row("assigned"), viewer("pos")).id, "id1");
    assert.equal(currentFor(row("assigned"), viewer("pos", "7")).id, "id1");
  });
  test("is told without the id to another store of the same partner", () => {
    const current = currentFor(row("assigned"), viewer("pos", "8"));
    assert.deepEqual([current.id, current.guide?.id], [undefined, "G1"]);
  });
  test("is told to another partner as an outline that names nobody", () => {
    assert.deepEqual(currentFor(row("assigned", { upstreamRequestId: "up" }), viewer("kiosk")), {
      status: "assigned",
      channel: "wechat",
      order: "A",
      createdAt: new Date(start).toISOString(),
    });
  });
  test("is told to another sub-merchant as to another partner", () => {
    const held = row("assigned", { subMchid: "19" });
    assert.equal(currentFor(held, viewer("pos", "7", "19")).id, "id1");
    for (const who of [viewer("pos", "", "20"), viewer("pos", "7", "20"), viewer("pos"), viewer("kiosk", "7", "19")]) {
      assert.deepEqual(currentFor(held, who), currentFor(held, viewer("kiosk")));
      const answer = conflict(held, who);
      assert.match(answer.ok ? "" : answer.failure.detail, /cannot change it$/);
    }
  });
  test("is nobody when the newest assignment has ended", () => {
    for (const newest of [undefined, row("rejected"), row("given-up"), row("superseded")]) {
      const answer = conflict(newest, viewer("pos"));
      assert.deepEqual(answer.ok ? undefined : [answer.failure.code, answer.failure.current], [
        "already_assigned",
        undefined,
      ]);
    }
  });
  test("is told as one to replace only to whom the id is told", () => {
    const detail = (who: ReturnType<typeof viewer>) => {
      const held = conflict(row("assigned"), who);
      return held.ok ? undefined : held.failure.detail;
    };
    assert.match(detail(viewer("pos", "7")) ?? "", /name it in `replaces`/);
    for (const who of [viewer("pos", "8"), viewer("kiosk")]) assert.match(detail(who) ?? "", /cannot change it$/);
  });
  test("is told in the refusal of another guide", () => {
    const held = conflict(row("unknown"), viewer("pos"));
    assert.deepEqual(held.ok ? undefined : [held.failure.code, held.failure.current?.status], [
      "already_assigned",
      "pending",
    ]);
  });
});
