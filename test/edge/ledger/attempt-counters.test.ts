/** Operators see attempts that are repeated, and those whose outcome is not known, without reading the audit record. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import type { AssignmentIntent, Verdict } from "../../../edge/channels/channel.ts";
import { AuditLog } from "../../../edge/ledger/audit.ts";
import { Book } from "../../../edge/ledger/book.ts";
import { Lanes } from "../../../edge/ledger/lanes.ts";
import { newRow } from "../../../edge/ledger/new-row.ts";
import { Runner } from "../../../edge/ledger/runner.ts";
import { Store } from "../../../edge/ledger/store.ts";
import { assigned, memorySql, noAnswer, settle, start, storageKey } from "./support.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

const unsent: Verdict = { kind: "unsent", failure: { code: "rate_limited", detail: "later" } };
const refused: Verdict = { kind: "rejected", failure: { code: "upstream_rejected", detail: "no" } };

/** @returns what was counted while one assignment met these verdicts in turn */
async function countedOver(...verdicts: Verdict[]): Promise<object[]> {
  const counted: object[] = [];
  const sql = memorySql();
  const store = new Store(sql);
  const clock = { now: start };
  const left = [...verdicts];
  const intent: AssignmentIntent = { channel: "wechat", order: "A", guide: { id: "canary-guide", name: "陈小萌" } };
  const runner = new Runner({
    store,
    book: new Book(store),
    audit: new AuditLog(sql, store, storageKey),
    lanes: new Lanes(),
    openChannel: async () => ({
      ok: true,
      value: { name: "wechat", assign: async () => left.shift() ?? assigned },
    }),
    telemetry: { log: () => undefined, count: (counter, labels) => void counted.push({ counter, ...labels }) },
    now: () => clock.now,
    random: () => 0.5,
    wake: () => undefined,
    identityKey: storageKey,
    merchant: "demo",
  });
  const wanted = { partner: "pos", subMchid: "", store: "", guideKey: "id:g", fingerprint: "g", replaces: undefined };
  runner.begin(newRow("id1", clock.now, wanted, intent, undefined, false), intent, JSON.stringify(intent), {});
  for (const _ of [...verdicts, assigned]) {
    for (let turn = 0; turn < 10; turn++) await settle();
    clock.now += 1_000;
    mock.timers.tick(1_000);
  }
  return counted;
}

const labels = (code: string) => ({ merchant: "demo", channel: "wechat", code });

test("an attempt that proved nothing counts as unknown and as a retry, by its cause", async () => {
  assert.deepEqual(await countedOver(noAnswer), [
    { counter: "assignment_unknown", ...labels("upstream_unverified") },
    { counter: "assignment_retry", ...labels("upstream_unverified") },
  ]);
});

test("one that was certainly not executed is a retry alone, unless an earlier one is in doubt", async () => {
  assert.deepEqual(await countedOver(unsent), [{ counter: "assignment_retry", ...labels("rate_limited") }]);
  const counters = (await countedOver(noAnswer, unsent)).map((line) => ("counter" in line ? line.counter : ""));
  assert.equal(counters.filter((counter) => counter === "assignment_retry").length, 2);
  assert.equal(counters.filter((counter) => counter === "assignment_unknown").length, 2);
});

test("a definite end is neither", async () => {
  assert.deepEqual(await countedOver(assigned), []);
  assert.deepEqual(await countedOver(refused), []);
});
