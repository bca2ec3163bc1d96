/** What revocations leave on the disk of a ledger that several partners share. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call, subMchid } from "../../support/calls.ts";
import { openLedger } from "./disk.ts";
import { partnerWith, startTrust, type Trust } from "./setup.ts";

const sessionBurst = 5;
let trust: Trust;
before(async () => {
  trust = await startTrust((variables) => ({
    ...variables,
    PARTNER_POS: partnerWith(variables.PARTNER_POS, { limits: { sessionPerSecond: 1, sessionBurst } }),
  }));
});
after(() => trust.close());

const revoke = (id: string) => call(trust.edge, "DELETE", `/v1/sessions/${encodeURIComponent(id)}`, trust.backend);
const madeUp = (n: number) => `demo~${subMchid}~${String(n).padStart(24, "A")}`;

test("a flood of ids that never were leaves no more than the budget, and a repeated one leaves nothing more", async () => {
  const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => revoke(madeUp(n))));
  const revoked = answers.filter(({ status }) => status === 204).length;
  const refused = answers.filter(({ status, body }) => status === 429 && body.code === "rate_limited").length;
  assert.equal(revoked + refused, 60);
  assert.ok(revoked >= sessionBurst && refused > 0, `${revoked} were revoked`);

  const first = answers.findIndex(({ status }) => status === 204);
  let again = 429;
  while (again === 429) again = (await revoke(madeUp(first))).status;
  assert.equal(again, 204);

  await trust.edge.kill();
  const ledger = openLedger(trust.state, `demo/${subMchid}/0`);
  const count = (query: string) => Number(ledger.prepare(`SELECT count(*) AS n FROM ${query}`).get()?.n);
  const rows = [count("revocations"), count(`audit WHERE entry LIKE '%"revoked"%'`)];
  ledger.close();
  assert.deepEqual(rows, [revoked, revoked]);
});
