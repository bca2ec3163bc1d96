/** Each call about guides reaches its own operation of the channel, for the caller's sub-merchant and no other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { GuideDirectory } from "../../../edge/channels/channel.ts";
import { operateGuides } from "../../../edge/ledger/guide-operations.ts";
import type { GuideOperation } from "../../../edge/ledger/protocol.ts";

const page = { ok: true as const, value: { data: [], total: 0, limit: 10, offset: 0 } };

async function reached(operation: GuideOperation, tenant: { subMchid?: string }) {
  const calls: unknown[] = [];
  const directory: GuideDirectory = {
    list: async (query) => {
      calls.push(["list", query]);
      return page;
    },
    search: async (query) => {
      calls.push(["search", query]);
      return page;
    },
    register: async (guide) => {
      calls.push(["register", guide]);
      return { ok: true, value: { id: "G1" } };
    },
    update: async (id, update) => {
      calls.push(["update", id, update]);
      return { ok: true, value: null };
    },
  };
  const answer = await operateGuides(directory, operation, tenant);
  assert.ok(answer.ok);
  return [...calls, answer.value];
}

// Members that the contract's own types do not have, as a careless reader of bodies might let them through.
const smuggled = { subMchid: "666" };
const list = { storeId: "7", limit: 10, offset: 0, ...smuggled };
const search = { storeId: "7", mobile: "13812345678", ...smuggled };
const guide = {
  corpId: "c",
  storeId: "7",
  userId: "u",
  name: "张",
  mobile: "13812345678",
  qrCode: "q",
  avatar: "a",
  ...smuggled,
};
const update = { name: "张", ...smuggled };

test("a call about guides acts for the caller's sub-merchant, whatever else names one", async () => {
  const tenant = { subMchid: "19" };
  assert.deepEqual(await reached({ kind: "list", query: list }, tenant), [
    ["list", { ...list, ...tenant }],
    page.value,
  ]);
  assert.deepEqual(await reached({ kind: "search", query: search }, tenant), [
    ["search", { ...search, ...tenant }],
    page.value,
  ]);
  assert.deepEqual(await reached({ kind: "register", guide }, tenant), [
    ["register", { ...guide, ...tenant }],
    { id: "G1" },
  ]);
  assert.deepEqual(await reached({ kind: "update", id: "G1", update }, tenant), [
    ["update", "G1", { ...update, ...tenant }],
    null,
  ]);
});

test("a call about guides of a direct merchant names no sub-merchant", async () => {
  const { subMchid: _, ...query } = list;
  assert.deepEqual(await reached({ kind: "list", query }, {}), [["list", query], page.value]);
});
