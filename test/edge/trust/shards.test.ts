/** The number of shards is for ever: under another one nothing is done, since an order's ledger would be a stranger to it. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { assign, backendHeaders, call, newOrder, wechat } from "../../support/calls.ts";
import { accepting } from "../../support/platform.ts";
import { objectFiles, openLedger } from "./disk.ts";
import { mint, partnerWith, startTrust, type Trust, type Variables } from "./setup.ts";

const withShards =
  (shards: number) =>
  (variables: Variables): Variables => ({
    ...variables,
    MERCHANT_DIRECT: partnerWith(variables.MERCHANT_DIRECT, { shards }),
  });

let trust: Trust;
before(async () => {
  trust = await startTrust();
  trust.upstream.answerWith(accepting(trust.directKey));
});
after(() => trust.close());

const direct = () => backendHeaders(trust.environment.partnerApiKey, { merchant: "direct" });
const readyz = async () => (await trust.edge.fetch("/readyz")).json();

async function assertRefused(order: string) {
  trust.upstream.forget();
  // Enough orders to meet every shard, the ones that never were among them.
  const bodies = [order, ...Array.from({ length: 15 }, newOrder)].map((each) => wechat(each, "G2"));
  for (const answer of await Promise.all(bodies.map((body) => assign(trust.edge, direct(), body)))) {
    assert.deepEqual([answer.status, answer.body.code], [503, "misconfigured"]);
  }
  const history = await call(trust.edge, "GET", "/v1/assignments", direct());
  assert.deepEqual([history.status, history.body.code], [503, "misconfigured"]);
  assert.equal(trust.upstream.calls.length, 0);
}

for (const [began, changed] of [
  [1, 4],
  [4, 2],
] as const) {
  describe(`a merchant that began with ${began} and is configured with ${changed}`, () => {
    let order: string;
    before(async () => {
      await trust.close();
      trust = await startTrust(withShards(began));
      trust.upstream.answerWith(accepting(trust.directKey));
      order = newOrder();
      assert.equal((await assign(trust.edge, direct(), wechat(order, "G1"))).status, 200);
      await trust.restart(withShards(changed));
    });

    test("does nothing in any ledger, and the log names the variable and the number", async () => {
      await assertRefused(order);
      const named = new RegExp(`MERCHANT_DIRECT shards must stay ${began}\\b`);
      assert.ok(trust.edge.lines.some((line) => named.test(line)));
    });

    test("revokes nothing where the session does not live", async () => {
      const { partnerApiKey } = trust.environment;
      const session = await mint(trust, partnerApiKey, { merchant: "direct" });
      const headers = { Authorization: `Bearer ${partnerApiKey}` };
      const answer = await call(trust.edge, "DELETE", `/v1/sessions/${encodeURIComponent(session.id)}`, headers);
      assert.deepEqual([answer.status, answer.body.code], [503, "misconfigured"]);
    });

    test("asks for attention and is named to the operator, while the others are served", async () => {
      assert.deepEqual(await readyz(), { status: "ready", attention: true });
      const headers = { Authorization: `Bearer ${trust.environment.operatorKey}` };
      const { data } = (await (await trust.edge.fetch("/v1/operator/merchants", { headers })).json()) as {
        data: { alias: string; usable: boolean; faults: string[] }[];
      };
      const faults = Object.fromEntries(data.map((state) => [state.alias, state.faults.join()]));
      assert.match(faults.direct ?? "", new RegExp(`shards must stay ${began}\\b`));
      assert.equal(faults.demo, "");
      trust.upstream.answerWith(accepting(trust.key));
      assert.equal((await assign(trust.edge, trust.backend, wechat(newOrder(), "G1"))).status, 200);
    });

    test("works on as it was once the number is put back", async () => {
      await trust.restart((same) => same);
      trust.upstream.answerWith(accepting(trust.directKey));
      const again = await assign(trust.edge, direct(), wechat(order, "G1"));
      assert.deepEqual([again.status, again.body.replayed], [200, true]);
      assert.equal((await assign(trust.edge, direct(), wechat(order, "G2"))).status, 409);
    });
  });
}

test("a ledger of the version before has no number: it takes the configured one, and keeps to it", async () => {
  await trust.close();
  trust = await startTrust();
  trust.upstream.answerWith(accepting(trust.directKey));
  const order = newOrder();
  assert.equal((await assign(trust.edge, direct(), wechat(order, "G1"))).status, 200);
  await trust.edge.kill();
  for (const path of objectFiles(trust.state).filter((file) => file.endsWith(".sqlite"))) {
    const database = new DatabaseSync(path);
    database.exec("DROP TABLE IF EXISTS shard_count");
    if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get()) {
      database.exec("DELETE FROM meta WHERE name = 'shards'");
    }
    database.close();
  }
  await trust.restart((same) => same);
  assert.equal((await assign(trust.edge, direct(), wechat(order, "G1"))).body.replayed, true);
  await trust.restart(withShards(3));
  await assertRefused(order);
  await trust.edge.kill();
  const ledger = openLedger(trust.state, "direct/-/0");
  const recorded = ledger.prepare("SELECT value FROM meta WHERE name = 'shards'").get()?.value;
  ledger.close();
  assert.equal(recorded, "1");
});
