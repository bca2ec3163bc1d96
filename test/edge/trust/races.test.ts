/** Calls that really run side by side: what must happen once happens once, and nobody gets more than the budget. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { calculateThumbprint, generateKeyPair, generateProof } from "dpop";
import { assign, backendHeaders, call, newOrder, wechat } from "../../support/calls.ts";
import { edgeOrigin } from "../../support/edge.ts";
import { accepting, gate, signed204 } from "../../support/platform.ts";
import { wechatCall } from "./platforms.ts";
import { mint, newPartner, startTrust, type Trust } from "./setup.ts";

const limits = { sessionPerSecond: 1, sessionBurst: 5, partnerPerSecond: 1000, merchantPerSecond: 1000 };
const limited = newPartner("limited", { limits });
const small = newPartner("small", {
  limits: { ...limits, sessionPerSecond: 1000, sessionBurst: 1000, partnerPerSecond: 7 },
});

let trust: Trust;
before(async () => {
  trust = await startTrust((variables) => ({
    ...variables,
    ...limited.variable,
    ...small.variable,
    MERCHANT_DIRECT: JSON.stringify({ ...JSON.parse(variables.MERCHANT_DIRECT ?? "{}"), shards: 4 }),
  }));
});
after(() => trust.close());

/** Of the five places to send, as docs/storage.md tells. */
const placesOfPartner = 4;

