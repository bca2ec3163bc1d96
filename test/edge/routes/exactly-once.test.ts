/** However often it is asked for, the platform sees one logical assignment, and nothing unproved is told assigned. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Answer, assign, backendHeaders, call, newOrder, pageHeaders, wechat } from "../../support/calls.ts";
import { type Edge, startEdge } from "../../support/edge.ts";
import {
  accepting,
  gate,
  type PlatformKey,
  platformKeyOf,
  signed204,
  signedError,
  unsigned204,
} from "../../support/platform.ts";

let edge: Edge;
let key: PlatformKey;
let backend: Record<string, string>;
before(async () => {
  edge = await startEdge();
  key = platformKeyOf(edge.environment);
  backend = backendHeaders(edge.environment.partnerApiKey);
});
after(() => edge.close());

const ordersSent = async () => {
  const orders: string[] = [];
  for (const request of edge.sent)
    orders.push((JSON.parse(await request.clone().text()) as { out_trade_no: string }).out_trade_no);
  return orders;
};

/** Reads until the assignment is no longer pending; each read is a real request, so nothing here waits by the clock. */
async function resolved(id: string | undefined): Promise<Answer> {
  for (;;) {
    const answer = await call(edge, "GET", `/v1/assignments/${id}`, backend);
    if (answer.body.status !== "pending") return answer;
  }
}

describe("parallel calls", () => {
  test("a hundred identical ones make one send, and all are told the same assignment", async () => {
    const held = gate(() => signed204(key));
    edge.answerWith(held.upstream);
    edge.forget();
    const order = newOrder();
    const calls = Array.from({ length: 100 }, () => assign(edge, backend, wechat(order, "G1")));
    await held.reached;
    held.open();
    const answers = await Promise.all(calls);
    assert.deepEqual(await ordersSent(), [order]);
    assert.deepEqual(new Set(answers.map(({ status, body }) => `${status} ${body.status} ${body.id}`)).size, 1);
    assert.equal(answers.filter(({ body }) => !body.replayed).length, 1);
  });

  test("a leader that goes away does not cut the send off", async () => {
    const held = gate(() => signed204(key));
    edge.answerWith(held.upstream);
    edge.forget();
    const order = newOrder();
    const leader = new AbortController();
    const first = edge.fetch("/v1/assignments", {
      method: "POST",
      headers: { ...backend, "Content-Type": "application/json" },
      body: JSON.stringify(wechat(order, "G1")),
      signal: leader.signal,
    });
    await held.reached;
    leader.abort();
    await assert.rejects(first);
    held.open();
    const second = await assign(edge, backend, wechat(order, "G1"));
    assert.deepEqual([second.status, second.body.status], [200, "assigned"]);
    assert.deepEqual(await ordersSent(), [order]);
  });

  test("fifty guides for one order: one is assigned, the others learn who it is", async () => {
    edge.answerWith(accepting(key));
    edge.forget();
    const order = newOrder();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => assign(edge, backend, wechat(order, `G${n}`))),
    );
    const winners = answers.filter(({ status }) => status === 200);
    assert.equal(winners.length, 1);
    for (const { status, body } of answers) {
      if (status === 200) continue;
      assert.equal(body.code, "already_assigned");
      assert.equal(body.current?.guide?.id, winners[0]?.body.guide?.id);
    }
    assert.equal(edge.sent.length, 1);
  });
});

describe("the same order and guide again", () => {
  test("replays the stored answer and sends nothing", async () => {
    edge.answerWith(accepting(key));
    const order = newOrder();
    const first = await assign(edge, backend, wechat(order, "G1"));
    edge.forget();
    const again = await assign(edge, backend, wechat(order, "G1", { guide: { id: "G1", name: "another name" } }));
    assert.equal(again.status, 200);
    assert.deepEqual([again.body.id, again.body.replayed], [first.body.id, true]);
    assert.equal(edge.sent.length, 0);
  });

  test("is the same assignment after the object was evicted", async () => {
    edge.answerWith(accepting(key));
    const order = newOrder();
    const first = await assign(edge, backend, wechat(order, "G1"));
    await edge.harness.getWorker().evictDurableObject("Ledger", { name: "demo/1900000109/0" });
    edge.forget();
    const again = await assign(edge, backend, wechat(order, "G1"));
    assert.deepEqual([again.body.id, again.body.status], [first.body.id, "assigned"]);
  });
});

