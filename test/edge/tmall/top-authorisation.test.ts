import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, test } from "node:test";
import { createSharedAuthorisation, type TopGrant } from "../../../edge/channels/tmall/authorisation.ts";
import type { TopBan } from "../../../edge/channels/tmall/errors.ts";
import { readTokenResult } from "../../../edge/channels/tmall/token-refresh.ts";
import { MerchantTopAuthorisation } from "../../../edge/merchant/top-authorisation.ts";
import { createTopSessionStore, type TopStorage } from "../../../edge/merchant/top-session-store.ts";
import { createSealer } from "../../../edge/seal.ts";
import { json, noon, topError } from "./gateway.ts";

const day = 86_400_000;
const storageKey = crypto.getRandomValues(new Uint8Array(32));

/** What an object keeps when it restarts. */
let database: DatabaseSync;
let now: number;
let wishes: number[];
let logged: string[];
let forms: URLSearchParams[];
let gateway: (form: URLSearchParams) => Response | Promise<Response>;

beforeEach(() => {
  database = new DatabaseSync(":memory:");
  now = noon;
  wishes = [];
  logged = [];
  forms = [];
  gateway = () => {
    throw new Error("no call was expected");
  };
});

function storage(): TopStorage {
  return {
    sql: {
      exec(query, ...bindings) {
        const values = bindings.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value));
        const rows = database.prepare(query).all(...(values as (string | number | Uint8Array)[]));
        return { toArray: () => rows };
      },
    },
    sync: async () => undefined,
  };
}

interface Config {
  session?: string;
  sessionExpiresAt?: string;
  refreshToken?: string;
  storageKeys?: Uint8Array[];
  storage?: TopStorage;
}

/** The object as it is after a start, on the same disk. */
function start({ storageKeys = [storageKey], storage: disk = storage(), ...settings }: Config = {}) {
  const own = { session: "configured-session", ...settings };
  return new MerchantTopAuthorisation({
    alias: "demo",
    settings: { appKey: "12345678", appSecret: "helloworld", gateway: "https://gw.api.taobao.com/router/rest", ...own },
    store: createTopSessionStore(disk, () => createSealer(storageKeys), "demo", own.session),
    fetch: async (_url, init) => {
      const form = new URLSearchParams(String(init?.body));
      forms.push(form);
      return gateway(form);
    },
    now: () => now,
    telemetry: {
      log: (level, event, fields) => void logged.push(JSON.stringify({ level, event, ...fields })),
      count: () => undefined,
    },
    wake: async (at) => void wishes.push(at),
  });
}

const fresh = (more: Record<string, unknown> = {}) =>
  json({
    top_auth_token_refresh_response: {
      token_result: JSON.stringify({
        access_token: "refreshed-session",
        refresh_token: "second-token",
        expires_in: 86_400,
        re_expires_in: 172_800,
        taobao_user_nick: "%E5%95%86",
        ...more,
      }),
      request_id: "r1",
    },
  });
const iso = (epochMs: number) => new Date(epochMs).toISOString();
const rows = () => database.prepare("SELECT * FROM top_session").all();

test("the configured session is in force until another one is put in", async () => {
  const top = start({ sessionExpiresAt: iso(noon + 365 * day) });
  assert.deepEqual(await top.grant(), { session: "configured-session", clockOffsetMs: 0, bans: [] });
  assert.deepEqual(await top.status(), {
    origin: "configured",
    state: "ok",
    expiresAt: iso(noon + 365 * day),
    daysLeft: 365,
    refreshable: false,
  });
  assert.deepEqual(wishes, [noon + 335 * day]);
});

test("a swapped session is in force at once and after a restart, and lies sealed on disk", async () => {
  const status = await start().swap({ session: "canary-swapped", sessionExpiresAt: iso(noon + 10 * day) });
  assert.deepEqual(status, {
    origin: "swapped",
    state: "expiring",
    expiresAt: iso(noon + 10 * day),
    daysLeft: 10,
    refreshable: false,
  });
  assert.equal((await start().grant()).session, "canary-swapped");
  const disk = rows().map((row) => Buffer.from(row.sealed as Uint8Array).toString("latin1"));
  assert.equal(disk.length, 1);
  assert.ok(!JSON.stringify([disk, logged]).includes("canary"));
});

