/** Tmall has no idempotency key: what the work card shows decides, and who is found on it can be named and replaced. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { assign, backendHeaders, call, tmall } from "../../support/calls.ts";
import { formOf } from "../../support/upstream.ts";
import { assignWorker, topCall, WorkCards } from "./platforms.ts";
import { mint, startTrust, type Trust } from "./setup.ts";

let trust: Trust;
let cards: WorkCards;
/** Whether the next sends are answered, or refused, or fall into the void after or before they took effect. */
let fate: "answered" | "refused" | "lost" | "done-unanswered";
before(async () => {
  trust = await startTrust();
});
after(() => trust.close());
beforeEach(() => {
  cards = new WorkCards();
  fate = "answered";
  trust.upstream.forget();
  trust.upstream.answerWith(async (request) => {
    const body = await request.text();
    const form = formOf({ method: "POST", path: new URL(request.url).pathname, headers: request.headers, body });
    if (!form) throw new Error("not TOP");
    if (form.get("method") === assignWorker && fate === "refused") return Response.json(refusal);
    if (form.get("method") === assignWorker && fate !== "answered") {
      if (fate === "done-unanswered") cards.take(form);
      throw new Error("reset");
    }
    return cards.answer(form);
  });
});

const refusal = {
  tmall_servicecenter_workcard_assignworker_response: { result: { success: false, msg_code: "10006" } },
};
let next = 8_100_000_000_000_000;
const newCard = () => String(next++);
const methods = () => trust.upstream.calls.map((one) => topCall(one)?.method);
const assigns = () => methods().filter((method) => method === assignWorker).length;

describe("a send whose answer is lost", () => {
  test("is assigned by the card that shows the worker, without a second send", async () => {
    const card = newCard();
    fate = "done-unanswered";
    const answer = await assign(trust.edge, trust.backend, tmall(card, "1"));
    assert.deepEqual([answer.status, answer.body.status], [200, "assigned"]);
    assert.equal(assigns(), 1);
  });

  test("that finds another worker on the card is a conflict that shows him, and is not sent again", async () => {
    const card = newCard();
    cards.workers.set(card, { worker_id: "99", worker_name: "李师傅" });
    fate = "lost";
    const answer = await assign(trust.edge, trust.backend, tmall(card, "1"));
    assert.deepEqual([answer.status, answer.body.code], [409, "already_assigned"]);
    assert.deepEqual(
      [answer.body.current?.guide?.id, answer.body.current?.observed, answer.body.current?.status],
      ["99", true, "assigned"],
    );
    assert.equal(assigns(), 1);

    const { body } = await call(trust.edge, "GET", `/v1/assignments?order=${card}`, trust.backend);
    assert.deepEqual(
      body.data?.map(({ status, observed, guide }) => [status, observed ?? false, guide?.id]),
      [
        ["assigned", true, "99"],
        ["failed", false, "1"],
      ],
    );
    assert.equal(body.data?.[1]?.problem?.code, "already_assigned");
  });

  test("that found another worker lets him be replaced by the id that the conflict told", async () => {
    const card = newCard();
    cards.workers.set(card, { worker_id: "99" });
    fate = "lost";
    const conflict = await assign(trust.edge, trust.backend, tmall(card, "1"));
    fate = "answered";
    const observed = conflict.body.current?.id;
    const answer = await assign(trust.edge, trust.backend, tmall(card, "1", { replaces: observed }));
    assert.deepEqual([answer.status, answer.body.guide?.id, cards.workers.get(card)?.worker_id], [200, "1", "1"]);
    const old = await call(trust.edge, "GET", `/v1/assignments/${observed}`, trust.backend);
    assert.deepEqual([old.body.status, old.body.observed], ["superseded", true]);
  });

  test("that found another worker tells another partner that the card is taken, and not by whom", async () => {
    const card = newCard();
    cards.workers.set(card, { worker_id: "99", worker_name: "李师傅" });
    fate = "lost";
    await assign(trust.edge, trust.backend, tmall(card, "1"));
    trust.upstream.forget();
    const answer = await assign(trust.edge, backendHeaders(trust.environment.kioskApiKey), tmall(card, "99"));
    assert.deepEqual([answer.status, answer.body.current?.id, answer.body.current?.guide], [409, undefined, undefined]);
    assert.ok(!JSON.stringify(answer.body).includes("李师傅"));
    assert.equal(trust.upstream.calls.length, 0);
  });
});