describe("an idempotency key", () => {
  const withKey = (name: string) => ({ ...backend, "Idempotency-Key": name });

  test("with the same body replays; with another it is refused", async () => {
    edge.answerWith(accepting(key));
    const order = newOrder();
    const first = await assign(edge, withKey(order), wechat(order, "G1"));
    const again = await assign(edge, withKey(order), wechat(order, "G1"));
    assert.deepEqual([again.body.id, again.body.replayed], [first.body.id, true]);
    const other = await assign(edge, withKey(order), wechat(newOrder(), "G1"));
    assert.deepEqual([other.status, other.body.code], [422, "idempotency_key_reused"]);
  });

  test("that only joined an assignment is that assignment's too", async () => {
    edge.answerWith(accepting(key));
    const order = newOrder();
    const first = await assign(edge, withKey(`${order}-1`), wechat(order, "G1"));
    const joined = await assign(edge, withKey(`${order}-2`), wechat(order, "G1"));
    const again = await assign(edge, withKey(`${order}-2`), wechat(order, "G1"));
    assert.deepEqual([joined.body.id, again.body.id, again.body.replayed], [first.body.id, first.body.id, true]);
    const other = await assign(edge, withKey(`${order}-2`), wechat(newOrder(), "G1"));
    assert.deepEqual([other.status, other.body.code], [422, "idempotency_key_reused"]);
    await assign(edge, backend, wechat(order, "G2", { replaces: first.body.id }));
    assert.equal((await assign(edge, withKey(`${order}-2`), wechat(order, "G1"))).status, 409);
  });

  test("of a failed assignment is free again", async () => {
    edge.answerWith(() => signedError(key, 400, "PARAM_ERROR", "服务人员ID格式错误"));
    const order = newOrder();
    assert.equal((await assign(edge, withKey(order), wechat(order, "G1"))).status, 422);
    edge.answerWith(accepting(key));
    assert.equal((await assign(edge, withKey(order), wechat(order, "G2"))).body.status, "assigned");
  });

  test("of a superseded assignment answers 409 and never assigned", async () => {
    edge.answerWith(accepting(key));
    const order = newOrder();
    const first = await assign(edge, withKey(order), wechat(order, "G1"));
    await assign(edge, backend, wechat(order, "G2", { replaces: first.body.id }));
    const late = await assign(edge, withKey(order), wechat(order, "G1"));
    assert.deepEqual([late.status, late.body.code, late.body.current?.guide?.id], [409, "already_assigned", "G2"]);
  });

  test("belongs to its tenant: another partner may use the same one", async () => {
    edge.answerWith(accepting(key));
    const name = newOrder();
    await assign(edge, withKey(name), wechat(newOrder(), "G1"));
    const kiosk = { ...backendHeaders(edge.environment.kioskApiKey), "Idempotency-Key": name };
    assert.equal((await assign(edge, kiosk, wechat(newOrder(), "G9"))).status, 200);
  });
});

describe("another guide for an order that has one", () => {
  test("is refused with the holder, and accepted when it names the holder", async () => {
    edge.answerWith(accepting(key));
    const order = newOrder();
    const first = await assign(edge, backend, wechat(order, "G1"));
    const refused = await assign(edge, backend, wechat(order, "G2"));
    assert.deepEqual(
      [refused.status, refused.body.code, refused.body.current?.id],
      [409, "already_assigned", first.body.id],
    );
    const changed = await assign(edge, backend, wechat(order, "G2", { replaces: first.body.id }));
    assert.deepEqual([changed.status, changed.body.status, changed.body.guide?.id], [200, "assigned", "G2"]);
    assert.equal((await call(edge, "GET", `/v1/assignments/${first.body.id}`, backend)).body.status, "superseded");
    const stale = await assign(edge, backend, wechat(order, "G3", { replaces: first.body.id }));
    assert.deepEqual([stale.status, stale.body.current?.id], [409, changed.body.id]);
  });

  test("waits for a send in flight before it replaces, so the platform hears them in order", async () => {
    const held = gate(() => signed204(key));
    edge.answerWith(held.upstream);
    edge.forget();
    const order = newOrder();
    const first = assign(edge, backend, wechat(order, "G1"));
    await held.reached;
    const pending = await call(edge, "GET", `/v1/assignments?order=${order}`, backend);
    const id = pending.body.data?.[0]?.id;
    const change = assign(edge, backend, wechat(order, "G2", { replaces: id }));
    // A second read is answered after the change has reached the object: it waits there, unsent.
    await call(edge, "GET", `/v1/assignments/${id}`, backend);
    assert.equal(edge.sent.length, 1);
    held.open();
    assert.equal((await change).body.guide?.id, "G2");
    await first;
    assert.deepEqual(
      edge.sent.map(({ url }) => new URL(url).pathname.split("/")[4]),
      ["G1", "G2"],
    );
  });

  test("that is refused outright is told so at once, though the one before it may have taken effect", async () => {
    const held = gate(() => signedError(key, 500, "SYSTEM_ERROR", "系统错误"));
    edge.answerWith((request) =>
      request.url.includes("/G1/")
        ? held.upstream(request)
        : signedError(key, 404, "RESOURCE_NOT_EXISTS", "服务人员不存在"),
    );
    const order = newOrder();
    const first = assign(edge, backend, wechat(order, "G1"));
    await held.reached;
    const pending = await call(edge, "GET", `/v1/assignments?order=${order}`, backend);
    const change = assign(edge, backend, wechat(order, "G2", { replaces: pending.body.data?.[0]?.id }));
    held.open();
    const answer = await change;
    assert.deepEqual([answer.status, answer.body.code, answer.body.field], [422, "upstream_rejected", "guide.id"]);
    assert.equal((await first).body.code, "already_assigned");
  });
});

