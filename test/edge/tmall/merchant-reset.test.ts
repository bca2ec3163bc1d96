/** The platform ends objects when it likes: a ledger that lives on finds the merchant's next one. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createTestHarness, type TestHarness } from "wrangler";
import { assign, backendHeaders } from "../../support/calls.ts";
import { createDevEnvironment } from "../../support/dev-environment.ts";
import { edgeOrigin, upstreamOrigin } from "../../support/edge.ts";
import { business, topError } from "./gateway.ts";

interface Bindings {
  MERCHANT: {
    getByName(alias: string): { end(): Promise<void>; swapTopSession(swap: { session: string }): Promise<unknown> };
  };
}

const outbound = globalThis.fetch;
let harness: TestHarness;
let headers: Record<string, string>;
/** sessions that the gateway was called with, and the one that it accepts from now on; undefined: any */
let sessions: (string | null)[];
let accepted: string | undefined;

before(async () => {
  const environment = await createDevEnvironment({ edgeOrigin, sandboxOrigin: upstreamOrigin });
  headers = backendHeaders(environment.partnerApiKey);
  harness = createTestHarness({
    workers: [
      {
        config: {
          name: "edge",
          main: fileURLToPath(new URL("./edge.js", import.meta.url)),
          compatibility_date: "2026-11-01",
          durable_objects: {
            bindings: ["Ledger", "Merchant"].map((name) => ({ name: name.toUpperCase(), class_name: name })),
          },
          migrations: [{ tag: "v1", new_sqlite_classes: ["Ledger", "Merchant"] }],
          vars: environment.edge,
        },
      },
    ],
  });
  await harness.listen();
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (!request.url.endsWith("/router/rest")) return outbound(input, init);
    const session = new URLSearchParams(await request.text()).get("session");
    sessions.push(session);
    return accepted === undefined || session === accepted ? business({ success: true }) : topError(27);
  };
});
after(async () => {
  globalThis.fetch = outbound;
  await harness.close();
});
beforeEach(() => {
  sessions = [];
  accepted = undefined;
});

const edge = {
  fetch: (path: string, init?: RequestInit) =>
    harness.fetch(new URL(path, edgeOrigin).href, init as never) as unknown as Promise<Response>,
};
const worker = (order: string) => assign(edge, headers, { channel: "tmall", order, guide: { id: "7" } });
const merchant = async () => (await harness.getWorker<Bindings>().getEnv()).MERCHANT.getByName("demo");

test("a session that was put in force after the merchant's object ended is used by a ledger that knew the object before", async () => {
  assert.equal((await worker("8100000000000001")).body.status, "assigned");
  await assert.rejects(async () => (await merchant()).end());
  await (await merchant()).swapTopSession({ session: "by-hand" });
  accepted = "by-hand";
  const { status, body } = await worker("8100000000000002");
  assert.deepEqual([status, body.status, sessions.at(-1)], [200, "assigned", "by-hand"]);
});
