/** The audit record of the running Worker: complete, told to operators alone, and broken by every edit of the file. */
import assert from "node:assert/strict";
import { createHmac, hkdfSync } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { type AuditPage, auditKeyOf, genesis, verifyChain } from "../../../edge/ledger/audit.ts";
import { assign, call, newOrder, subMchid, wechat } from "../../support/calls.ts";
import { accepting, signed204, signedError, unsigned204 } from "../../support/platform.ts";
import { openLedger } from "./disk.ts";
import { mint, startTrust, type Trust, type Variables } from "./setup.ts";

const origin = "https://pos.example";
const orders = { good: newOrder(), refused: newOrder(), doubtful: newOrder(), changed: newOrder() };
const ledger = `demo/${subMchid}/0`;

let trust: Trust;
let session: Awaited<ReturnType<typeof mint>>;
let storageKey: Uint8Array;
before(async () => {
  trust = await startTrust((variables: Variables) => ({
    ...variables,
    PARTNER_POS: JSON.stringify({ ...JSON.parse(variables.PARTNER_POS ?? "{}"), origins: [origin] }),
  }));
  storageKey = Buffer.from(trust.environment.edge.STORAGE_KEY ?? "", "base64url");
  session = await mint(trust, trust.environment.partnerApiKey, { origin });
  const page = (body: unknown, requestId: string) =>
    assign(trust.edge, { ...session.headers, "X-Request-Id": requestId }, body);

  await page(wechat(orders.good, "G1"), "request-good");
  trust.upstream.answerWith(() => signedError(trust.key, 400, "PARAM_ERROR", "no"));
  await page(wechat(orders.refused, "G1"), "request-refused");
  let doubts = 2;
  trust.upstream.answerWith(() => (doubts-- > 0 ? unsigned204() : signed204(trust.key)));
  await page(wechat(orders.doubtful, "G1"), "request-doubtful");
  trust.upstream.answerWith(accepting(trust.key));
  const first = await page(wechat(orders.changed, "G1"), "request-first");
  await assign(trust.edge, trust.backend, wechat(orders.changed, "G2", { replaces: first.body.id }));
});
after(() => trust.close());

const asked = `/v1/operator/audit?merchant=demo&subMchid=${subMchid}`;
const operator = () => ({ Authorization: `Bearer ${trust.environment.operatorKey}` });
async function exported(query = ""): Promise<AuditPage> {
  const response = await trust.edge.fetch(`${asked}${query}`, { headers: operator() });
  assert.equal(response.status, 200);
  return (await response.json()) as AuditPage;
}
const verified = ({ rows }: AuditPage) => verifyChain(rows, genesis, [auditKeyOf(storageKey)]);

describe("the record", () => {
  const of = async (order: string) =>
    (await exported()).rows
      .map(({ entry }) => JSON.parse(entry) as Record<string, unknown>)
      .filter((entry) => entry.order === order);

  test("names partner, session, origin, request and the platform's request id of each attempt and outcome", async () => {
    const entries = await of(orders.good);
    assert.deepEqual(
      entries.map(({ event, attempt, state }) => [event, attempt ?? state]),
      [
        ["sent", 1],
        ["outcome", "assigned"],
      ],
    );
    for (const { partner, session: id, origin: from, requestId } of entries) {
      assert.deepEqual([partner, id, from, requestId], ["pos", session.id, origin, "request-good"]);
    }
    assert.match(String(entries[1]?.upstreamRequestId), /^[0-9A-F]{16}-0$/);
  });

  test("has a refusal with its code", async () => {
    assert.deepEqual(
      (await of(orders.refused)).map(({ event, code }) => [event, code]),
      [
        ["sent", undefined],
        ["outcome", "upstream_rejected"],
      ],
    );
  });

  test("has every attempt of a doubtful one", async () => {
    assert.deepEqual(
      (await of(orders.doubtful)).map(({ event, attempt, state }) => [event, attempt ?? state]),
      [
        ["sent", 1],
        ["outcome", "unknown"],
        ["sent", 2],
        ["outcome", "unknown"],
        ["sent", 3],
        ["outcome", "assigned"],
      ],
    );
  });

  test("says who replaced whom", async () => {
    const entries = await of(orders.changed);
    const superseded = entries.find(({ event }) => event === "superseded");
    assert.ok(superseded);
    assert.deepEqual(
      [superseded.session, superseded.origin],
      [undefined, undefined],
      "the backend's key did it, no session",
    );
    assert.deepEqual(
      entries.map(({ event }) => event),
      ["sent", "outcome", "superseded", "sent", "outcome"],
    );
    assert.equal(superseded.by, entries[3]?.assignment);
  });

  test("holds a revocation", async () => {
    const other = await mint(trust, trust.environment.partnerApiKey, { origin });
    await call(trust.edge, "DELETE", `/v1/sessions/${other.id}`, {
      Authorization: `Bearer ${trust.environment.partnerApiKey}`,
    });
    const last = JSON.parse((await exported()).rows.at(-1)?.entry ?? "{}");
    assert.deepEqual([last.event, last.partner, last.session], ["revoked", "pos", other.id]);
  });

  test("is chained by HMAC as the documents say", async () => {
    const secret = hkdfSync("sha256", storageKey, new Uint8Array(), "staff-assign audit", 32);
    let previous = "genesis";
    for (const { seq, at, entry, mac } of (await exported()).rows) {
      const [keyId = "", tag] = mac.split(".");
      assert.match(keyId, /^[0-9a-f]{8}$/);
      const text = `${previous}\n${seq}\n${at}\n${entry}`;
      assert.equal(tag, createHmac("sha256", Buffer.from(secret)).update(text).digest("base64url"));
      previous = mac;
    }
  });

  test("comes in pages that join to the whole", async () => {
    const whole = await exported();
    const rows: AuditPage["rows"] = [];
    for (;;) {
      const page = await exported(`&limit=3&after=${rows.at(-1)?.seq ?? 0}`);
      if (page.rows.length === 0) break;
      rows.push(...page.rows);
    }
    assert.deepEqual(rows, whole.rows);
  });
});

