/** What a monitor without credentials may know: alive, able to serve somebody, worth a look. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DevEnvironment } from "../../support/dev-environment.ts";
import { startEdge } from "../../support/edge.ts";

const day = 86_400_000;

async function health(change?: (environment: DevEnvironment) => Record<string, string | undefined>) {
  const edge = await startEdge(change);
  try {
    const read = async (path: string) => {
      const response = await edge.fetch(path);
      return [response.status, await response.json()];
    };
    const answers = { alive: await read("/healthz"), ready: await read("/readyz") };
    return { ...answers, log: edge.harness.getLogs().map(({ message }) => message) };
  } finally {
    await edge.close();
  }
}

test("a broken merchant is named in one log line, never with its value, and the others are served", async () => {
  const { alive, ready, log } = await health(() => ({ MERCHANT_DIRECT: '{"wechat":{"mode":"sideways-secret"}}' }));
  assert.deepEqual(alive, [200, { status: "ok" }]);
  assert.deepEqual(ready, [200, { status: "ready", attention: true }]);
  const lines = log.filter((line) => line.includes("MERCHANT_DIRECT"));
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /wechat\.mode/);
  assert.doesNotMatch(log.join("\n"), /sideways-secret/);
});

test("without a usable session key nobody is served, while the Worker is alive", async () => {
  const { alive, ready, log } = await health(() => ({ SESSION_KEY: "c2hvcnQ" }));
  assert.deepEqual(alive, [200, { status: "ok" }]);
  assert.deepEqual(ready, [503, { status: "unavailable" }]);
  assert.ok(log.some((line) => line.includes("SESSION_KEY")));
});

test("all is well: no attention is asked for", async () => {
  assert.deepEqual((await health()).ready, [200, { status: "ready", attention: false }]);
});

test("a TOP session that ends within a month and cannot renew itself asks for attention", async () => {
  const { ready } = await health((environment) => {
    const merchant = JSON.parse(environment.edge.MERCHANT_DEMO ?? "{}");
    delete merchant.tmall.refreshToken;
    merchant.tmall.sessionExpiresAt = new Date(Date.now() + 20 * day).toISOString();
    return { MERCHANT_DEMO: JSON.stringify(merchant) };
  });
  assert.deepEqual(ready, [200, { status: "ready", attention: true }]);
});