test("a worker's mobile is one with and without its country code", async () => {
  const card = newCard();
  const byMobile = (mobile: string) => ({ channel: "tmall", order: card, guide: { mobile } });
  const first = await assign(trust.edge, trust.backend, byMobile("13812345678"));
  const again = await assign(trust.edge, trust.backend, byMobile("+8613812345678"));
  assert.deepEqual([first.status, again.status, again.body.id, again.body.replayed], [200, 200, first.body.id, true]);
  assert.equal(assigns(), 1);
});

describe("the look at an order", () => {
  const look = async (card: string, headers: Record<string, string>) => {
    const { status, body } = await call(trust.edge, "GET", `/v1/orders/${card}?channel=tmall`, headers);
    assert.deepEqual([status, body.order, body.status], [200, card, "3"]);
    return body.guide?.id;
  };
  const kiosk = () => backendHeaders(trust.environment.kioskApiKey);

  test("does not tell a partner whom another one named, whatever became of it", async () => {
    const card = newCard();
    const { body } = await assign(trust.edge, trust.backend, tmall(card, "1"));
    assert.deepEqual([await look(card, trust.backend), await look(card, kiosk())], ["1", undefined]);
    // The replacement is refused: the order is nobody's in the ledger, and the platform holds the first.
    fate = "refused";
    const refused = await assign(trust.edge, trust.backend, tmall(card, "2", { replaces: body.id }));
    assert.equal(refused.body.code, "upstream_rejected");
    assert.deepEqual([await look(card, trust.backend), await look(card, kiosk())], ["1", undefined]);
  });
  test("tells every partner of a worker whom none named here", async () => {
    const card = newCard();
    cards.workers.set(card, { worker_id: "99" });
    assert.deepEqual([await look(card, trust.backend), await look(card, kiosk())], ["99", "99"]);
  });
  test("does not tell a partner of a worker whom a read-back found for another one", async () => {
    const card = newCard();
    cards.workers.set(card, { worker_id: "99" });
    fate = "lost";
    await assign(trust.edge, trust.backend, tmall(card, "1"));
    assert.deepEqual([await look(card, trust.backend), await look(card, kiosk())], ["99", undefined]);
  });

  const sessionOf = async (storeId?: string) => {
    const scope = "assignments:read assignments:write";
    const asked = { scope, ...(storeId !== undefined && { storeId }) };
    return (await mint(trust, trust.environment.partnerApiKey, asked)).headers;
  };
  test("does not tell a store that another store's card is there, nor who is on it", async () => {
    const [card, absent] = [newCard(), "1008"];
    cards.workers.set(card, { service_store_id: "8", worker_id: "99", worker_name: "李师傅" });
    const [store7, store8, headOffice] = [await sessionOf("7"), await sessionOf("8"), await sessionOf()];
    for (const who of [store8, headOffice, trust.backend]) assert.equal(await look(card, who), "99");
    cards.absent.add(absent);
    const answers = [card, absent].map((order) => call(trust.edge, "GET", `/v1/orders/${order}?channel=tmall`, store7));
    const [others, none] = await Promise.all(answers);
    assert.deepEqual([others?.status, others?.body.code], [404, "not_found"]);
    assert.deepEqual({ ...others?.body, requestId: "" }, { ...none?.body, requestId: "" });
  });
  test("names nobody to a store on a card without a store, but whom it named itself", async () => {
    const [card, store7, store8] = [newCard(), await sessionOf("7"), await sessionOf("8")];
    cards.workers.set(card, { worker_id: "99" });
    assert.deepEqual([await look(card, store7), await look(card, trust.backend)], [undefined, "99"]);
    const { status } = await assign(trust.edge, store7, tmall(card, "1"));
    assert.equal(status, 200);
    assert.deepEqual([await look(card, store7), await look(card, store8)], ["1", undefined]);
  });
});

