/**
 * A merchant in partner mode with Tmall: a work card is one order whichever sub-merchant's session names it, and all else
 * stays each sub-merchant's own.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { after, before, beforeEach, describe, test } from "node:test";
import { calculateThumbprint, generateKeyPair, generateProof } from "dpop";
import {
  assign,
  type Body,
  backendHeaders,
  call,
  newOrder,
  otherSubMchid,
  subMchid,
  tmall,
  wechat,
} from "../../support/calls.ts";
import { edgeOrigin } from "../../support/edge.ts";
import { signed204 } from "../../support/platform.ts";
import { formOf, noAnswer } from "../../support/upstream.ts";
import { objectFiles, openLedger } from "./disk.ts";
import { assignWorker, topCall, WorkCards } from "./platforms.ts";
import { mint, newPartner, partnerWith, startTrust, type Trust } from "./setup.ts";

const burst = 6;
const limited = newPartner("limited", { limits: { sessionPerSecond: 1, sessionBurst: burst } });

let trust: Trust;
let cards: WorkCards;
/** Whether TOP answers the next dispatches, or they end as the process does. */
let answers: boolean;

const start = async (shards: number) => {
  trust = await startTrust((variables) => ({
    ...variables,
    ...limited.variable,
    MERCHANT_DEMO: partnerWith(variables.MERCHANT_DEMO, { shards }),
  }));
};
beforeEach(() => {
  cards = new WorkCards();
  answers = true;
  trust.upstream.forget();
  trust.upstream.answerWith(async (request) => {
    const body = await request.text();
    const form = formOf({ method: "POST", path: new URL(request.url).pathname, headers: request.headers, body });
    if (!form) return signed204(trust.key);
    return answers || form.get("method") !== assignWorker ? cards.answer(form) : noAnswer();
  });
});

let next = 8_300_000_000_000_000;
const newCard = () => String(next++);
const one = () => backendHeaders(trust.environment.partnerApiKey, { subMchid });
const other = () => backendHeaders(trust.environment.partnerApiKey, { subMchid: otherSubMchid });
const sends = (card: string) =>
  trust.upstream.calls.map(topCall).filter((sent) => sent?.card === card && sent.method === assignWorker).length;
const list = async (headers: Record<string, string>, query: Record<string, string> = {}) =>
  (await call(trust.edge, "GET", `/v1/assignments?${new URLSearchParams(query)}`, headers)).body;

