import assert from "node:assert/strict";
import { test } from "node:test";
import { type BookOrder, compare, type LedgerEntry } from "../../tools/soak/compare.ts";
import type { Intent } from "../../tools/soak/till.ts";

const intent = (order: string): Intent => ({ channel: "wechat", order, guide: "G1", answered: "accepted" });
const entry = (order: string, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  order,
  channel: "wechat",
  status: "assigned",
  attempts: 1,
  guide: { id: "G1" },
  ...more,
});
const booked = (order: string, more: Partial<BookOrder> = {}): BookOrder => ({
  channel: "wechat",
  order,
  sends: 1,
  executions: 1,
  guide: "G1",
  ...more,
});

const brokenBy = (history: LedgerEntry[], orders: BookOrder[], intents = [intent("A")]) =>
  compare({ intents, history, orders }).broken;

test("two books that agree break nothing, a repeat with the same parameters at WeChat Pay included", () => {
  assert.deepEqual(brokenBy([entry("A")], [booked("A", { sends: 2, executions: 2 })]), []);
});

test("an accepted order that the ledger does not hold is lost", () => {
  assert.deepEqual(brokenBy([], []), ["A was accepted and is lost"]);
});

test("an assignment that the platform never carried out is claimed without proof", () => {
  assert.deepEqual(brokenBy([entry("A")], [booked("A", { executions: 0 })]), ["A is claimed without proof"]);
});

test("an order that was carried out and failed in the ledger, or went to another guide, is found", () => {
  assert.match(brokenBy([entry("A", { status: "failed" })], [booked("A")]).join(), /carried out and is failed/);
  assert.match(brokenBy([entry("A")], [booked("A", { guide: "G2" })]).join(), /another guide/);
  assert.match(brokenBy([], [booked("A")], []).join(), /does not know it/);
});

test("a second dispatch at Tmall, a second row in the ledger and an order that never ends are found", () => {
  assert.match(brokenBy([entry("A")], [booked("A", { channel: "tmall", executions: 2 })]).join(), /dispatched 2 times/);
  assert.match(brokenBy([entry("A"), entry("A")], [booked("A")]).join(), /twice/);
  assert.match(brokenBy([entry("A", { status: "pending" })], []).join(), /still pending/);
});