const many = <T>(count: number, one: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => one(index)));
const tally = (answers: { status: number }[]) => {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

describe("one DPoP proof used fifty times at once", () => {
  const cases: [name: string, request: object][] = [
    ["passes exactly once", {}],
    ["passes exactly once where the merchant's orders are spread over shards", { merchant: "direct" }],
  ];
  for (const [name, request] of cases) {
    test(name, async () => {
      const keys = await generateKeyPair("ES256");
      const session = await mint(trust, trust.environment.partnerApiKey, {
        ...request,
        jkt: await calculateThumbprint(keys.publicKey),
      });
      trust.upstream.answerWith(accepting("merchant" in request ? trust.directKey : trust.key));
      const proof = await generateProof(keys, `${edgeOrigin}/v1/assignments`, "POST", undefined, session.token);
      trust.upstream.forget();
      const answers = await many(50, () =>
        assign(trust.edge, { ...session.headers, DPoP: proof }, wechat(newOrder(), "G1")),
      );
      assert.deepEqual(tally(answers), { 200: 1, 401: 49 });
      assert.equal(trust.upstream.calls.length, 1, "the refused ones send nothing");
    });
  }

  test("each of fifty proofs passes", async () => {
    const keys = await generateKeyPair("ES256");
    const session = await mint(trust, trust.environment.partnerApiKey, {
      jkt: await calculateThumbprint(keys.publicKey),
      scope: "assignments:read",
    });
    const answers = await many(50, async () => {
      const proof = await generateProof(keys, `${edgeOrigin}/v1/assignments`, "GET", undefined, session.token);
      return call(trust.edge, "GET", "/v1/assignments", { ...session.headers, DPoP: proof });
    });
    assert.deepEqual(tally(answers), { 200: 50 });
  });
});

describe("two calls at once", () => {
  test("that replace the same assignment: one wins, the other learns who did", async () => {
    trust.upstream.answerWith(accepting(trust.key));
    const order = newOrder();
    const first = await assign(trust.edge, trust.backend, wechat(order, "G0"));
    const answers = await many(20, (n) =>
      assign(trust.edge, trust.backend, wechat(order, `G${n + 1}`, { replaces: first.body.id })),
    );
    assert.deepEqual(tally(answers), { 200: 1, 409: 19 });
    const winner = answers.find(({ status }) => status === 200);
    for (const { status, body } of answers) {
      if (status === 409)
        assert.deepEqual([body.current?.id, body.current?.guide?.id], [winner?.body.id, winner?.body.guide?.id]);
    }
    const heard = trust.upstream.calls
      .map(wechatCall)
      .filter((one) => one?.order === order)
      .map((one) => one?.guide);
    assert.deepEqual(heard, ["G0", winner?.body.guide?.id]);
  });

  test("with one key and two bodies: one is assigned, the other is refused and never sent", async () => {
    const orders = [newOrder(), newOrder()] as const;
    trust.upstream.forget();
    const headers = { ...trust.backend, "Idempotency-Key": `race-${orders[0]}` };
    const answers = await many(20, (n) => assign(trust.edge, headers, wechat(orders[n % 2] ?? "", "G1")));
    assert.deepEqual(tally(answers), { 200: 10, 422: 10 });
    for (const { status, body } of answers) if (status === 422) assert.equal(body.code, "idempotency_key_reused");
    assert.equal(trust.upstream.calls.length, 1);
  });
});

test("a session that is revoked while it is used is refused from the moment that the revocation is answered", async () => {
  trust.upstream.answerWith(accepting(trust.key));
  const session = await mint(trust, trust.environment.partnerApiKey, { scope: "assignments:read assignments:write" });
  const during = many(30, () => assign(trust.edge, session.headers, wechat(newOrder(), "G1")));
  const revoked = await call(trust.edge, "DELETE", `/v1/sessions/${session.id}`, {
    Authorization: `Bearer ${trust.environment.partnerApiKey}`,
  });
  assert.equal(revoked.status, 204);
  trust.upstream.forget();
  const held = await during;
  for (const { status } of held) assert.ok(status === 200 || status === 401, String(status));
  const afterwards = await many(20, (n) =>
    n % 2 === 0
      ? assign(trust.edge, session.headers, wechat(newOrder(), "G1"))
      : call(trust.edge, "GET", "/v1/assignments", session.headers),
  );
  for (const { status, body } of afterwards) assert.deepEqual([status, body.code], [401, "session_expired"]);
});

describe("two hundred calls at once", () => {
  /** What a bucket may give since it was full. */
  const budget = (burst: number, perSecond: number, since: number) =>
    burst + perSecond * ((performance.now() - since) / 1000);

  test("of one session: no more than its budget pass, the others are told when to come back", async () => {
    const session = await mint(trust, limited.apiKey, { scope: "assignments:read" });
    const since = performance.now();
    const answers = await many(200, () => call(trust.edge, "GET", "/v1/assignments", session.headers));
    const passed = answers.filter(({ status }) => status === 200).length;
    assert.ok(
      passed >= limits.sessionBurst && passed <= budget(limits.sessionBurst, limits.sessionPerSecond, since),
      `${passed} passed`,
    );
    for (const { status, headers, body } of answers) {
      if (status === 200) continue;
      assert.deepEqual([status, body.code, body.retryable], [429, "rate_limited", true]);
      assert.match(headers.get("retry-after") ?? "", /^[1-9]\d*$/);
      assert.equal(String(body.retryAfter), headers.get("retry-after"));
    }
  });

  test("of one session: its whole burst passes where the merchant's orders are spread over shards", async () => {
    const request = { merchant: "direct", scope: "assignments:read" };
    const session = await mint(trust, trust.environment.partnerApiKey, request);
    const answers = await many(200, () => call(trust.edge, "GET", "/v1/assignments", session.headers));
    assert.deepEqual(tally(answers), { 200: 200 });
  });

  test("of one partner over many sessions: no more than its budget pass, and the other partners are served", async () => {
    const sessions = await many(7, () => mint(trust, small.apiKey, { scope: "assignments:read" }));
    const since = performance.now();
    const flood = many(200, (n) => call(trust.edge, "GET", "/v1/assignments", sessions[n % 7]?.headers ?? {}));
    const other = await many(20, () => call(trust.edge, "GET", "/v1/assignments", trust.backend));
    const passed = (await flood).filter(({ status }) => status === 200).length;
    assert.ok(passed <= budget(7, 7, since), `${passed} passed`);
    assert.deepEqual(tally(other), { 200: 20 });
  });

  test("that mint sessions: no more than the partner's budget", async () => {
    const since = performance.now();
    const answers = await many(200, () =>
      call(
        trust.edge,
        "POST",
        "/v1/sessions",
        { Authorization: `Bearer ${small.apiKey}` },
        { merchant: "demo", subMchid: "1900000109" },
      ),
    );
    const passed = answers.filter(({ status }) => status === 201).length;
    assert.ok(passed <= budget(7, 7, since), `${passed} passed`);
    for (const { status, headers } of answers)
      if (status === 429) assert.match(headers.get("retry-after") ?? "", /^[1-9]\d*$/);
  });
});

test("a partner whose sends all hang, over all of its stores, does not stop another partner", async () => {
  const held = gate(() => signed204(trust.key));
  const stalled = new Map(Array.from({ length: 12 }, (_, n) => [newOrder(), `${(n % 4) + 1}`]));
  // Orders, not calls: one that is silent for long is asked at the other host as well.
  const hanging = new Set<string>();
  const full = Promise.withResolvers<void>();
  trust.upstream.answerWith(async (request) => {
    const { out_trade_no } = (await request.clone().json()) as { out_trade_no: string };
    if (!stalled.has(out_trade_no)) return signed204(trust.key);
    if (hanging.add(out_trade_no).size === placesOfPartner) full.resolve();
    return held.upstream(request);
  });
  const shop = (storeId: string) => backendHeaders(trust.environment.partnerApiKey, { storeId });
  const waiting = [...stalled].map(([order, store]) => assign(trust.edge, shop(store), wechat(order, "G1")));
  await full.promise;
  const kiosk = backendHeaders(trust.environment.kioskApiKey);
  const answers = await many(10, () => assign(trust.edge, kiosk, wechat(newOrder(), "G1")));
  assert.deepEqual(tally(answers), { 200: 10 });
  assert.equal(hanging.size, placesOfPartner, "all are answered before the first of the hanging sends ends");
  held.open();
  assert.deepEqual(tally(await Promise.all(waiting)), { 200: 12 });
});

test("a partner whose looks at guides all hang takes no connection that another partner's send needs", async () => {
  const held = gate(() => new Response("{}", { status: 403 }));
  // Stores, not calls, as above.
  const hanging = new Set<string>();
  const full = Promise.withResolvers<void>();
  trust.upstream.answerWith(async (request) => {
    if (request.method !== "GET") return signed204(trust.key);
    if (hanging.add(new URL(request.url).search).size === placesOfPartner) full.resolve();
    return held.upstream(request);
  });
  const pos = backendHeaders(trust.environment.partnerApiKey);
  const looks = Array.from({ length: 12 }, (_, n) =>
    call(trust.edge, "GET", `/v1/guides?storeId=${n + 1}&limit=10`, pos),
  );
  await full.promise;
  const kiosk = backendHeaders(trust.environment.kioskApiKey);
  const answers = await many(10, () => assign(trust.edge, kiosk, wechat(newOrder(), "G1")));
  assert.deepEqual(tally(answers), { 200: 10 });
  assert.equal(hanging.size, placesOfPartner, "no more of them were sent meanwhile");
  held.open();
  await Promise.all(looks);
});

test("a store whose sends all hang does not stop another store", async () => {
  const held = gate(() => signed204(trust.key));
  const stalled = new Set(Array.from({ length: 8 }, newOrder));
  trust.upstream.answerWith(async (request) => {
    const { out_trade_no } = (await request.clone().json()) as { out_trade_no: string };
    return stalled.has(out_trade_no) ? held.upstream(request) : signed204(trust.key);
  });
  const shop = (storeId: string) => backendHeaders(trust.environment.partnerApiKey, { storeId });
  const waiting = [...stalled].map((order) => assign(trust.edge, shop("1"), wechat(order, "G1")));
  await held.reached;
  const answers = await many(5, () => assign(trust.edge, shop("2"), wechat(newOrder(), "G1")));
  assert.deepEqual(tally(answers), { 200: 5 });
  held.open();
  assert.deepEqual(tally(await Promise.all(waiting)), { 200: 8 });
});
