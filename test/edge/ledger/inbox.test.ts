import assert from "node:assert/strict";
import { test } from "node:test";
import { Inbox } from "../../../edge/ledger/inbox.ts";

test("everyone who waits acts in the turn in which a place becomes free, in the order of arrival", async () => {
  const inbox = new Inbox();
  const acted: number[] = [];
  const waiting = [1, 2, 3].map((caller) => inbox.join().then(() => acted.push(caller)));
  inbox.release();
  const later = inbox.join().then(() => acted.push(4));
  await Promise.all(waiting);
  assert.deepEqual(acted, [1, 2, 3]);
  inbox.release();
  await later;
});

test("nobody waits for ever: without a free place the inbox empties itself, and again for those who come later", async () => {
  const inbox = new Inbox();
  await Promise.all([inbox.join(), inbox.join()]);
  await inbox.join();
});