test("a replacement with a check reason that the merchant does not list leaves the order to whom it belongs", async () => {
  const card = newCard();
  const first = await assign(trust.edge, trust.backend, tmall(card, "1"));
  const change = tmall(card, "2", { replaces: first.body.id, checkReason: "9" });
  const { status, body } = await assign(trust.edge, trust.backend, change);
  assert.deepEqual([status, body.code, body.field], [400, "invalid_request", "checkReason"]);
  const kiosk = await assign(trust.edge, backendHeaders(trust.environment.kioskApiKey), tmall(card, "3"));
  assert.deepEqual([kiosk.status, kiosk.body.code], [409, "already_assigned"]);
  const listed = await call(trust.edge, "GET", `/v1/assignments?order=${card}`, trust.backend);
  assert.deepEqual(
    listed.body.data?.map((one) => [one.id, one.status]),
    [[first.body.id, "assigned"]],
  );
});

describe("a replacement whose answer is lost", () => {
  test("takes the replaced worker on the card for nobody, and is sent again", async () => {
    const card = newCard();
    const first = await assign(trust.edge, trust.backend, tmall(card, "1"));
    fate = "lost";
    const change = assign(trust.edge, trust.backend, tmall(card, "2", { replaces: first.body.id }));
    await trust.upstream.seen((one) => topCall(one)?.method !== assignWorker && topCall(one)?.card === card);
    fate = "answered";
    const answer = await change;
    assert.deepEqual([answer.status, answer.body.guide?.id, cards.workers.get(card)?.worker_id], [200, "2", "2"]);
  });

  test("and that is replaced in turn takes the first worker, who is on the card yet, for nobody too", async () => {
    const card = newCard();
    const first = await assign(trust.edge, trust.backend, tmall(card, "1"));
    fate = "lost";
    const second = assign(trust.edge, trust.backend, tmall(card, "2", { replaces: first.body.id }));
    await trust.upstream.seen((one) => topCall(one)?.method !== assignWorker && topCall(one)?.card === card);
    const listed = await call(trust.edge, "GET", `/v1/assignments?order=${card}`, trust.backend);
    // It waits for the send in flight, so that it comes before the second's next one.
    const third = assign(trust.edge, trust.backend, tmall(card, "3", { replaces: listed.body.data?.[0]?.id }));
    await trust.upstream.seen((one) => formOf(one)?.get("target_worker_id") === "3");
    fate = "answered";
    const answer = await third;
    assert.deepEqual([answer.status, answer.body.guide?.id, cards.workers.get(card)?.worker_id], [200, "3", "3"]);
    assert.equal((await second).body.code, "already_assigned");
  });

  test("is assigned by the card that shows the new worker", async () => {
    const card = newCard();
    const first = await assign(trust.edge, trust.backend, tmall(card, "1"));
    fate = "done-unanswered";
    const answer = await assign(trust.edge, trust.backend, tmall(card, "2", { replaces: first.body.id }));
    assert.deepEqual([answer.status, answer.body.guide?.id], [200, "2"]);
    assert.equal(assigns(), 2);
  });
});

test("an assignment that follows one of unknown outcome reads the card before it sends", async () => {
  const card = newCard();
  fate = "lost";
  const cashier = assign(trust.edge, trust.backend, tmall(card, "1")).catch(() => undefined);
  await trust.upstream.seen((one) => topCall(one)?.card === card);
  for (;;) {
    const { body } = await call(trust.edge, "GET", `/v1/assignments?order=${card}`, trust.backend);
    const [pending] = body.data ?? [];
    fate = "answered";
    trust.upstream.forget();
    const answer = await assign(trust.edge, trust.backend, tmall(card, "2", { replaces: pending?.id }));
    if (answer.status === 409) continue;
    assert.equal(answer.status, 200);
    break;
  }
  await cashier;
  const [before] = methods().slice(0, methods().lastIndexOf(assignWorker)).slice(-1);
  assert.notEqual(before, assignWorker);
  assert.notEqual(before, undefined);
});
