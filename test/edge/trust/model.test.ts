/** Random rounds of parallel calls against the model, over real sockets and bare workerd. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { assign, backendHeaders, call, newOrder, otherSubMchid, subMchid, wechat } from "../../support/calls.ts";
import { createDevEnvironment, type DevEnvironment } from "../../support/dev-environment.ts";
import { edgeOrigin } from "../../support/edge.ts";
import { type PlatformKey, platformKeyOf, signed204, signedError, unsigned204 } from "../../support/platform.ts";
import { formOf, startUpstream, type UpstreamCall, type UpstreamServer } from "../../support/upstream.ts";
import { startWorkerd, stateDirectory, type Workerd } from "../../support/workerd.ts";
import { type Caller, type Command, explainRound, type PlatformAnswer, sees, type World } from "./model.ts";
import { topCall, WorkCards, wechatCall } from "./platforms.ts";

let environment: DevEnvironment;
let upstream: UpstreamServer;
let state: Awaited<ReturnType<typeof stateDirectory>>;
let edge: Workerd;
let key: PlatformKey;

before(async () => {
  upstream = await startUpstream();
  environment = await createDevEnvironment({ edgeOrigin, sandboxOrigin: upstream.origin });
  key = platformKeyOf(environment);
  state = await stateDirectory();
  edge = await startWorkerd(state.path, environment.edge);
});
after(async () => {
  await edge.kill();
  await upstream.close();
  await state.remove();
});

interface Channel {
  callers: Caller[];
  newOrder: () => string;
  request: (order: string, guide: number, more: object) => object;
  guide: (index: number) => string;
}
const overWechat: Channel = {
  callers: [
    { partner: "pos", subMchid, store: "" },
    { partner: "pos", subMchid, store: "1" },
    { partner: "pos", subMchid, store: "2" },
    { partner: "kiosk", subMchid, store: "" },
  ],
  newOrder,
  guide: (index) => `G${index}`,
  request: (order, guide, more) => wechat(order, overWechat.guide(guide), more),
};
let nextCard = 8_400_000_000_000_000;
/** A card is one order whichever sub-merchant names it. */
const overTmall: Channel = {
  callers: [
    { partner: "pos", subMchid, store: "" },
    { partner: "pos", subMchid, store: "1" },
    { partner: "pos", subMchid: otherSubMchid, store: "" },
    { partner: "kiosk", subMchid, store: "" },
  ],
  newOrder: () => String(nextCard++),
  guide: (index) => `${index + 1}`,
  request: (order, guide, more) => ({ channel: "tmall", order, guide: { id: overTmall.guide(guide) }, ...more }),
};
const headersOf = ({ partner, store, ...tenant }: Caller) =>
  backendHeaders(partner === "pos" ? environment.partnerApiKey : environment.kioskApiKey, {
    ...tenant,
    ...(store !== "" && { storeId: store }),
  });

/** The platform of one run: answers each order by its script, and remembers what it accepted. */
class Platform {
  readonly scripts = new Map<string, PlatformAnswer[]>();
  readonly accepted = new Map<string, string[]>();
  readonly sends = new Map<string, number>();
  readonly #cards = new WorkCards();
  #gate: Promise<void> = Promise.resolve();

  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return resolve;
  }

  async answer(request: Request): Promise<Response> {
    const call = {
      method: "POST",
      path: new URL(request.url).pathname,
      headers: request.headers,
      body: await request.text(),
    };
    const form = formOf(call);
    if (form) return this.#dispatch(form);
    const sent = wechatCall(call);
    if (!sent) return new Response(null, { status: 404 });
    const { order, guide } = sent;
    // A run that its time limit interrupted may still be sending: its orders are none of this one's.
    if (!this.scripts.has(order)) return signed204(key);
    this.sends.set(order, (this.sends.get(order) ?? 0) + 1);
    const answer = this.scripts.get(order)?.shift() ?? "accept";
    await this.#gate;
    switch (answer) {
      case "accept":
        this.accepted.set(order, [...(this.accepted.get(order) ?? []), guide]);
        return signed204(key);
      case "refuse":
        return signedError(key, 400, "PARAM_ERROR", "商户订单号格式错误");
      case "closed":
        return signedError(key, 400, "ORDER_CLOSED", "订单已关闭");
      case "unsigned":
        return unsigned204();
      case "broken":
        return new Response("<html>", { status: 500 });
      case "reset":
        throw new Error("reset");
    }
  }

  /** Tmall takes every worker that it is sent. */
  async #dispatch(form: URLSearchParams): Promise<Response> {
    const [order, guide] = [form.get("workcard_id") ?? "", form.get("target_worker_id") ?? ""];
    this.sends.set(order, (this.sends.get(order) ?? 0) + 1);
    await this.#gate;
    this.accepted.set(order, [...(this.accepted.get(order) ?? []), guide]);
    return this.#cards.answer(form);
  }
}

interface Plan {
  caller: number;
  order: number;
  guide: number;
  key: number;
  replaces: "nothing" | "current" | "stale";
}
interface Round {
  plans: Plan[];
  hold: boolean;
  /** sends of this round's orders are answered so */
  script: PlatformAnswer[];
}

const plan = fc.record<Plan>({
  caller: fc.nat({ max: overWechat.callers.length - 1 }),
  order: fc.nat({ max: 1 }),
  guide: fc.nat({ max: 2 }),
  key: fc.nat({ max: 4 }),
  replaces: fc.constantFrom("nothing", "nothing", "current", "current", "stale"),
});
const doubt = fc.constantFrom<PlatformAnswer>("unsigned", "broken", "reset");
const verdict = fc.constantFrom<PlatformAnswer>("accept", "accept", "refuse", "closed");
const script = fc
  .array(fc.tuple(fc.option(doubt, { freq: 3 }), verdict), { maxLength: 3 })
  .map((steps) => steps.flatMap(([first, last]) => (first === null ? [last] : [first, last])))
  // More doubts in a row would outlast the eight seconds in which a call is answered.
  .filter((answers) => answers.filter((answer) => answer === "closed").length <= 1);