test("a session whose end lies in the past is not put in force", async () => {
  const top = start();
  assert.equal(await top.swap({ session: "late", sessionExpiresAt: iso(noon) }), undefined);
  assert.equal((await top.grant()).session, "configured-session");
});

test("a new session in the configuration wins over what was swapped in before", async () => {
  await start().swap({ session: "swapped" });
  assert.equal((await start({ session: "new-in-config" }).grant()).session, "new-in-config");
});

test("a row that no longer opens is passed over for the configured session", async () => {
  await start().swap({ session: "swapped" });
  const other = crypto.getRandomValues(new Uint8Array(32));
  assert.equal((await start({ storageKeys: [other] }).grant()).session, "configured-session");
});

test("warnings come at 30, 7 and 1 days by the alarm, once each, also over restarts", async () => {
  const settings = { sessionExpiresAt: iso(noon + 31 * day) };
  for (let hour = 0; hour <= 32 * 24; hour += 6) {
    now = noon + hour * 3_600_000;
    await start(settings).runDue();
  }
  const warnings = logged.map((line) => JSON.parse(line)).map(({ level, event, days }) => ({ level, event, days }));
  assert.deepEqual(warnings, [
    { level: "warn", event: "top_session_expires", days: 30 },
    { level: "warn", event: "top_session_expires", days: 7 },
    { level: "warn", event: "top_session_expires", days: 1 },
    { level: "error", event: "top_session_expired", days: 0 },
  ]);
});

test("an end that an operator puts right is warned of anew, and so is each later one", async () => {
  const warned = () => logged.map((line) => JSON.parse(line).days).filter((days) => days !== undefined);
  await start({ sessionExpiresAt: iso(noon - day) }).runDue();
  assert.deepEqual(warned(), [0]);
  const mended = { sessionExpiresAt: iso(noon + 31 * day) };
  for (now = noon; now <= noon + 32 * day; now += day) await start(mended).runDue();
  assert.deepEqual(warned(), [0, 30, 7, 1, 0]);
});

test("a refresh token that an operator puts in beside the same session is used, though the one before it was refused", async () => {
  gateway = () => topError(15, { sub_code: "isv.invalid-parameter:refresh_token" });
  await start(refreshing).runDue();
  assert.equal((await start(refreshing).status()).refreshable, false);
  gateway = () => fresh();
  const again = start({ ...refreshing, refreshToken: "right-token" });
  assert.equal((await again.status()).refreshable, true);
  await again.runDue();
  assert.equal((await again.grant()).session, "refreshed-session");
});

const refreshing = { sessionExpiresAt: iso(noon + day), refreshToken: "first-token" };

test("a refresh sends the refresh token without a session, and puts the new session in force", async () => {
  gateway = () => fresh();
  const top = start(refreshing);
  await top.runDue();
  const { sign, ...form } = Object.fromEntries(forms[0] ?? []);
  assert.ok(sign);
  assert.deepEqual(form, {
    app_key: "12345678",
    format: "json",
    method: "taobao.top.auth.token.refresh",
    refresh_token: "first-token",
    sign_method: "hmac-sha256",
    timestamp: "2026-11-22 12:00:00",
    v: "2.0",
  });
  assert.equal((await top.grant()).session, "refreshed-session");
  assert.equal((await top.status()).origin, "refreshed");
  // a third of its 24 hours ahead
  assert.equal(wishes.at(-1), noon + day - day / 3);
  now = noon + day;
  await start(refreshing).runDue();
  assert.equal(forms[1]?.get("refresh_token"), "second-token");
});

test("parallel refreshes are one call", async () => {
  gateway = () => fresh();
  const top = start(refreshing);
  await Promise.all([top.refresh(), top.refresh(), top.runDue(), top.refresh()]);
  assert.equal(forms.length, 1);
});

test("the new token is on disk before the old one is deleted", async () => {
  gateway = () => fresh();
  const disk = storage();
  const counts: number[] = [];
  const watched: TopStorage = { ...disk, sync: async () => void counts.push(rows().length) };
  await start({ ...refreshing, storage: watched }).swap({ session: "swapped", refreshToken: "token" });
  await start({ ...refreshing, storage: watched }).refresh();
  assert.deepEqual(counts, [1, 2]);
  assert.equal(rows().length, 1);
});

