/** A new `STORAGE_KEY` in front of the old one changes nothing for anybody who calls again. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { type Answer, assign, call, newOrder, wechat } from "../../support/calls.ts";
import { accepting } from "../../support/platform.ts";
import { formOf } from "../../support/upstream.ts";
import { WorkCards } from "./platforms.ts";
import { startTrust, type Trust } from "./setup.ts";

const order = newOrder();
const joined = newOrder();
const mobile = "13811112222";
const byMobile = { channel: "tmall", order: "5550001", guide: { mobile } };
const keyed = (trust: Trust, key: string) => ({ ...trust.backend, "Idempotency-Key": key });

let trust: Trust;
let ids: (string | undefined)[];
before(async () => {
  trust = await startTrust();
  const cards = new WorkCards();
  const pay = accepting(trust.key);
  trust.upstream.answerWith(async (request) => {
    const body = await request.clone().text();
    const form = formOf({ method: "POST", path: new URL(request.url).pathname, headers: request.headers, body });
    return form ? cards.answer(form) : pay(request);
  });
  const answers: Answer[] = [
    await assign(trust.edge, keyed(trust, "begun"), wechat(order, "G1")),
    await assign(trust.edge, keyed(trust, "begun-by-mobile"), byMobile),
    await assign(trust.edge, trust.backend, wechat(joined, "G1")),
  ];
  await assign(trust.edge, keyed(trust, "joined"), wechat(joined, "G1"));
  ids = answers.map(({ status, body }) => (status === 200 ? body.id : undefined));
  // A history that was read has every outcome on disk.
  await call(trust.edge, "GET", "/v1/assignments", trust.backend);
  const added = randomBytes(32).toString("base64url");
  await trust.restart(({ STORAGE_KEY = "", ...others }) => ({
    ...others,
    STORAGE_KEY: JSON.stringify([added, STORAGE_KEY]),
  }));
  trust.upstream.forget();
});
after(() => trust.close());

const isReplay = ({ status, body }: Answer, id: string | undefined) => {
  assert.deepEqual([status, body.code, body.status, body.replayed, body.id], [200, undefined, "assigned", true, id]);
  assert.equal(trust.upstream.calls.length, 0, "nothing is sent again");
};

describe("after STORAGE_KEY was rotated", () => {
  test("the same request under the same Idempotency-Key is the same assignment", async () => {
    isReplay(await assign(trust.edge, keyed(trust, "begun"), wechat(order, "G1")), ids[0]);
    isReplay(await assign(trust.edge, keyed(trust, "begun-by-mobile"), byMobile), ids[1]);
  });
  test("so it is under a key that only joined", async () =>
    isReplay(await assign(trust.edge, keyed(trust, "joined"), wechat(joined, "G1")), ids[2]));
  test("the same mobile is the same worker", async () =>
    isReplay(await assign(trust.edge, trust.backend, byMobile), ids[1]));
  test("another request under a key that was used is refused as before", async () => {
    for (const [key, body] of [
      ["begun", wechat(order, "G2")],
      ["joined", wechat(newOrder(), "G1")],
      ["begun-by-mobile", { ...byMobile, guide: { mobile: "13811112223" } }],
    ] as const) {
      const answer = await assign(trust.edge, keyed(trust, key), body);
      assert.deepEqual([answer.status, answer.body.code], [422, "idempotency_key_reused"]);
    }
  });
  test("another mobile is another worker", async () => {
    const answer = await assign(trust.edge, trust.backend, { ...byMobile, guide: { mobile: "13811112223" } });
    assert.deepEqual([answer.status, answer.body.code, answer.body.current?.id], [409, "already_assigned", ids[1]]);
  });
});