describe("an edit of the file is found", () => {
  const tampered = async (statement: string) => {
    const before = await exported();
    assert.equal(verified(before).kind, "intact");
    await trust.edge.kill();
    const database = openLedger(trust.state, ledger);
    const saved = database.prepare("SELECT * FROM audit").all();
    assert.equal(database.prepare(statement).run().changes, 1);
    database.close();
    await trust.restart((same) => same);
    const page = await exported();
    await trust.edge.kill();
    const again = openLedger(trust.state, ledger);
    again.exec("DELETE FROM audit");
    const insert = again.prepare("INSERT INTO audit (seq, at, entry, mac) VALUES (?, ?, ?, ?)");
    for (const { seq, at, entry, mac } of saved) insert.run(seq ?? null, at ?? null, entry ?? null, mac ?? null);
    again.close();
    await trust.restart((same) => same);
    return { before, page };
  };

  test("when an entry is edited", async () => {
    const { page } = await tampered("UPDATE audit SET entry = replace(entry, 'pos', 'sop') WHERE seq = 3");
    assert.deepEqual(verified(page), { kind: "broken", seq: 3, why: "edited" });
  });
  test("when a time is edited", async () => {
    const { page } = await tampered("UPDATE audit SET at = at + 1 WHERE seq = 4");
    assert.deepEqual(verified(page), { kind: "broken", seq: 4, why: "edited" });
  });
  test("when a row is deleted", async () => {
    const { page } = await tampered("DELETE FROM audit WHERE seq = 2");
    assert.deepEqual(verified(page), { kind: "broken", seq: 2, why: "missing" });
  });
  test("when the end is cut off, by the head that was exported before", async () => {
    const { before, page } = await tampered("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)");
    const verification = verified(page);
    assert.equal(verification.kind, "intact");
    assert.notDeepEqual(page.head, before.head);
    assert.ok(page.head.seq < before.head.seq);
  });
});

describe("the record is refused", () => {
  const refused = async (headers: Record<string, string>, status: number) => {
    for (const path of [asked, "/v1/operator/merchants"]) {
      const answer = await call(trust.edge, "GET", path, headers);
      assert.equal(answer.status, status, path);
      assert.equal(answer.body.data, undefined);
    }
  };
  test("without a key", () => refused({}, 401));
  test("to a partner's key", () => refused({ Authorization: `Bearer ${trust.environment.partnerApiKey}` }, 401));
  test("to a session", () => refused({ Authorization: session.headers.Authorization ?? "" }, 401));
  test("to a wrong operator key", () => refused({ Authorization: `Bearer op_${"x".repeat(40)}` }, 401));
  test("to a page, even one that holds the key", () => refused({ ...operator(), Origin: origin }, 403));
  test("as if it were not there when no operator key is configured", async () => {
    await trust.restart(({ OPERATOR_KEY_SHA256: _, ...rest }) => rest);
    await refused(operator(), 404);
    await trust.restart((same) => same);
  });
});