test("a crash between write and delete leaves the newer session in force", async () => {
  gateway = () => fresh();
  await start(refreshing).swap({ session: "swapped", refreshToken: "token" });
  const crash: TopStorage = { ...storage(), sync: () => Promise.reject(new Error("power cut")) };
  await assert.rejects(start({ ...refreshing, storage: crash }).refresh(), /power cut/);
  assert.equal(rows().length, 2);
  assert.equal((await start(refreshing).grant()).session, "refreshed-session");
});

test("an operator's swap during a refresh is the newer will", async () => {
  let answer: (response: Response) => void = () => undefined;
  gateway = () =>
    new Promise<Response>((resolve) => {
      answer = resolve;
    });
  const top = start(refreshing);
  const refresh = top.refresh();
  while (forms.length === 0) await new Promise(setImmediate);
  await top.swap({ session: "by-hand" });
  answer(fresh());
  await refresh;
  assert.equal((await top.grant()).session, "by-hand");
});

test("nor does a refresh that ends while the swap is being written take its place", async () => {
  gateway = () => fresh();
  const written = Promise.withResolvers<void>();
  let writes = 0;
  const slow: TopStorage = {
    ...storage(),
    sync: () => {
      writes += 1;
      return written.promise;
    },
  };
  const top = start({ ...refreshing, storage: slow });
  await top.grant();
  const swap = top.swap({ session: "by-hand" });
  while (writes === 0) await new Promise(setImmediate);
  const refresh = top.refresh();
  while (forms.length === 0) await new Promise(setImmediate);
  for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
  written.resolve();
  await Promise.all([swap, refresh]);
  assert.equal((await top.grant()).session, "by-hand");
  assert.equal((await start(refreshing).grant()).session, "by-hand");
});

test("a refresh that fails for a while is tried again later; one that is refused is not", async () => {
  gateway = () => topError(15, { sub_code: "isp.remote-service-timeout" });
  const top = start(refreshing);
  await top.runDue();
  assert.equal(wishes.at(-1), noon + 5 * 60_000);
  assert.deepEqual((await top.status()).refreshFailed, {
    at: iso(noon),
    detail: "Tmall is busy",
    upstreamCode: "15 isp.remote-service-timeout",
    final: false,
  });
  gateway = () => topError(27, { sub_code: "isv.refresh-token-invalid" });
  now = noon + 5 * 60_000;
  await top.runDue();
  const status = await top.status();
  assert.equal(status.refreshFailed?.final, true);
  assert.equal(status.refreshable, false);
  assert.equal(status.state, "expiring");
  now = noon + 6 * 3_600_000;
  await top.runDue();
  assert.equal(forms.length, 2);
});

test("a refresh answer that cannot be read changes nothing", async () => {
  for (const answer of [json("<html>"), json({ token_result: "{}" }), json({ token_result: '{"access_token":""}' })]) {
    gateway = () => answer;
    const top = start(refreshing);
    await top.refresh();
    assert.equal((await top.grant()).session, "configured-session");
  }
});

test("a session that the platform says it will not refresh again keeps no refresh token", () => {
  const result = { access_token: "s", refresh_token: "t", expires_in: 31_523_977, re_expires_in: 0 };
  assert.deepEqual(readTokenResult(JSON.stringify(result), noon), {
    session: "s",
    expiresAt: noon + 31_523_977_000,
    refreshToken: undefined,
  });
  assert.equal(readTokenResult({ access_token: "s", expire_time: 1799377170000 }, noon)?.expiresAt, 1799377170000);
});

test("a refused session is noted, shown for an hour, and refreshed where it can be", async () => {
  const fixed = start();
  assert.equal((await fixed.refused("configured-session")).session, "configured-session");
  assert.equal((await fixed.status()).state, "refused");
  now = noon + 3_600_000;
  assert.equal((await fixed.status()).state, "unknown");
  database = new DatabaseSync(":memory:");
  gateway = () => fresh();
  const refreshable = start({ refreshToken: "first-token" });
  await refreshable.refused("configured-session");
  assert.equal((await refreshable.status()).state, "ok");
});

test("a refusal of a session that is no longer in force is answered with the one that is", async () => {
  const top = start();
  await top.swap({ session: "swapped" });
  assert.equal((await top.refused("configured-session")).session, "swapped");
  assert.notEqual((await top.status()).state, "refused");
});

