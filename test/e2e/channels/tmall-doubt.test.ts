/**
 * TOP has no idempotency key: whatever happens to an answer, a card is read before it is sent again. And what concerns
 * the whole app: its clock, its session, its quota.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Answer, assign, type Body, call } from "../../support/calls.ts";
import { assertAssignedOnce, ended, type Pair, startPair } from "./pair.ts";

const worker = "20210627490142";
const otherWorker = "20210627490143";

let pair: Pair;
before(async () => {
  pair = await startPair({
    fixed: { of: "demo", make: ({ tmall }) => ({ tmall: { ...tmall, refreshToken: undefined } }) },
  });
});
after(() => pair.close());

let count = 1000;
const newCard = () => `41${count++}`;
const faultyCard = (fault: string, times: number) => `99${fault}${times}${count++}`;

const dispatch = (order: string, more: object = {}, merchant = "demo") =>
  assign(pair.edge, pair.as(merchant), { channel: "tmall", order, guide: { id: worker }, ...more });

async function settled(answer: Answer): Promise<Body> {
  return answer.status === 202 ? (await ended(pair, pair.as("demo"), answer.body.id)).body : answer.body;
}

async function countsOf(order: string) {
  const { orders, requests } = await pair.bookOf(order);
  const calls = requests.map(({ operation }) => operation.split(".").at(-1)).reverse();
  return { sends: orders[0]?.sends ?? 0, executions: orders[0]?.executions ?? 0, calls };
}

describe("an answer that leaves a doubt", () => {
  // Fault → whether the dispatch had happened behind it.
  const doubts = {
    ...{ "301": false, "302": true, "303": false, "304": true, "305": true, "307": true, "308": true },
    ...{ "310": false, "312": false, "322": true, "313": false, "324": true, "320": false, "321": false, "331": false },
    ...{ "010": false, "015": false, "050": false, "052": false, "054": false },
    ...{ "151": false, "152": true, "153": false, "154": true, "155": false, "157": false },
    ...{ "205": true, "211": true, "215": true, "216": true },
  };

  test("is settled by reading the card: never dispatched twice, never told assigned without proof", async () => {
    await Promise.all(
      Object.entries(doubts).map(async ([fault, done]) => {
        const order = faultyCard(fault, 1);
        const body = await settled(await dispatch(order));
        assert.equal(body.status, "assigned", `${fault}: ${JSON.stringify(body)}`);
        const { sends, executions, calls } = await countsOf(order);
        assert.deepEqual([executions, sends], [1, done ? 1 : 2], `${fault}: ${calls}`);
        const second = calls.indexOf("assignworker", 1);
        if (!done) assert.ok(calls.slice(1, second).includes("query"), `${fault}: read before the second send`);
        assertAssignedOnce(await pair.bookOf(order), worker);
      }),
    );
  });

  test("is settled alike for outer ids, fulfil tasks and workers known by mobile", async () => {
    const byMobile = { mobile: "13900139002", name: "刘伟" };
    await Promise.all(
      [
        { order: `SBX1-RESET_AFTER-${count++}`, orderKind: "outer" },
        { order: `SBX1-REMOTE_TIMEOUT_AFTER-${count++}`, orderKind: "outer", guide: byMobile },
        { order: faultyCard("304", 1), orderKind: "fulfil-task" },
        { order: faultyCard("152", 1), guide: byMobile },
      ].map(async ({ order, ...more }) => {
        const body = await settled(await dispatch(order, more));
        assert.equal(body.status, "assigned", JSON.stringify(body));
        const { sends, executions } = await countsOf(order);
        assert.deepEqual([sends, executions], [1, 1]);
      }),
    );
    assert.doesNotMatch(JSON.stringify(pair.log), /13900139002|刘伟/);
  });

  test("that cannot be settled is pending at eight seconds, says so, and is settled later", async () => {
    const queries = { channel: "tmall", operation: "tmall.servicecenter.workcard.desensitization.query", times: null };
    await pair.sandbox.control("/faults", { fault: "HTML_502", ...queries });
    const order = faultyCard("304", 1);
    const answer = await dispatch(order);
    assert.deepEqual([answer.status, answer.body.status], [202, "pending"]);
    assert.equal(answer.headers.get("location"), `/v1/assignments/${answer.body.id}`);
    assert.equal((await countsOf(order)).sends, 1, "an unreadable card is not sent to again");
    await pair.sandbox.control("/faults", undefined, "DELETE");
    assert.equal((await settled(answer)).status, "assigned");
    assert.deepEqual([(await countsOf(order)).sends, (await countsOf(order)).executions], [1, 1]);
  });

  test("with somebody else on the card is a conflict that shows who, and `replaces` overrules it", async () => {
    const order = faultyCard("209", 1);
    const refused = await dispatch(order);
    assert.deepEqual([refused.status, refused.body.code], [409, "already_assigned"]);
    const { current } = refused.body;
    assert.deepEqual([current?.observed, current?.status, current?.guide?.name], [true, "assigned", "抢*"]);
    assert.equal((await countsOf(order)).executions, 0, "nobody was pushed off the card");
    const again = await dispatch(order);
    assert.deepEqual([again.status, again.body.current?.id], [409, current?.id]);

    const changed = await dispatch(order, { replaces: current?.id });
    assert.deepEqual([changed.status, changed.body.status, changed.body.guide?.id], [200, "assigned", worker]);
    assert.equal((await countsOf(order)).executions, 1);
    const seen = await call(pair.edge, "GET", `/v1/orders/${order}?channel=tmall`, pair.as("demo"));
    assert.equal(seen.body.guide?.id, worker);
    const stale = await dispatch(order, { guide: { id: otherWorker }, replaces: current?.id });
    assert.deepEqual([stale.status, stale.body.current?.id], [409, changed.body.id]);
  });

  test("about a worker that replaces another is settled too: the one to be replaced is no conflict", async () => {
    const order = newCard();
    const first = await dispatch(order);
    const operation = "tmall.servicecenter.workcard.assignworker";
    await pair.sandbox.control("/faults", { fault: "RESET", channel: "tmall", operation, times: 1 });
    const body = await settled(await dispatch(order, { guide: { id: otherWorker }, replaces: first.body.id }));
    assert.deepEqual([body.status, body.guide?.id], ["assigned", otherWorker]);
    const { sends, executions } = await countsOf(order);
    assert.deepEqual([sends, executions], [3, 2]);
  });
});

describe("TOP's clock", () => {
  test("is followed after one refusal, when it is twenty minutes from ours", async () => {
    await pair.sandbox.control("/clock", { aheadSeconds: 1200 });
    const order = newCard();
    const answer = await dispatch(order);
    assert.deepEqual([answer.body.status, answer.body.attempts], ["assigned", 1]);
    assert.equal((await pair.bookOf(order)).requests.length, 2);
    const next = newCard();
    await dispatch(next);
    assert.equal((await pair.bookOf(next)).requests.length, 1, "the correction is kept");
    await pair.sandbox.control("/clock", { aheadSeconds: 0 });
    assert.equal((await dispatch(newCard())).body.status, "assigned");
  });
});

describe("the session", () => {
  const swap = (alias: string, body: object, key = pair.environment.operatorKey) =>
    call(pair.edge, "PUT", `/v1/operator/merchants/${alias}/tmall-session`, { Authorization: `Bearer ${key}` }, body);
  const stateOf = async (alias: string) => {
    const headers = { Authorization: `Bearer ${pair.environment.operatorKey}` };
    const { body } = await call(pair.edge, "GET", "/v1/operator/merchants", headers);
    const data = body.data as unknown as { alias: string; top?: { state: string; origin: string } }[];
    return data.find((merchant) => merchant.alias === alias)?.top;
  };

  test("that has ended is told to the operator at once, never retried, and replaced without a deployment", async () => {
    assert.equal((await dispatch(newCard(), {}, "fixed")).body.status, "assigned");
    await pair.sandbox.control("/sessions/expire");
    const order = newCard();
    const refused = await dispatch(order, {}, "fixed");
    assert.deepEqual(
      [refused.status, refused.body.code, refused.body.reason, refused.body.retryable],
      [502, "upstream_unauthorized", "reauthorise", false],
    );
    assert.equal((await pair.bookOf(order)).orders.length, 0, "refused before the card was looked at");
    assert.equal((await stateOf("fixed"))?.state, "refused");
    assert.ok(pair.log.some(({ event }) => event === "top_reauthorise"));

    // The other merchant holds the app's refresh token: the call that finds its session dead heals it and is done.
    const healed = newCard();
    assert.equal((await dispatch(healed)).body.status, "assigned");
    assert.equal((await stateOf("demo"))?.origin, "refreshed");
    assert.equal((await countsOf(healed)).executions, 1);
  });

  test("is swapped only by the operator, and only for one that lasts", async () => {
    assert.equal((await swap("fixed", { session: "x" }, "op_wrong")).status, 401);
    assert.equal(
      (await swap("fixed", { session: "x", sessionExpiresAt: "2020-01-01T00:00:00Z" })).body.field,
      "sessionExpiresAt",
    );
    assert.equal((await swap("direct", { session: "x" })).status, 404);
    assert.equal((await swap("fixed", { session: "x", extra: 1 })).body.field, "extra");
    const swapped = await swap("fixed", { session: "6100made-up", sessionExpiresAt: "2099-01-01T00:00:00Z" });
    assert.equal(swapped.status, 200);
    assert.doesNotMatch(JSON.stringify(swapped.body), /6100made-up/);
    assert.equal((await stateOf("fixed"))?.origin, "swapped");
  });
});

describe("TOP's limits", () => {
  test("of seconds are waited out within the request: nothing is sent while a ban stands", async () => {
    for (const faults of [
      ["007", "072", "073", "167"],
      ["004", "005", "006", "008"],
    ]) {
      const orders = faults.map((fault) => faultyCard(fault, 1));
      const bodies = await Promise.all(orders.map(async (order) => settled(await dispatch(order))));
      assert.deepEqual(new Set(bodies.map(({ status }) => status)), new Set(["assigned"]));
      for (const order of orders) {
        const { sends, executions } = await countsOf(order);
        assert.deepEqual([sends, executions], [2, 1]);
      }
    }
  });

  // The last of all: it stands until midnight.
  test("of the day end the assignment and say when they end; nothing more is sent", async () => {
    const order = faultyCard("071", 0);
    const refused = await dispatch(order);
    assert.deepEqual([refused.status, refused.body.code, refused.body.reason], [429, "rate_limited", "daily_quota"]);
    const seconds = Number(refused.headers.get("retry-after"));
    assert.ok(seconds > 31_000 && seconds <= 31_062, `${seconds}`);
    const next = newCard();
    const also = await dispatch(next);
    assert.deepEqual([also.status, also.body.reason], [429, "daily_quota"]);
    const seen = await call(pair.edge, "GET", `/v1/orders/${next}?channel=tmall`, pair.as("demo"));
    assert.deepEqual([seen.status, seen.body.reason], [429, "daily_quota"]);
    assert.deepEqual((await pair.bookOf(next)).requests, []);
  });
});