const plans = fc.array(plan, { minLength: 1, maxLength: 4 });
const round = fc.record<Round>({ plans, hold: fc.boolean(), script });
const roundWithoutDoubt = fc.record<Round>({ plans, hold: fc.boolean(), script: fc.constant([]) });

async function historyOf(caller: Caller, order: string) {
  const { body } = await call(edge, "GET", `/v1/assignments?order=${order}&limit=100`, headersOf(caller));
  return body.data ?? [];
}

async function run(channel: Channel, rounds: Round[]): Promise<void> {
  const { callers } = channel;
  const platform = new Platform();
  upstream.answerWith((request) => platform.answer(request));
  const orders = [channel.newOrder(), channel.newOrder()];
  const keyPrefix = newOrder();
  let world: World = { entries: {}, keys: {}, scripts: {}, sends: {} };

  for (const { plans, hold, script } of rounds) {
    upstream.forget();
    for (const order of orders) {
      platform.scripts.set(order, [...script]);
      world.scripts[order] = [...script];
    }
    const commandOf = (one: Plan, current: string | undefined): Command => {
      const order = orders[one.order] ?? "";
      const entries = world.entries[order] ?? [];
      const replaces = { nothing: undefined, current: current ?? entries.at(-1)?.id, stale: entries.at(-2)?.id }[
        one.replaces
      ];
      const caller = callers[one.caller] ?? assert.fail("no such caller");
      return {
        caller,
        order,
        guide: channel.guide(one.guide),
        key: one.key > 1 ? undefined : `${keyPrefix}-${one.key}`,
        replaces,
      };
    };
    const send = ({ caller, order, key: idempotencyKey, replaces }: Command, guide: number) =>
      assign(
        edge,
        { ...headersOf(caller), ...(idempotencyKey !== undefined && { "Idempotency-Key": idempotencyKey }) },
        channel.request(order, guide, replaces === undefined ? {} : { replaces }),
      );
    const calls: { command: Command; reply: ReturnType<typeof send> }[] = [];
    const release = hold ? platform.hold() : () => {};
    let seen: { order: string; id: string | undefined } | undefined;
    for (const [index, one] of plans.entries()) {
      const order = orders[one.order];
      const command = commandOf(one, seen && seen.order === order ? seen.id : undefined);
      const reply = send(command, one.guide);
      calls.push({ command, reply });
      if (index > 0 || !hold) continue;
      // The first is answered at once, or its send is in flight: then its id can be seen, and replaced.
      const isOfOrder = (sent: UpstreamCall) => (wechatCall(sent)?.order ?? topCall(sent)?.card) === command.order;
      await Promise.race([reply, upstream.seen(isOfOrder)]);
      const [newest] = await historyOf({ ...command.caller, store: "" }, command.order);
      if (newest?.status === "pending" && newest.id !== undefined) {
        command.seenId = newest.id;
        seen = { order: command.order, id: newest.id };
      }
    }
    // One more request through the object, so that most of the calls have reached it when the platform goes on.
    await historyOf(callers[0] ?? assert.fail("no caller"), orders[0] ?? "");
    release();
    const answered = await Promise.all(calls.map(async ({ command, reply }) => ({ command, reply: await reply })));

    const explained = explainRound(world, answered, platform.sends);
    const told = answered.map(({ command, reply }) => ({ command, status: reply.status, body: reply.body }));
    const seenSends = Object.fromEntries(platform.sends);
    assert.ok(
      explained,
      `no order of the calls explains ${JSON.stringify({ world, script, told, seenSends }, null, 1)}`,
    );
    world = explained;
    await check(world, platform, orders, callers);
  }
}

/** The history is what the model says, for everybody who may see it, and the platform heard no more than it had to. */
async function check(world: World, platform: Platform, orders: string[], callers: Caller[]): Promise<void> {
  for (const order of orders) {
    const entries = world.entries[order] ?? [];
    for (const caller of callers) {
      const mine = entries.filter((entry) => sees(caller, entry));
      const shown = (await historyOf(caller, order)).toReversed();
      assert.deepEqual(
        shown.map(({ status, guide, problem }) => [status, guide?.id, problem?.code]),
        mine.map(({ status, guide }) => [status, guide, status === "failed" ? "upstream_rejected" : undefined]),
      );
      for (const [index, entry] of mine.entries()) {
        entry.id ??= shown[index]?.id;
        assert.equal(shown[index]?.id, entry.id);
      }
    }
    assert.ok(entries.filter(({ status }) => status === "assigned").length <= 1, "two current assignments");
    const current = entries.at(-1);
    if (current?.status === "assigned") {
      assert.equal(platform.accepted.get(order)?.at(-1), current.guide, "assigned without the platform's last word");
    }
  }
}

for (const [name, channel, rounds, limit] of [
  ["over WeChat Pay", overWechat, round, 20_000],
  ["over Tmall, under two sub-merchants", overTmall, roundWithoutDoubt, 8_000],
] as const) {
  test(`every answer, the whole history and every send are what some order of the calls explains, ${name}`, {
    timeout: 55_000,
  }, async () => {
    const runs = fc.array(rounds, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(runs, (each) => run(channel, each)),
      { numRuns: 30, interruptAfterTimeLimit: limit, endOnFailure: true },
    );
  });
}