for (const shards of [1, 3]) {
  describe(`with ${shards} shard${shards > 1 ? "s" : ""}`, () => {
    before(() => start(shards));
    after(() => trust.close());

    describe("one card named under two sub-merchants", () => {
      test("at the same time, for two workers: one wins, the other learns that it is taken, and Tmall hears of one", async () => {
        for (let round = 0; round < 8; round++) {
          const card = newCard();
          const workers = ["1", "2"];
          const [first, second] = await Promise.all([
            assign(trust.edge, one(), tmall(card, "1")),
            assign(trust.edge, other(), tmall(card, "2")),
          ]);
          assert.deepEqual([first.status, second.status].sort(), [200, 409]);
          const [won, lost] = first.status === 200 ? [first, second] : [second, first];
          assert.ok(workers.includes(won.body.guide?.id ?? ""));
          assert.equal(lost.body.code, "already_assigned");
          assert.deepEqual(Object.keys(lost.body.current ?? {}).sort(), [
            "channel",
            "createdAt",
            "order",
            "orderKind",
            "status",
          ]);
          assert.deepEqual([sends(card), cards.workers.get(card)?.worker_id], [1, won.body.guide?.id]);
        }
      });
      test("for the same worker is not joined: who else assigned him is nobody's business", async () => {
        const card = newCard();
        assert.equal((await assign(trust.edge, one(), tmall(card, "1"))).status, 200);
        const answer = await assign(trust.edge, other(), tmall(card, "1"));
        assert.deepEqual(
          [answer.status, answer.body.current?.id, answer.body.current?.guide],
          [409, undefined, undefined],
        );
        assert.equal(sends(card), 1);
      });
      test("is not taken over by an id that was learned elsewhere", async () => {
        const card = newCard();
        const { body } = await assign(trust.edge, one(), tmall(card, "1"));
        const answer = await assign(trust.edge, other(), tmall(card, "2", { replaces: body.id }));
        assert.deepEqual([answer.status, answer.body.code, sends(card)], [409, "already_assigned", 1]);
        const changed = await assign(trust.edge, one(), tmall(card, "3", { replaces: body.id }));
        assert.deepEqual([changed.status, cards.workers.get(card)?.worker_id], [200, "3"]);
      });
      test("whose worker only the platform knows is shown to all, and then to the one that acted on it", async () => {
        const card = newCard();
        cards.workers.set(card, { worker_id: "99" });
        const look = async (headers: Record<string, string>) =>
          (await call(trust.edge, "GET", `/v1/orders/${card}?channel=tmall`, headers)).body.guide?.id;
        assert.deepEqual([await look(one()), await look(other())], ["99", "99"]);
        await assign(trust.edge, one(), tmall(card, "1"));
        assert.deepEqual([await look(one()), await look(other())], ["1", undefined]);
      });
    });

    describe("what was assigned under one sub-merchant", () => {
      test("is in its own history alone, by id too", async () => {
        const card = newCard();
        const { body } = await assign(trust.edge, one(), tmall(card, "1"));
        const read = (headers: Record<string, string>) =>
          call(trust.edge, "GET", `/v1/assignments/${body.id}`, headers);
        assert.deepEqual([(await read(one())).status, (await read(other())).status], [200, 404]);
        const kiosk = backendHeaders(trust.environment.kioskApiKey, { subMchid });
        assert.equal((await read(kiosk)).status, 404);
        for (const query of [{ order: card }, { order: card, channel: "tmall" }] as Record<string, string>[]) {
          assert.deepEqual(
            (await list(one(), query)).data?.map(({ id }) => id),
            [body.id],
          );
          assert.deepEqual([(await list(other(), query)).data, (await list(kiosk, query)).data], [[], []]);
        }
        assert.deepEqual((await list(one(), { order: card, channel: "wechat" })).data, []);
      });
      test("does not use up the other's idempotency keys", async () => {
        const [mine, theirs] = [newCard(), newCard()];
        const keyed = (headers: Record<string, string>) => ({ ...headers, "Idempotency-Key": `till-${mine}` });
        const first = await assign(trust.edge, keyed(one()), tmall(mine, "1"));
        const second = await assign(trust.edge, keyed(other()), tmall(theirs, "1"));
        assert.deepEqual([first.status, second.status, second.body.replayed], [200, 200, undefined]);
        const again = await assign(trust.edge, keyed(one()), tmall(mine, "1"));
        assert.deepEqual([again.body.id, again.body.replayed], [first.body.id, true]);
      });
      test("of both channels comes in pages that joined are the whole, newest first", async () => {
        const store = String(next++);
        const shop = backendHeaders(trust.environment.partnerApiKey, { subMchid, storeId: store });
        const made: (string | undefined)[] = [];
        for (let index = 0; index < 7; index++) {
          const card = newCard();
          made.unshift((await assign(trust.edge, shop, wechat(newOrder(), "G1"))).body.id);
          made.unshift((await assign(trust.edge, shop, tmall(card, "1"))).body.id);
          await assign(trust.edge, other(), tmall(newCard(), "1"));
        }
        for (const limit of [1, 3, 4, 14, 50]) {
          const joined: Body[] = [];
          let cursor: string | undefined;
          do {
            const page = await list(shop, { limit: String(limit), ...(cursor !== undefined && { cursor }) });
            joined.push(...(page.data ?? []));
            cursor = page.nextCursor;
            if (cursor !== undefined) assert.equal(page.data?.length, limit, "only a full page has a next one");
          } while (cursor !== undefined);
          assert.deepEqual(
            joined.map(({ id }) => id),
            made,
          );
        }
        const cardsAlone = (await list(shop, { channel: "tmall" })).data ?? [];
        assert.deepEqual([cardsAlone.length, cardsAlone.every(({ channel }) => channel === "tmall")], [7, true]);
      });
    });

    describe("a session has one home, whichever channel it calls", () => {
      const bodies = (count: number) =>
        Array.from({ length: count }, (_, n) => (n % 2 === 0 ? wechat(newOrder(), "G1") : tmall(newCard(), "1")));
      const tally = (replies: { status: number }[]) => Object.groupBy(replies, ({ status }) => String(status));

      test("a DPoP proof used on both at once passes exactly once", async () => {
        const keys = await generateKeyPair("ES256");
        const jkt = await calculateThumbprint(keys.publicKey);
        for (let round = 0; round < 4; round++) {
          const session = await mint(trust, trust.environment.partnerApiKey, { jkt });
          const proof = await generateProof(keys, `${edgeOrigin}/v1/assignments`, "POST", undefined, session.token);
          trust.upstream.forget();
          const replies = await Promise.all(
            bodies(20).map((body) => assign(trust.edge, { ...session.headers, DPoP: proof }, body)),
          );
          const counts = tally(replies);
          assert.deepEqual([counts["200"]?.length, counts["401"]?.length], [1, 19]);
          assert.equal(trust.upstream.calls.length, 1);
        }
      });
      test("one that is revoked is refused on both, in every kind of call", async () => {
        const session = await mint(trust, trust.environment.partnerApiKey, {
          scope: "assignments:read assignments:write guides:read",
        });
        const card = newCard();
        const { body } = await assign(trust.edge, session.headers, tmall(card, "1"));
        const revoked = await call(trust.edge, "DELETE", `/v1/sessions/${session.id}`, {
          Authorization: `Bearer ${trust.environment.partnerApiKey}`,
        });
        assert.equal(revoked.status, 204);
        trust.upstream.forget();
        const paths = [
          `/v1/assignments/${body.id}`,
          "/v1/assignments",
          "/v1/assignments?channel=tmall",
          `/v1/orders/${card}?channel=tmall`,
          "/v1/guides?storeId=1&limit=10",
        ];
        const replies = [
          ...(await Promise.all(bodies(6).map((each) => assign(trust.edge, session.headers, each)))),
          ...(await Promise.all(paths.map((path) => call(trust.edge, "GET", path, session.headers)))),
        ];
        for (const { status, body: told } of replies) assert.deepEqual([status, told.code], [401, "session_expired"]);
        assert.equal(trust.upstream.calls.length, 0);
      });
      test("its budget is spent on both together", async () => {
        const session = await mint(trust, limited.apiKey);
        const since = performance.now();
        const replies = await Promise.all(bodies(40).map((body) => assign(trust.edge, session.headers, body)));
        const passed = tally(replies)["200"]?.length ?? 0;
        const refilled = Math.ceil((performance.now() - since) / 1000);
        assert.ok(passed >= burst && passed <= burst + refilled, `${passed} passed`);
      });
    });

    test("the audit names the sub-merchant in the merchant's own ledgers, and a sub-merchant's hold no card", async () => {
      const card = newCard();
      await assign(trust.edge, other(), tmall(card, "1"));
      const entriesOf = async (ledgers: object) => {
        const entries: Record<string, unknown>[] = [];
        for (let shard = 0; shard < shards; shard++) {
          const query = new URLSearchParams({ merchant: "demo", shard: String(shard), ...ledgers });
          const headers = { Authorization: `Bearer ${trust.environment.operatorKey}` };
          const response = await trust.edge.fetch(`/v1/operator/audit?${query}`, { headers });
          const { rows } = (await response.json()) as { rows: { entry: string }[] };
          entries.push(...rows.map(({ entry }) => JSON.parse(entry) as Record<string, unknown>));
        }
        return entries;
      };
      const own = (await entriesOf({})).filter(({ order }) => order === card);
      assert.deepEqual(
        own.map(({ event, partner, subMchid: made }) => [event, partner, made]),
        [
          ["sent", "pos", otherSubMchid],
          ["outcome", "pos", otherSubMchid],
        ],
      );
      const theirs = await entriesOf({ subMchid });
      assert.ok(theirs.length > 0);
      assert.ok(theirs.every(({ channel, subMchid: made }) => channel !== "tmall" && made === undefined));
    });

    describe("a process that dies with dispatches on their way", () => {
      test("goes on with them: each card is read, then dispatched once, for the sub-merchant it was made for", async () => {
        const pair = [newCard(), newCard()] as const;
        answers = false;
        const cut = Promise.allSettled([
          assign(trust.edge, one(), tmall(pair[0], "1")),
          assign(trust.edge, other(), tmall(pair[1], "2")),
        ]);
        await Promise.all(pair.map((card) => trust.upstream.seen((sent) => topCall(sent)?.card === card)));
        await trust.edge.kill();
        await cut;
        answers = true;
        trust.upstream.forget();
        await trust.restart((same) => same);
        // Nobody names the cards: reading the history reaches their ledgers, and what was cut off is taken up.
        for (;;) {
          const found = [
            ...((await list(one(), { order: pair[0] })).data ?? []),
            ...((await list(other(), { order: pair[1] })).data ?? []),
          ];
          assert.equal(found.length, 2);
          if (found.some(({ status }) => status === "pending")) continue;
          assert.deepEqual(
            found.map(({ status, guide }) => [status, guide?.id]),
            [
              ["assigned", "1"],
              ["assigned", "2"],
            ],
          );
          break;
        }
        for (const card of pair) {
          const methods = trust.upstream.calls
            .map(topCall)
            .filter((sent) => sent?.card === card)
            .map((sent) => sent?.method);
          assert.notEqual(methods[0], assignWorker);
          assert.equal(sends(card), 1);
        }
        const taken = await assign(trust.edge, other(), tmall(pair[0], "9"));
        assert.deepEqual([taken.status, taken.body.current?.guide], [409, undefined]);
      });
    });
  });
}

