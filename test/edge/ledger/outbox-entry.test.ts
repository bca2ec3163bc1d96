/** What lies on disk while an assignment is pending, and nothing beyond it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssignmentIntent } from "../../../edge/channels/channel.ts";
import { intentText, isSealedAtRest, openIntent } from "../../../edge/ledger/identity.ts";
import { createSealer } from "../../../edge/seal.ts";
import { start, storageKey } from "./support.ts";

test("of WeChat Pay: everything that a send needs, and no name", () => {
  const wechat: AssignmentIntent = { channel: "wechat", order: "A", guide: { id: "G1" }, subMchid: "1900000109" };
  assert.equal(isSealedAtRest(wechat), false);
  assert.deepEqual(JSON.parse(intentText({ ...wechat, guide: { id: "G1", name: "张三" } })), wechat);
  assert.deepEqual(JSON.parse(intentText(wechat)), wechat);
});

test("of Tmall: the very intent, sealed for this one assignment", async () => {
  const tmall: AssignmentIntent = {
    channel: "tmall",
    order: "1",
    orderKind: "workcard",
    guide: { mobile: "13812345678", name: "张师傅" },
    extension: { carNumber: "浙A12345" },
  };
  assert.equal(isSealedAtRest(tmall), true);
  const sealer = await createSealer([storageKey]);
  const intent = await sealer.seal(intentText(tmall), "id1");
  for (const part of ["13812345678", "张师傅", "浙A12345"]) assert.ok(!Buffer.from(intent).includes(part));
  assert.deepEqual(await openIntent({ id: "id1", intent, nextAttemptAt: start }, sealer), tmall);
  assert.equal(await openIntent({ id: "id2", intent, nextAttemptAt: start }, sealer), undefined);
});
