/** Who and what an assignment is about, in the forms that are compared and kept. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";
import type { AssignmentIntent } from "../../../edge/channels/channel.ts";
import {
  canonicalJson,
  fingerprint,
  guideKey,
  guideView,
  identityKeyOf,
  intentOf,
  isSealedAtRest,
  openIntent,
} from "../../../edge/ledger/identity.ts";
import { formatLedgerName, ownerOf, parseLedgerName, shardOf } from "../../../edge/ledger/name.ts";
import { newRow, originOf, wantedOf } from "../../../edge/ledger/new-row.ts";
import { orderKeyOf } from "../../../edge/ledger/order-key.ts";
import { createSealer } from "../../../edge/seal.ts";
import { start, storageKey } from "./support.ts";

const key = identityKeyOf(storageKey);
const otherKey = identityKeyOf(new Uint8Array(32).fill(8));
const mobile = "13812345678";

test("the key of identities is HKDF-SHA-256 of the storage key under its own name, computed here by hand", () => {
  const extracted = createHmac("sha256", new Uint8Array(32)).update(storageKey).digest();
  const expanded = createHmac("sha256", extracted).update("staff-assign identity\u0001").digest();
  assert.deepEqual(Buffer.from(key), expanded);
});

describe("a guide", () => {
  test("is one by id, else by a digest of the mobile that tells nothing of it, and never by name", () => {
    assert.equal(guideKey({ id: "G1", name: "a" }, key), "id:G1");
    const digest = guideKey({ mobile, name: "a" }, key);
    assert.equal(digest, guideKey({ mobile, name: "b" }, key));
    assert.match(digest, /^mobile:[\w-]{43}$/);
    assert.notEqual(digest, guideKey({ mobile: "13812345679" }, key));
    assert.notEqual(digest, guideKey({ mobile }, otherKey));
    for (const spelled of [`+86${mobile}`, `86${mobile}`, `0086${mobile}`]) {
      assert.equal(guideKey({ mobile: spelled }, key), digest, spelled);
    }
    assert.notEqual(guideKey({ mobile: `+852${mobile}` }, key), digest);
    assert.equal(digest.slice(7), createHmac("sha256", key).update(`mobile ${mobile}`).digest("base64url"));
  });
  test("is shown by id or by a masked mobile, with the name only where one was given", () => {
    assert.deepEqual(guideView({ id: "G1" }), { id: "G1" });
    assert.deepEqual(guideView({ id: "G1", name: "陈小萌" }), { id: "G1", name: "陈小萌" });
    assert.deepEqual(guideView({ mobile }), { mobile: "138****5678" });
    assert.deepEqual(guideView({ mobile, name: "张" }), { mobile: "138****5678", name: "张" });
  });
});

test("orders of one number are different orders by channel and kind, and a work card where no kind is named", () => {
  assert.equal(orderKeyOf({ channel: "wechat", order: "1" }), "wechat:1");
  assert.equal(orderKeyOf({ channel: "tmall", order: "1" }), "tmall:workcard:1");
  assert.equal(orderKeyOf({ channel: "tmall", order: "1", orderKind: "outer" }), "tmall:outer:1");
  assert.equal(orderKeyOf({ channel: "tmall", order: "1", orderKind: "fulfil-task" }), "tmall:fulfil-task:1");
});

describe("an intent", () => {
  test("over WeChat Pay has the sub-merchant of the caller and nothing of a store", () => {
    const request = { channel: "wechat", order: "A", guide: { id: "G1" } } as const;
    assert.deepEqual(intentOf(request, { subMchid: "19", storeId: "7" }), { ...request, subMchid: "19" });
    assert.deepEqual(intentOf(request, {}), request);
  });
  test("over Tmall has what the request gives, a work card by default, and nothing of the caller's tenant", () => {
    const request = { channel: "tmall", order: "1", guide: { id: "7", name: "张" } } as const;
    assert.deepEqual(intentOf(request, { subMchid: "19", storeId: "7" }), { ...request, orderKind: "workcard" });
    assert.deepEqual(intentOf({ ...request, guide: { mobile } }, {}), {
      ...request,
      orderKind: "workcard",
      guide: { mobile },
    });
    const whole = {
      ...request,
      orderKind: "outer",
      guide: { mobile, name: "张" },
      operator: "store",
      storeId: "5",
      extension: { a: "b" },
      checkReason: "12",
    } as const;
    assert.deepEqual(intentOf(whole, {}), whole);
    // an id decides where both are given
    assert.deepEqual(intentOf({ ...request, guide: { id: "7", mobile } }, {}).guide, { id: "7" });
  });
  test("over Tmall is personal, over WeChat Pay it is not", () => {
    assert.equal(isSealedAtRest({ channel: "tmall", order: "1", guide: { id: "7" } }), true);
    assert.equal(isSealedAtRest({ channel: "wechat", order: "A", guide: { id: "G1" } }), false);
  });
  test("comes back from disk as it was, sealed or not, and not at all under a key that is gone", async () => {
    const intent: AssignmentIntent = { channel: "tmall", order: "1", guide: { mobile } };
    const text = JSON.stringify(intent);
    const sealer = await createSealer([storageKey]);
    const stored = { id: "id1", nextAttemptAt: start };
    const sealed = await sealer.seal(text, "id1");
    assert.deepEqual(await openIntent({ ...stored, intent: text }, sealer), intent);
    assert.deepEqual(await openIntent({ ...stored, intent: sealed }, sealer), intent);
    assert.equal(await openIntent({ ...stored, id: "id2", intent: sealed }, sealer), undefined);
    assert.equal(await openIntent({ ...stored, intent: sealed }, await createSealer([key])), undefined);
  });
});

describe("a fingerprint", () => {
  const intent: AssignmentIntent = { channel: "tmall", order: "1", guide: { mobile }, extension: { a: "1", b: "2" } };
  const print = (changed: Partial<AssignmentIntent> = {}, replaces?: string) =>
    fingerprint({ ...intent, ...changed }, replaces, key);

  test("is the same whatever the order of members", () => {
    assert.equal(print({ extension: { b: "2", a: "1" } }), print());
    const { channel, order, guide, extension = {} } = intent;
    assert.equal(fingerprint({ extension, guide, order, channel }, undefined, key), print());
  });
  test("differs with whatever the request asks for, and with the key", () => {
    const others = [
      print({ order: "2" }),
      print({ guide: { mobile: "13812345679" } }),
      print({ guide: { id: mobile } }),
      print({ extension: { a: "1" } }),
      print({ extension: { a: "2", b: "1" } }),
      print({ storeId: "5" }),
      print({}, "id1"),
      print({}, "id2"),
      fingerprint(intent, undefined, otherKey),
    ];
    assert.equal(new Set([print(), ...others]).size, others.length + 1);
  });
  test("tells nothing of the mobile", () => assert.match(print(), /^[\w-]{43}$/));
  test("does not change with the name, which never decides", () =>
    assert.equal(print({ guide: { mobile, name: "张" } }), print()));
});

test("canonical JSON sorts members by their names at every depth and leaves lists alone", () => {
  assert.equal(
    canonicalJson({ b: [3, 1, { z: 1, a: null }], a: { d: "x", c: undefined, C: 1 }, "": 0 }),
    '{"":0,"a":{"C":1,"d":"x"},"b":[3,1,{"a":null,"z":1}]}',
  );
  assert.equal(canonicalJson(null), "null");
});

describe("the name of a ledger", () => {
  test("tells merchant, sub-merchant and shard, and is read back as it was written", () => {
    for (const [name, text] of [
      [{ merchant: "demo", subMchid: "19", shard: 3 }, "demo/19/3"],
      [{ merchant: "demo", shard: 0 }, "demo/-/0"],
      [{ merchant: "demo", shard: 12 }, "demo/-/12"],
    ] as const) {
      assert.equal(formatLedgerName(name), text);
      assert.deepEqual(parseLedgerName(text), name);
    }
  });
  test("is a sub-merchant's for WeChat Pay and the merchant's own for Tmall, whose cards have no sub-merchant", () => {
    assert.deepEqual([ownerOf("wechat", "19"), ownerOf("tmall", "19")], ["19", undefined]);
    assert.deepEqual([ownerOf("wechat", undefined), ownerOf("tmall", undefined)], [undefined, undefined]);
  });
  test("that says no more than the merchant is its first shard without a sub-merchant", () => {
    assert.deepEqual(parseLedgerName("demo"), { merchant: "demo", shard: 0 });
    assert.deepEqual(parseLedgerName(""), { merchant: "", shard: 0 });
  });
});

describe("the shard of an order", () => {
  // of the digests of "abc" and of nothing, as they are published with the standard
  test("never moves: it comes from the first 32 bits of SHA-256", () => {
    assert.equal(shardOf("abc", 16), 0xba7816bf % 16);
    assert.equal(shardOf("abc", 7), 0xba7816bf % 7);
    assert.equal(shardOf("", 1000), 0xe3b0c442 % 1000);
  });
  test("is the only one where there is one", () => {
    for (const shards of [0, 1]) assert.equal(shardOf("abc", shards), 0);
    assert.equal(shardOf("abc", 2), 0xba7816bf % 2);
  });
  test("spreads orders over all shards", () => {
    const seen = new Set(Array.from({ length: 200 }, (_, order) => shardOf(`wechat:${order}`, 8)));
    assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

describe("a new assignment", () => {
  const intent: AssignmentIntent = { channel: "tmall", orderKind: "outer", order: "A", guide: { mobile, name: "张" } };
  const wanted = wantedOf({ partnerId: "pos", subMchid: "19", storeId: "7" }, intent, "id0", "key-1", [key]);

  test("belongs to partner, sub-merchant and store, and to none where the caller has none", () => {
    assert.deepEqual(wanted, {
      partner: "pos",
      subMchid: "19",
      store: "7",
      guideKey: guideKey(intent.guide, key),
      fingerprint: fingerprint(intent, "id0", key),
      replaces: "id0",
    });
    const { subMchid, store } = wantedOf({ partnerId: "pos" }, intent, undefined, "key-1", [key]);
    assert.deepEqual([subMchid, store], ["", ""]);
  });
  test("without an idempotency key has no fingerprint, since only a key is compared by one", () => {
    assert.equal(wantedOf({ partnerId: "pos" }, intent, undefined, undefined, [key]).fingerprint, "");
  });
  test("begins unsent, undone and without a doubt of its own", () => {
    assert.deepEqual(newRow("id1", start, wanted, intent, "key-1", false), {
      id: "id1",
      partner: "pos",
      subMchid: "19",
      store: "7",
      channel: "tmall",
      orderKind: "outer",
      order: "A",
      guideKey: wanted.guideKey,
      guide: { mobile: "138****5678", name: "张" },
      fingerprint: wanted.fingerprint,
      idempotencyKey: "key-1",
      replaces: "id0",
      state: "intent",
      uncertain: false,
      attempts: 0,
      createdAt: start,
      assignedAt: undefined,
      failure: undefined,
      upstreamRequestId: undefined,
      observed: false,
    });
  });
  test("begins in doubt where it is told to", () => {
    assert.equal(newRow("id1", start, wanted, intent, undefined, true).uncertain, true);
  });
  test("names in the audit who asked: session, page and request, as far as there are", () => {
    const caller = { partnerId: "pos", merchant: "demo", scopes: [] };
    assert.deepEqual(originOf({ caller, requestId: "r1" }), { requestId: "r1" });
    assert.deepEqual(
      originOf({
        caller: { ...caller, origin: "https://pos.example", session: { id: "s1", expiresAt: 1 } },
        requestId: "r1",
      }),
      { session: "s1", origin: "https://pos.example", requestId: "r1" },
    );
  });
});
