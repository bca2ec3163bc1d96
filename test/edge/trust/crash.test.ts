/**
 * The process dies by `kill -9` with assignments at every step, and starts again over the same files: nothing is lost,
 * nothing is doubled. One crash serves all of them; two ledgers are looked at afterwards, the others only by their alarm.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  type Answer,
  assign,
  backendHeaders,
  call,
  newOrder,
  otherSubMchid,
  subMchid,
  wechat,
} from "../../support/calls.ts";
import { createDevEnvironment, type DevEnvironment } from "../../support/dev-environment.ts";
import { edgeOrigin } from "../../support/edge.ts";
import { platformKeyOf, signed204, unsigned204 } from "../../support/platform.ts";
import { formOf, noAnswer, startUpstream, type UpstreamServer } from "../../support/upstream.ts";
import { startWorkerd, stateDirectory, type Workerd } from "../../support/workerd.ts";
import { assignWorker, topCall, WorkCards, wechatCall } from "./platforms.ts";

let environment: DevEnvironment;
let upstream: UpstreamServer;
let state: Awaited<ReturnType<typeof stateDirectory>>;
let edge: Workerd;
const cards = new WorkCards();

/** What was sent before the crash. */
let sentBefore: typeof upstream.calls;

const inFlight = Array.from({ length: 4 }, newOrder);
const queued = newOrder();
const answered = newOrder();
const waiting = newOrder();
const ended = newOrder();
const alone = newOrder();
const [tookEffect, lost] = ["70000000000000001", "70000000000000002"] as const;

const backend = (tenant: Parameters<typeof backendHeaders>[1] = { subMchid }) =>
  backendHeaders(environment.partnerApiKey, tenant);
/** A ledger of its own each: looked at after the crash, and left to its alarm. */
const tenants = {
  looked: () => backend({ subMchid }),
  tmall: () => backend({ subMchid: otherSubMchid }),
  direct: () => backend({ merchant: "direct" }),
  both: () => backend({ merchant: "both" }),
};
const mobile = "13812345678";
const byMobile = (order: string) => ({ channel: "tmall", order, guide: { mobile, name: "张师傅" } });
const byId = (order: string) => ({ channel: "tmall", order, guide: { id: "1234567" } });

const callsFor = (order: string) => upstream.calls.filter((one) => wechatCall(one)?.order === order);
const parametersOf = (order: string) =>
  [...sentBefore, ...upstream.calls].map(wechatCall).filter((one) => one?.order === order);

before(async () => {
  upstream = await startUpstream();
  environment = await createDevEnvironment({ edgeOrigin, sandboxOrigin: upstream.origin });
  state = await stateDirectory();
  edge = await startWorkerd(state.path, environment.edge);
  const keys = {
    demo: platformKeyOf(environment),
    direct: platformKeyOf(environment, "DIRECT"),
    both: platformKeyOf(environment, "BOTH"),
  };
  const keyFor = (order: string) =>
    order === waiting ? keys.both : [ended, alone].includes(order) ? keys.direct : keys.demo;

  const hung = new Set([...inFlight, alone]);
  upstream.answerWith(async (request) => {
    const body = await request.text();
    const path = new URL(request.url).pathname;
    const one = { method: request.method, path, headers: request.headers, body };
    const form = formOf(one);
    if (form) {
      if (form.get("method") !== assignWorker) return cards.answer(form);
      if (form.get("workcard_id") === tookEffect) cards.take(form);
      return noAnswer();
    }
    const order = wechatCall(one)?.order ?? "";
    if (hung.has(order)) return noAnswer();
    if (order === waiting) return unsigned204();
    if (order === ended) {
      // Its first tries fail, so that the ledger's one alarm is set for it when the last one is answered.
      if (callsFor(ended).length < 3) return unsigned204();
      return signed204(keys.direct);
    }
    return signed204(keyFor(order));
  });

  const calls: Promise<unknown>[] = [];
  const begin = (headers: Record<string, string>, body: unknown) => {
    calls.push(assign(edge, headers, body).catch(() => undefined));
  };

  await assign(edge, { ...tenants.looked(), "Staff-Assign-Store": "7" }, wechat(answered, "G1"));
  const first = assign(edge, tenants.direct(), wechat(ended, "G1"));
  begin(tenants.direct(), wechat(alone, "G1"));
  begin(tenants.both(), wechat(waiting, "G1"));
  await first;
  // What hangs is given up after four seconds, so it begins when nothing is waited for but that it arrives.
  begin(tenants.tmall(), byMobile(tookEffect));
  begin(tenants.tmall(), byId(lost));
  for (const order of inFlight) begin(tenants.looked(), wechat(order, "G1"));
  await Promise.all([
    ...inFlight.map((order) => upstream.seen((one) => wechatCall(one)?.order === order)),
    ...[tookEffect, lost].map((card) => upstream.seen((one) => topCall(one)?.card === card)),
    ...[waiting, alone].map((order) => upstream.seen((one) => wechatCall(one)?.order === order)),
  ]);
  begin(tenants.looked(), wechat(queued, "G1"));
  // Queued behind four sends that hang: seen in the history, as soon as the ledger has it, and never at the platform.
  const shown = async () =>
    (await call(edge, "GET", `/v1/assignments?order=${queued}`, tenants.looked())).body.data?.[0];
  let inHistory = await shown();
  while (!inHistory) inHistory = await shown();
  assert.equal(inHistory.status, "pending");
  assert.equal(callsFor(queued).length, 0);

  await edge.kill();
  await Promise.all(calls);
  sentBefore = [...upstream.calls];
  upstream.forget();
  upstream.answerWith(async (request) => {
    const body = await request.text();
    const one = { method: request.method, path: new URL(request.url).pathname, headers: request.headers, body };
    const form = formOf(one);
    return form ? cards.answer(form) : signed204(keyFor(wechatCall(one)?.order ?? ""));
  });
  edge = await startWorkerd(state.path, environment.edge);
});
after(async () => {
  await edge.kill();
  await upstream.close();
  await state.remove();
});