describe("ledgers that an older version wrote", () => {
  before(() => start(1));
  after(() => trust.close());

  test("are refused with a line that names them, send nothing, and stay as they are", async () => {
    const card = newCard();
    await assign(trust.edge, one(), tmall(card, "1"));
    await trust.edge.kill();
    const outdate = (version: string) => {
      for (const path of objectFiles(trust.state).filter((file) => file.endsWith(".sqlite"))) {
        const database = new DatabaseSync(path);
        if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'audit'").get()) {
          database.prepare("UPDATE meta SET value = ? WHERE name = 'schema'").run(version);
        }
        database.close();
      }
    };
    const contents = () => {
      const ledger = openLedger(trust.state, "demo/-/0");
      const rows = ["assignments", "audit", "meta"].map((table) => ledger.prepare(`SELECT * FROM ${table}`).all());
      ledger.close();
      return rows;
    };
    const { value: version } =
      openLedger(trust.state, "demo/-/0").prepare("SELECT value FROM meta WHERE name = 'schema'").get() ?? {};
    outdate("1");
    const before = contents();
    trust.upstream.forget();
    await trust.restart((same) => same);
    for (const headers of [one(), other()]) {
      const answer = await assign(trust.edge, headers, tmall(card, "2"));
      assert.deepEqual([answer.status, answer.body.code], [500, "internal_error"]);
    }
    assert.equal(trust.upstream.calls.length, 0);
    const refused = trust.edge.lines.flatMap((line) => (line.includes("ledger_refused") ? [JSON.parse(line)] : []));
    assert.ok(refused.length > 0);
    assert.deepEqual([refused[0].ledger, refused[0].schema, refused[0].known], ["demo/-/0", "1", Number(version)]);
    await trust.edge.kill();
    assert.deepEqual(contents(), before);

    outdate(String(version));
    await trust.restart((same) => same);
    const again = await assign(trust.edge, one(), tmall(card, "1"));
    assert.deepEqual([again.status, again.body.replayed], [200, true]);
  });
});
