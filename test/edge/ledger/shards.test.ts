/** The number of shards: whoever begins first decides, and is not asked again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { shardsOf } from "../../../edge/ledger/shards.ts";
import { Store } from "../../../edge/ledger/store.ts";
import { agreeOnShards, recordedShards } from "../../../edge/merchant/shard-count.ts";
import { memorySql } from "./support.ts";

test("the merchant keeps the first number, whatever later ledgers are configured with, and over restarts", () => {
  const merchant = memorySql();
  assert.equal(recordedShards(merchant), undefined);
  assert.equal(agreeOnShards(merchant, 4), 4);
  for (const other of [1, 8]) assert.equal(agreeOnShards(merchant, other), 4);
  assert.equal(recordedShards(merchant), 4);
});

test("a ledger asks at its very first start alone, and takes what it is told", async () => {
  const disk = memorySql();
  let asked = 0;
  const agree = async () => {
    asked++;
    return 4;
  };
  for (let start = 0; start < 3; start++) assert.equal(await shardsOf(new Store(disk), agree), 4);
  assert.equal(asked, 1);
});

test("a ledger that gets no answer records nothing, and asks at its next start", async () => {
  const disk = memorySql();
  await assert.rejects(shardsOf(new Store(disk), () => Promise.reject(new Error("gone"))));
  assert.equal(new Store(disk).meta("shards"), undefined);
  assert.equal(await shardsOf(new Store(disk), async () => 2), 2);
});