/** Reads until the assignment has ended; each read is a real request. */
async function resolved(headers: Record<string, string>, order: string): Promise<Answer["body"]> {
  for (;;) {
    const { body } = await call(edge, "GET", `/v1/assignments?order=${order}`, headers);
    assert.equal(body.data?.length, 1, "one logical assignment");
    const [only] = body.data ?? [];
    if (only && only.status !== "pending") return only;
  }
}

describe("after a crash, in a ledger that is called again", () => {
  test("an assignment cut off in its send can be replaced at once", async () => {
    const [order = ""] = inFlight;
    const { body } = await call(edge, "GET", `/v1/assignments?order=${order}`, tenants.looked());
    const answer = await assign(edge, tenants.looked(), wechat(order, "G2", { replaces: body.data?.[0]?.id }));
    assert.deepEqual([answer.status, answer.body.status, answer.body.guide?.id], [200, "assigned", "G2"]);
    const old = await call(edge, "GET", `/v1/assignments/${body.data?.[0]?.id}`, tenants.looked());
    assert.equal(old.body.status, "superseded");
    assert.equal(
      callsFor(order).at(-1)?.path,
      "/v3/smartguide/guides/G2/assign",
      "the platform hears the new guide last",
    );
  });

  test("asking again for what was cut off waits for its outcome, and it is the same assignment", async () => {
    const [, order = ""] = inFlight;
    const answer = await assign(edge, tenants.looked(), wechat(order, "G1"));
    assert.deepEqual([answer.status, answer.body.status, answer.body.replayed], [200, "assigned", true]);
  });

  test("what was being sent is sent again with the same parameters and is one assignment", async () => {
    for (const order of inFlight.slice(2)) {
      assert.equal((await resolved(tenants.looked(), order)).status, "assigned");
      assert.deepEqual(new Set(parametersOf(order).map((one) => one?.guide)), new Set(["G1"]));
    }
  });

  test("what was queued and never sent is sent once", async () => {
    assert.equal((await resolved(tenants.looked(), queued)).status, "assigned");
    assert.equal(parametersOf(queued).length, 1);
  });

  test("what was answered before the crash is still assigned", async () => {
    assert.equal((await resolved(tenants.looked(), answered)).status, "assigned");
    assert.deepEqual(new Set(parametersOf(answered).map((one) => one?.guide)), new Set(["G1"]));
  });
});

describe("after a crash, in a ledger that nobody calls", () => {
  test("the alarm goes on with an assignment that had no proof yet", async () => {
    await upstream.seen((one) => wechatCall(one)?.order === waiting);
    assert.equal((await resolved(tenants.both(), waiting)).status, "assigned");
  });

  test("the alarm goes on with a send that was cut off while an earlier alarm had just run for another order", async () => {
    await upstream.seen((one) => wechatCall(one)?.order === alone);
    assert.equal((await resolved(tenants.direct(), alone)).status, "assigned");
    assert.equal((await resolved(tenants.direct(), ended)).status, "assigned");
  });

  test("a work card that got its worker before the crash is read and not assigned again", async () => {
    await upstream.seen((one) => topCall(one)?.card === tookEffect);
    assert.equal((await resolved(tenants.tmall(), tookEffect)).status, "assigned");
    const methods = upstream.calls
      .map(topCall)
      .filter((one) => one?.card === tookEffect)
      .map((one) => one?.method);
    assert.ok(!methods.includes(assignWorker), methods.join());
    assert.equal(cards.workers.get(tookEffect)?.worker_mobile, mobile);
  });

  test("a work card that got no worker before the crash is read first and then assigned once", async () => {
    assert.equal((await resolved(tenants.tmall(), lost)).status, "assigned");
    const methods = upstream.calls
      .map(topCall)
      .filter((one) => one?.card === lost)
      .map((one) => one?.method);
    assert.notEqual(methods[0], assignWorker);
    assert.equal(methods.filter((method) => method === assignWorker).length, 1);
  });
});