test("bans and clock are shared by the grant, over restarts, until they end", async () => {
  const ban: TopBan = { api: "*", untilMs: noon + 60_000, reason: "daily_quota" };
  const top = start();
  top.noteBan(ban);
  top.noteClock(-3000);
  assert.deepEqual(await start().grant(), { session: "configured-session", clockOffsetMs: -3000, bans: [ban] });
  now = noon + 60_000;
  assert.deepEqual((await start().grant()).bans, []);
});

test("bans that an operator lifts stand no more, over restarts too, and what TOP refuses afterwards stands again", async () => {
  const ofTheDay: TopBan = { api: "*", untilMs: noon + 3_600_000, reason: "daily_quota" };
  const ofTheMinute: TopBan = { api: "a.b", untilMs: noon + 60_000, reason: "flow_control" };
  const top = start();
  for (const ban of [ofTheDay, ofTheMinute]) top.noteBan(ban);
  top.noteClock(-3000);
  assert.deepEqual((await top.status()).bans, [
    { api: "*", until: iso(noon + 3_600_000), reason: "daily_quota" },
    { api: "a.b", until: iso(noon + 60_000), reason: "flow_control" },
  ]);
  top.liftBans();
  for (const one of [top, start()]) {
    assert.deepEqual(await one.grant(), { session: "configured-session", clockOffsetMs: -3000, bans: [] });
    assert.equal("bans" in (await one.status()), false);
  }
  assert.match(logged.join(), /top_bans_lifted.*"merchant":"demo","bans":2/);
  top.noteBan(ofTheMinute);
  assert.deepEqual((await start().grant()).bans, [ofTheMinute]);
});

test("bans that have ended are told to no operator", async () => {
  const top = start();
  top.noteBan({ api: "*", untilMs: noon + 60_000, reason: "flow_control" });
  now = noon + 60_000;
  assert.equal("bans" in (await top.status()), false);
});

// the ledger's side

function authority(grant: () => TopGrant) {
  const calls: string[] = [];
  const answer = async (name: string) => {
    calls.push(name);
    return grant();
  };
  return {
    calls,
    topGrant: () => answer("grant"),
    topSessionRefused: () => answer("refused"),
    noteTopBan: async () => void calls.push("ban"),
    noteTopClock: async () => void calls.push("clock"),
  };
}
const grantOf = (session: string): TopGrant => ({ session, clockOffsetMs: 0, bans: [] });

test("what a clock that ran ahead left behind neither bans calls nor puts off a refresh once it is set right", async () => {
  now = noon + 30 * day;
  const ahead = start(refreshing);
  ahead.noteBan({ api: "*", untilMs: now + day, reason: "daily_quota" });
  await ahead.refused("configured-session");
  assert.equal(forms.length, 0, "a refresh is a call, too");
  now = noon;
  gateway = () => fresh();
  assert.deepEqual((await start(refreshing).grant()).bans, []);
  assert.equal((await start(refreshing).refused("configured-session")).session, "refreshed-session");
});

test("a ledger asks for the grant once in thirty seconds, not for each assignment", async () => {
  const remote = authority(() => grantOf("a"));
  const shared = createSharedAuthorisation({ authority: remote, now: () => now });
  for (let call = 0; call < 100; call++) await shared.grant();
  assert.deepEqual(remote.calls, ["grant"]);
  now += 30_000;
  await shared.grant();
  assert.deepEqual(remote.calls, ["grant", "grant"]);
});

test("a grant that cannot be renewed is used on; the first one that cannot be had is an error", async () => {
  let broken = true;
  const remote = authority(() => {
    if (broken) throw new Error("restarting");
    return grantOf("a");
  });
  const shared = createSharedAuthorisation({ authority: remote, now: () => now });
  await assert.rejects(shared.grant());
  broken = false;
  await shared.grant();
  broken = true;
  now += 60_000;
  assert.equal((await shared.grant()).session, "a");
});

test("a refused session is dropped at once and another one is found", async () => {
  let session = "old";
  const remote = authority(() => grantOf(session));
  const shared = createSharedAuthorisation({ authority: remote, now: () => now });
  await shared.grant();
  assert.equal(await shared.refused("old"), undefined);
  session = "new";
  assert.equal((await shared.refused("old"))?.session, "new");
  assert.equal((await shared.grant()).session, "new");
});

