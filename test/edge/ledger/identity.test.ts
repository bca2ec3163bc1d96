import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { AssignmentIntent } from "../../../edge/channels/channel.ts";
import {
  fingerprint,
  guideKey,
  guideView,
  intentOf,
  intentText,
  isSealedAtRest,
  openIntent,
} from "../../../edge/ledger/identity.ts";
import { createSealer } from "../../../edge/seal.ts";
import { start, storageKey } from "./support.ts";

const key = storageKey;
const mobile = "13812345678";
const wechat: AssignmentIntent = {
  channel: "wechat",
  order: "A",
  guide: { id: "G1", name: "张三" },
  subMchid: "1900000109",
};
const tmall: AssignmentIntent = {
  channel: "tmall",
  order: "1",
  orderKind: "workcard",
  guide: { mobile, name: "张师傅" },
  extension: { carNumber: "浙A12345", note: "x" },
};

describe("what the outbox keeps", () => {
  test("of WeChat Pay has everything that a send needs, and no name", () => {
    assert.equal(isSealedAtRest(wechat), false);
    assert.deepEqual(JSON.parse(intentText(wechat)), { ...wechat, guide: { id: "G1" } });
    assert.deepEqual(JSON.parse(intentText({ ...wechat, guide: { id: "G1" } })), { ...wechat, guide: { id: "G1" } });
  });
  test("of Tmall is sealed, and opens as the very intent", async () => {
    assert.equal(isSealedAtRest(tmall), true);
    const sealer = await createSealer([storageKey]);
    const intent = await sealer.seal(intentText(tmall), "id1");
    for (const part of [mobile, "张师傅", "浙A12345"]) assert.ok(!Buffer.from(intent).includes(part));
    assert.deepEqual(await openIntent({ id: "id1", intent, nextAttemptAt: start }, sealer), tmall);
    assert.equal(await openIntent({ id: "id2", intent, nextAttemptAt: start }, sealer), undefined);
  });
});

describe("a guide", () => {
  test("is who the id or the mobile names, never the name", () => {
    assert.equal(guideKey({ id: "9", name: "张" }, key), guideKey({ id: "9", name: "李" }, key));
    assert.equal(guideKey({ mobile, name: "张" }, key), guideKey({ mobile }, key));
    assert.notEqual(guideKey({ mobile }, key), guideKey({ id: mobile }, key));
    assert.notEqual(guideKey({ mobile }, key), guideKey({ mobile: "13812345679" }, key));
  });
  test("named by mobile is kept as a digest that nobody makes without the key", () => {
    const digest = guideKey({ mobile }, key);
    assert.ok(!digest.includes(mobile));
    assert.notEqual(digest, guideKey({ mobile }, new Uint8Array(32).fill(8)));
  });
  test("is shown with the mobile masked and the name as the till gave it", () => {
    assert.deepEqual(guideView({ mobile, name: "张师傅" }), { mobile: "138****5678", name: "张师傅" });
    assert.deepEqual(guideView({ id: "9" }), { id: "9" });
  });
});

describe("a request", () => {
  const shuffled = (extension: Record<string, string>) =>
    fc
      .shuffledSubarray(Object.entries(extension), { minLength: Object.keys(extension).length })
      .map((entries) => Object.fromEntries(entries));
  test("is the same whatever the order of its members and the guide's name", () => {
    const { extension = {}, ...others } = tmall;
    fc.assert(
      fc.property(shuffled(extension), fc.string(), (members, name) => {
        const again: AssignmentIntent = { extension: members, ...others, guide: { name, mobile } };
        assert.equal(fingerprint(again, "one", key), fingerprint(tmall, "one", key));
      }),
    );
  });
  test("is another one when anything else differs", () => {
    const others: [AssignmentIntent, string | undefined][] = [
      [tmall, undefined],
      [tmall, "two"],
      [{ ...tmall, order: "2" }, "one"],
      [{ ...tmall, orderKind: "outer" }, "one"],
      [{ ...tmall, guide: { mobile: "13812345679" } }, "one"],
      [{ ...tmall, extension: { carNumber: "浙A12345" } }, "one"],
      [{ ...tmall, operator: "store" }, "one"],
      [{ ...tmall, storeId: "7" }, "one"],
      [{ ...tmall, checkReason: "12" }, "one"],
      [{ ...tmall, subMchid: "1900000109" }, "one"],
    ];
    const digests = new Set(others.map(([intent, replaces]) => fingerprint(intent, replaces, key)));
    assert.equal(digests.size, others.length);
    assert.ok(!digests.has(fingerprint(tmall, "one", key)));
  });
});

test("the sub-merchant of an intent is the caller's, and a Tmall order is a work card unless the request says otherwise", () => {
  assert.deepEqual(intentOf({ channel: "wechat", order: "A", guide: { id: "G1" } }, { subMchid: "1900000109" }), {
    channel: "wechat",
    order: "A",
    guide: { id: "G1" },
    subMchid: "1900000109",
  });
  const { orderKind, guide } = intentOf({ channel: "tmall", order: "1", guide: { mobile } }, {});
  assert.deepEqual({ orderKind, guide }, { orderKind: "workcard", guide: { mobile } });
});