test("a refusal that ended a doubt leaves none to the next attempt", async () => {
  const answers = [
    signedError(key, 500, "SYSTEM_ERROR", "系统错误"),
    signedError(key, 400, "PARAM_ERROR", "商户订单号格式错误"),
    signedError(key, 400, "ORDER_CLOSED", "订单已关闭"),
  ];
  edge.answerWith(() => answers.shift() ?? signed204(key));
  const order = newOrder();
  const first = await assign(edge, backend, wechat(order, "G1"));
  const next = await assign(edge, backend, wechat(order, "G1"));
  assert.deepEqual(
    [first, next].map(({ status, body }) => [status, body.reason]),
    [
      [422, "order_invalid"],
      [422, "order_closed"],
    ],
  );
});

describe("two partners of one merchant", () => {
  test("cannot assign one order twice, and neither sees the other's guide or id, even for the same guide", async () => {
    edge.answerWith(accepting(key));
    const order = newOrder();
    await assign(edge, backend, wechat(order, "G1"));
    edge.forget();
    const kiosk = backendHeaders(edge.environment.kioskApiKey);
    for (const guide of ["G1", "G2"]) {
      const answer = await assign(edge, kiosk, wechat(order, guide));
      assert.deepEqual([answer.status, answer.body.code], [409, "already_assigned"]);
      assert.equal(answer.body.current?.id, undefined);
      assert.equal(answer.body.current?.guide, undefined);
    }
    assert.equal(edge.sent.length, 0);
    const history = await call(edge, "GET", `/v1/assignments?order=${order}`, kiosk);
    assert.deepEqual(history.body.data, []);
  });
});

describe("two stores of one partner", () => {
  test("see who holds the order, but cannot replace by the id of the other store", async () => {
    edge.answerWith(accepting(key));
    const order = newOrder();
    const apiKey = edge.environment.partnerApiKey;
    const storeOne = await pageHeaders(edge, apiKey, { storeId: "1" });
    const storeTwo = await pageHeaders(edge, apiKey, { storeId: "2" });
    const first = await assign(edge, storeOne, wechat(order, "G1"));
    const refused = await assign(edge, storeTwo, wechat(order, "G2"));
    assert.deepEqual(
      [refused.status, refused.body.current?.guide?.id, refused.body.current?.id],
      [409, "G1", undefined],
    );
    assert.equal((await assign(edge, storeTwo, wechat(order, "G2", { replaces: first.body.id }))).status, 409);
    assert.equal((await call(edge, "GET", `/v1/assignments/${first.body.id}`, storeTwo)).status, 404);
    assert.equal((await call(edge, "GET", `/v1/assignments/${first.body.id}`, backend)).status, 200);
  });
});

describe("an answer that proves nothing", () => {
  test("is pending after eight seconds, the same parameters go on being sent, and proof ends it", async () => {
    edge.answerWith(unsigned204);
    edge.forget();
    const order = newOrder();
    const answer = await assign(edge, backend, wechat(order, "G1"));
    assert.deepEqual([answer.status, answer.body.status], [202, "pending"]);
    assert.equal(answer.headers.get("location"), `/v1/assignments/${answer.body.id}`);
    assert.match(answer.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    assert.ok(edge.sent.length >= 3);
    assert.deepEqual(new Set(await ordersSent()), new Set([order]));
    const nonces = edge.sent.map(({ headers }) => /nonce_str="([^"]+)"/.exec(headers.get("authorization") ?? "")?.[1]);
    assert.equal(new Set(nonces).size, edge.sent.length, "every attempt has a fresh nonce");

    const joined = await assign(edge, backend, wechat(order, "G1"));
    assert.deepEqual([joined.status, joined.body.id], [202, answer.body.id]);
    assert.equal((await assign(edge, backend, wechat(order, "G2"))).body.current?.status, "pending");

    edge.answerWith(accepting(key));
    assert.equal((await resolved(answer.body.id)).body.status, "assigned");
  });
});
