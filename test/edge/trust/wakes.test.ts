/** A ledger that nobody calls any more wakes itself as long as it holds something that ends, and not without need. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { calculateThumbprint, generateKeyPair, generateProof } from "dpop";
import { call, otherSubMchid, subMchid } from "../../support/calls.ts";
import { edgeOrigin } from "../../support/edge.ts";
import { openLedger } from "./disk.ts";
import { mint, startTrust, type Trust } from "./setup.ts";

/** Proofs and revocations are dropped this often, as docs/storage.md tells. */
const tenMinutesMs = 600_000;

let trust: Trust;
before(async () => {
  trust = await startTrust();
});
after(() => trust.close());

/** The alarm as workerd keeps it: nanoseconds under the first key of a table that it makes with the first alarm. @returns epoch milliseconds */
function alarmOf(ledger: string): number | undefined {
  const database = openLedger(trust.state, ledger);
  const isThere = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = '_cf_METADATA'").get() !== undefined;
  const select = isThere ? database.prepare("SELECT value FROM _cf_METADATA WHERE key = 1") : undefined;
  select?.setReadBigInts(true);
  const value = select?.get()?.value;
  database.close();
  return typeof value === "bigint" ? Number(value / 1_000_000n) : undefined;
}

test("it is woken to drop what reads and revocations left, once for all of them, and never by reads that leave nothing", async () => {
  const { partnerApiKey } = trust.environment;
  const keys = await generateKeyPair("ES256");
  const read = async (sub: string) => {
    const jkt = await calculateThumbprint(keys.publicKey);
    const { token, headers } = await mint(trust, partnerApiKey, { subMchid: sub, jkt, scope: "assignments:read" });
    const proof = await generateProof(keys, `${edgeOrigin}/v1/assignments`, "GET", undefined, token);
    const { status } = await call(trust.edge, "GET", "/v1/assignments", { ...headers, DPoP: proof });
    assert.equal(status, 200);
  };
  const from = Date.now();
  await read(subMchid);
  const until = Date.now();
  const revoked = await mint(trust, partnerApiKey, { subMchid: otherSubMchid });
  const headers = { Authorization: `Bearer ${partnerApiKey}` };
  await call(trust.edge, "DELETE", `/v1/sessions/${revoked.id}`, headers);
  const revokedBy = Date.now();
  for (let n = 0; n < 5; n++) await read(subMchid);
  const direct = await mint(trust, partnerApiKey, { merchant: "direct", scope: "assignments:read" });
  assert.equal((await call(trust.edge, "GET", "/v1/assignments", direct.headers)).status, 200);
  await trust.edge.kill();

  const ofReads = alarmOf(`demo/${subMchid}/0`) ?? 0;
  assert.ok(ofReads >= from + tenMinutesMs && ofReads <= until + tenMinutesMs, `${ofReads - from} ms`);
  const ofRevocation = alarmOf(`demo/${otherSubMchid}/0`) ?? 0;
  assert.ok(
    ofRevocation >= until + tenMinutesMs && ofRevocation <= revokedBy + tenMinutesMs,
    `${ofRevocation - until} ms`,
  );
  assert.equal(alarmOf("direct/-/0"), undefined);
});
