/** What lies on the Merchant object's disk about TOP is believed in its form alone. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, describe, test } from "node:test";
import { MerchantTopAuthorisation } from "../../../edge/merchant/top-authorisation.ts";
import { createTopSessionStore, type TopSessionStore } from "../../../edge/merchant/top-session-store.ts";
import { createSealer, type Sealer } from "../../../edge/seal.ts";
import { noon } from "./gateway.ts";

let database: DatabaseSync;
let sealer: Sealer;
let store: TopSessionStore;

beforeEach(async () => {
  database = new DatabaseSync(":memory:");
  sealer = await createSealer([crypto.getRandomValues(new Uint8Array(32))]);
  const sql = {
    exec(query: string, ...bindings: unknown[]) {
      const values = bindings.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value));
      const rows = database.prepare(query).all(...(values as (string | number | Uint8Array)[]));
      return { toArray: () => rows };
    },
  };
  store = createTopSessionStore({ sql, sync: async () => undefined }, async () => sealer, "demo", "configured-session");
});

const start = () =>
  new MerchantTopAuthorisation({
    alias: "demo",
    settings: {
      appKey: "12345678",
      appSecret: "helloworld",
      gateway: "https://gw.api.taobao.com/router/rest",
      session: "configured-session",
    },
    store,
    fetch: () => Promise.reject(new Error("no call was expected")),
    now: () => noon,
    telemetry: { log: () => undefined, count: () => undefined },
    wake: async () => undefined,
  });

const asConfigured = { session: "configured-session", clockOffsetMs: 0, bans: [] };

describe("state that is not of its form counts as absent", () => {
  const ban = { api: "a", untilMs: noon + 1000, reason: "flow_control" };
  const garbled: [name: string, state: string, text: string][] = [
    ["bans that are no JSON", "bans", "[{"],
    ["bans that are no list", "bans", JSON.stringify(ban)],
    ["a ban without an end", "bans", JSON.stringify([{ api: "a", reason: "flow_control" }])],
    ["a ban with an end in words", "bans", JSON.stringify([{ ...ban, untilMs: "soon" }])],
    ["a ban of another kind", "bans", JSON.stringify([{ ...ban, reason: "mood" }])],
    ["a clock in words", "clock", '"soon"'],
    ["a clock that is null", "clock", "null"],
    ["notes that are a list", "session-notes", "[]"],
    ["notes of a refusal in words", "session-notes", '{"session":"x","refusedAt":"today"}'],
  ];
  for (const [name, state, text] of garbled) {
    test(name, async () => {
      store.writeState(state, text);
      assert.deepEqual(await start().grant(), asConfigured);
      assert.equal((await start().status()).state, "unknown");
    });
  }

  test("and what is of it counts", async () => {
    store.writeState("bans", JSON.stringify([ban]));
    store.writeState("clock", "-250");
    assert.deepEqual(await start().grant(), { session: "configured-session", clockOffsetMs: -250, bans: [ban] });
  });

  test("so a refusal is noted over it, and told", async () => {
    store.writeState("session-notes", '{"session":7}');
    await start().refused("configured-session");
    assert.equal((await start().status()).state, "refused");
  });
});

describe("a stored session that is not of its form is passed over", () => {
  const good = { origin: "swapped", session: "swapped-session", obtainedAt: noon } as const;
  /** Appends a row under the newest one's name, as another version might have sealed it. */
  async function append(text: string) {
    const id = crypto.randomUUID();
    const sealed = await sealer.seal(text, `top-session:demo:${id}`);
    database
      .prepare("INSERT INTO top_session (id, configured, sealed) SELECT ?, configured, ? FROM top_session LIMIT 1")
      .run(id, sealed);
  }
  for (const text of [
    "{",
    "null",
    "[]",
    JSON.stringify({ ...good, session: 7 }),
    JSON.stringify({ ...good, origin: "found" }),
    JSON.stringify({ ...good, expiresAt: "2027-01-01" }),
  ]) {
    test(`${text}: the one before it is in force`, async () => {
      await store.save(good);
      await append(text);
      assert.deepEqual(await store.load(), good);
    });
  }

  test("a row that holds no bytes, too", async () => {
    await store.save(good);
    database.exec("INSERT INTO top_session (id, configured, sealed) SELECT 'x', configured, 'text' FROM top_session");
    assert.deepEqual(await store.load(), good);
  });

  test("and one that is of it is in force", async () => {
    await store.save(good);
    await append(JSON.stringify({ ...good, session: "newer" }));
    assert.equal((await store.load())?.session, "newer");
  });
});

describe("a rotation of STORAGE_KEY", () => {
  const swapped = { origin: "swapped", session: "swapped-session", obtainedAt: noon } as const;
  const newKey = () => crypto.getRandomValues(new Uint8Array(32));
  let older: Uint8Array;
  let newer: Uint8Array;
  beforeEach(async () => {
    [older, newer] = [newKey(), newKey()];
    sealer = await createSealer([older]);
    await store.save(swapped);
    sealer = await createSealer([newer, older]);
  });

  test("a session that was read while both keys were there is in force when the older one is gone", async () => {
    assert.deepEqual(await store.load(), swapped);
    sealer = await createSealer([newer]);
    assert.deepEqual(await store.load(), swapped);
  });

  test("the first step, where the older one still seals, changes nothing on disk", async () => {
    sealer = await createSealer([older, newer]);
    const sealed = () => database.prepare("SELECT sealed FROM top_session").all();
    const before = sealed();
    assert.deepEqual(await store.load(), swapped);
    assert.deepEqual(sealed(), before);
  });

  test("a session that is put in force while the old one is sealed anew stays the newest", async () => {
    const { seal, ...others } = await createSealer([newer, older]);
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    sealer = {
      ...others,
      seal: async (...args) => {
        reached.resolve();
        await released.promise;
        return seal(...args);
      },
    };
    const loading = store.load();
    await Promise.race([reached.promise, loading]);
    sealer = await createSealer([newer, older]);
    await store.save({ ...swapped, session: "newer" });
    released.resolve();
    await loading;
    assert.equal((await store.load())?.session, "newer");
  });
});