test("a ban and a clock hold for this ledger at once, and are told to the others", async () => {
  const remote = authority(() => grantOf("a"));
  const shared = createSharedAuthorisation({ authority: remote, now: () => now });
  await shared.grant();
  shared.noteBan({ api: "*", untilMs: now + 1000, reason: "flow_control" });
  shared.noteClock(5000);
  const grant = await shared.grant();
  assert.equal(grant.bans.length, 1);
  assert.equal(grant.clockOffsetMs, 5000);
  assert.deepEqual(remote.calls, ["grant", "ban", "clock"]);
});

// what a refresh that failed means for the next one

const lasting: [what: string, answer: () => Response][] = [
  ["the refresh token is refused", () => topError(27, { sub_code: "isv.refresh-token-invalid" })],
  ["the token's form is refused", () => topError(41, { sub_code: "isv.invalid-parameter:refresh_token" })],
  ["the type of app may not refresh", () => topError(11, { sub_code: "isv.permission-api-package-limit" })],
];
for (const [what, answer] of lasting) {
  test(`a refresh is not tried again when ${what}`, async () => {
    gateway = answer;
    const top = start(refreshing);
    await top.runDue();
    assert.equal((await top.status()).refreshFailed?.final, true);
    now = noon + 12 * 3_600_000;
    await top.runDue();
    assert.equal(forms.length, 1);
  });
}

const passing: [what: string, answer: () => Response][] = [
  ...[9999, 52, 520, 700].map((code): [string, () => Response] => [`TOP says ${code}`, () => topError(code)]),
  ["a service failed", () => topError(15, { sub_code: "isv.x-service-error" })],
  ["no sub_code tells why", () => topError(15)],
  ["the address is not on the list yet", () => topError(11, { sub_code: "isv.permission-ip-whitelist-limit" })],
  ["the app secret is being changed", () => topError(25)],
  ["the clock is wrong", () => topError(31)],
];
for (const [what, answer] of passing) {
  test(`a refresh is tried again by itself when ${what}, at a growing distance that spares the quota`, async () => {
    gateway = answer;
    const top = start(refreshing);
    await top.runDue();
    const status = await top.status();
    assert.deepEqual([status.refreshFailed?.final, status.refreshable], [false, true]);
    gateway = () => fresh();
    now = noon + 5 * 60_000;
    await top.runDue();
    assert.equal((await top.grant()).session, "refreshed-session");
  });
}

test("who finds a session dead gets the one that the refresh brings, in the same call; who comes meanwhile shares it", async () => {
  gateway = () => fresh();
  const top = start({ refreshToken: "first-token" });
  const grants = await Promise.all([top.refused("configured-session"), top.refused("configured-session")]);
  assert.deepEqual(
    grants.map(({ session }) => session),
    ["refreshed-session", "refreshed-session"],
  );
  assert.equal(forms.length, 1);
});

test("a session that was found dead is refreshed by the alarm should the object end on the way", async () => {
  let answer: (response: Response) => void = () => undefined;
  gateway = () => new Promise<Response>((resolve) => (answer = resolve));
  const top = start({ refreshToken: "first-token" });
  const refused = top.refused("configured-session");
  while (forms.length === 0) await new Promise(setImmediate);
  assert.deepEqual(wishes, [noon]);
  answer(fresh());
  await refused;
});

test("a refresh that just failed is not repeated by everybody who finds the session dead", async () => {
  gateway = () => topError(520);
  const top = start({ refreshToken: "first-token" });
  for (let call = 0; call < 3; call++) {
    assert.equal((await top.refused("configured-session")).session, "configured-session");
  }
  assert.equal(forms.length, 1);
});

test("a ban that was lifted holds no ledger up for longer than its grant lasts, also one that found it out itself", async () => {
  const remote = authority(() => grantOf("one"));
  const shared = createSharedAuthorisation({ authority: remote, now: () => now });
  await shared.grant();
  shared.noteBan({ api: "*", untilMs: noon + day / 2, reason: "daily_quota" });
  now = noon + 29_999;
  assert.equal((await shared.grant()).bans.length, 1);
  now = noon + 30_000;
  assert.deepEqual((await shared.grant()).bans, []);
});
