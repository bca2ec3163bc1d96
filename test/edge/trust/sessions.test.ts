/** Sessions from their making to their end, against the running Worker; and the same where orders are spread over shards. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { assign, backendHeaders, call, newOrder, otherSubMchid, subMchid, wechat } from "../../support/calls.ts";
import { accepting, signedError } from "../../support/platform.ts";
import { mint, newPartner, partnerWith, startTrust, type Trust, type Variables } from "./setup.ts";

const origin = "https://pos.example";
const signing = await generateKeyPair("ES256");
const signer = newPartner("signer", {
  origins: [origin],
  jwks: { keys: [{ ...(await exportJWK(signing.publicKey)), kid: "k1" }] },
});
const leaver = newPartner("leaver", { origins: [origin] });
const shops = newPartner("shops", {
  merchants: { demo: { subMchids: [subMchid], stores: ["1", "2"], scopes: ["assignments:write"] } },
});

const sharded = (variables: Variables): Variables => ({
  ...variables,
  ...signer.variable,
  ...leaver.variable,
  ...shops.variable,
  PARTNER_POS: partnerWith(variables.PARTNER_POS, { origins: [origin] }),
  MERCHANT_DIRECT: partnerWith(variables.MERCHANT_DIRECT, { shards: 4 }),
});

let trust: Trust;
before(async () => {
  trust = await startTrust(sharded);
});
after(() => trust.close());

const bearer = (apiKey: string) => ({ Authorization: `Bearer ${apiKey}` });
const read = (headers: Record<string, string>) => call(trust.edge, "GET", "/v1/assignments", headers);
const revoke = (apiKey: string, id: string, headers: Record<string, string> = {}) =>
  call(trust.edge, "DELETE", `/v1/sessions/${encodeURIComponent(id)}`, { ...bearer(apiKey), ...headers });

async function partnerSigned(claims: object = {}, lifetime = 900) {
  const now = Math.floor(Date.now() / 1000);
  const jti = randomBytes(12).toString("base64url");
  const token = await new SignJWT({
    iss: "signer",
    aud: "staff-assign",
    iat: now,
    exp: now + lifetime,
    jti,
    merchant: "demo",
    sub_mchid: subMchid,
    scope: "assignments:write assignments:read",
    origin,
    ...claims,
  })
    .setProtectedHeader({ alg: "ES256", typ: "staff-assign+jwt", kid: "k1" })
    .sign(signing.privateKey);
  return { id: jti, headers: { Authorization: `Bearer ${token}`, Origin: origin } };
}

describe("a revoked session", () => {
  test("that the edge minted is refused at the next call, and its sister is not", async () => {
    const { partnerApiKey } = trust.environment;
    const [one, two] = await Promise.all([
      mint(trust, partnerApiKey, { origin }),
      mint(trust, partnerApiKey, { origin }),
    ]);
    assert.equal((await assign(trust.edge, one.headers, wechat(newOrder(), "G1"))).status, 200);
    assert.equal((await revoke(partnerApiKey, one.id)).status, 204);
    const refused = await assign(trust.edge, one.headers, wechat(newOrder(), "G1"));
    assert.deepEqual([refused.status, refused.body.code], [401, "session_expired"]);
    assert.equal((await assign(trust.edge, two.headers, wechat(newOrder(), "G1"))).status, 200);
  });

  test("that the partner signed itself is refused at the next call", async () => {
    const session = await partnerSigned();
    assert.equal((await assign(trust.edge, session.headers, wechat(newOrder(), "G1"))).status, 200);
    const named = { "Staff-Assign-Merchant": "demo", "Staff-Assign-Sub-Mchid": subMchid };
    assert.equal((await revoke(signer.apiKey, session.id, named)).status, 204);
    assert.equal((await read(session.headers)).body.code, "session_expired");
  });

  test("is never claimed revoked where it does not live: without its sub-merchant the call is refused", async () => {
    const session = await partnerSigned();
    const answer = await revoke(signer.apiKey, session.id, { "Staff-Assign-Merchant": "demo" });
    assert.deepEqual(
      [answer.status, answer.body.code, answer.body.field],
      [400, "invalid_request", "Staff-Assign-Sub-Mchid"],
    );
    const nobody = await revoke(signer.apiKey, session.id);
    assert.deepEqual([nobody.status, nobody.body.field], [400, "Staff-Assign-Merchant"]);
  });

  test("of a sub-merchant that the partner was not granted is not found", async () => {
    const answer = await revoke(signer.apiKey, `demo~${otherSubMchid}~${"A".repeat(24)}`);
    assert.deepEqual([answer.status, answer.body.code], [404, "not_found"]);
  });

  test("is not revoked by another partner", async () => {
    const session = await mint(trust, trust.environment.partnerApiKey, { origin, scope: "assignments:read" });
    await revoke(leaver.apiKey, session.id);
    assert.equal((await read(session.headers)).status, 200);
  });

  test("stays revoked when the process dies", async () => {
    const session = await mint(trust, trust.environment.partnerApiKey, { origin });
    assert.equal((await revoke(trust.environment.partnerApiKey, session.id)).status, 204);
    await trust.restart((same) => same);
    assert.equal((await read(session.headers)).body.code, "session_expired");
  });
});

describe("a change of the configuration is in force at once", () => {
  test("a session of the old SESSION_KEY lives while that key is listed, and not a call longer", async () => {
    const session = await mint(trust, trust.environment.partnerApiKey, { origin });
    const fresh = randomBytes(32).toString("base64url");
    await trust.restart((variables) => ({ ...variables, SESSION_KEY: JSON.stringify([fresh, variables.SESSION_KEY]) }));
    assert.equal((await read(session.headers)).status, 200);
    const newer = await mint(trust, trust.environment.partnerApiKey, { origin });
    await trust.restart((variables) => ({ ...variables, SESSION_KEY: fresh }));
    assert.deepEqual([(await read(session.headers)).status, (await read(newer.headers)).status], [401, 200]);
    await trust.restart((same) => same);
  });

  test("a partner that is removed: its sessions and its key are refused", async () => {
    const session = await mint(trust, leaver.apiKey, { origin });
    assert.equal((await read(session.headers)).status, 200);
    await trust.restart(({ PARTNER_LEAVER: _, ...rest }) => rest);
    const refused = await read(session.headers);
    assert.deepEqual([refused.status, refused.body.code], [403, "merchant_refused"]);
    assert.equal((await read(backendHeaders(leaver.apiKey))).status, 401);
    await trust.restart((same) => same);
  });

  test("a store and a scope that are taken away are gone from sessions that exist", async () => {
    const session = await mint(trust, shops.apiKey, { storeId: "1" });
    assert.equal((await assign(trust.edge, session.headers, wechat(newOrder(), "G1"))).status, 200);
    const merchants = (grant: object) => ({ merchants: { demo: { subMchids: [subMchid], ...grant } } });
    await trust.restart((variables) => ({
      ...variables,
      PARTNER_SHOPS: partnerWith(variables.PARTNER_SHOPS, merchants({ stores: ["2"] })),
    }));
    assert.equal((await assign(trust.edge, session.headers, wechat(newOrder(), "G1"))).body.code, "merchant_refused");
    await trust.restart((variables) => ({
      ...variables,
      PARTNER_SHOPS: partnerWith(variables.PARTNER_SHOPS, merchants({ stores: ["1"], scopes: ["guides:read"] })),
    }));
    assert.equal((await assign(trust.edge, session.headers, wechat(newOrder(), "G1"))).body.code, "scope_refused");
    await trust.restart((same) => same);
  });
});

describe("a session can do what it was made for and nothing else", () => {
  test("each kind of credential assigns for its tenant", async () => {
    trust.upstream.answerWith(accepting(trust.key));
    const minted = await mint(trust, trust.environment.partnerApiKey, { origin });
    const signed = await partnerSigned();
    for (const headers of [minted.headers, signed.headers, trust.backend]) {
      const answer = await assign(trust.edge, headers, wechat(newOrder(), "G1"));
      assert.deepEqual([answer.status, answer.body.status], [200, "assigned"]);
    }
  });

  test("a store-bound one sees its store's history alone, and cannot name another store", async () => {
    const [one, two] = await Promise.all([
      mint(trust, shops.apiKey, { storeId: "1" }),
      mint(trust, shops.apiKey, { storeId: "2" }),
    ]);
    const order = newOrder();
    const made = await assign(trust.edge, one.headers, wechat(order, "G1"));
    assert.equal((await call(trust.edge, "GET", `/v1/assignments?order=${order}`, one.headers)).body.data?.length, 1);
    assert.equal((await call(trust.edge, "GET", `/v1/assignments?order=${order}`, two.headers)).body.data?.length, 0);
    assert.equal((await call(trust.edge, "GET", `/v1/assignments/${made.body.id}`, two.headers)).status, 404);
    const foreign = await call(trust.edge, "GET", "/v1/assignments", { ...one.headers, "Staff-Assign-Store": "2" });
    assert.equal(foreign.body.code, "merchant_refused");
    const worker = { channel: "tmall", order: "1", guide: { id: "7" }, operator: "store", storeId: "2" };
    assert.equal((await assign(trust.edge, one.headers, worker)).body.code, "merchant_refused");
  });

  test("one without the scope is refused before anything is sent", async () => {
    const session = await mint(trust, trust.environment.partnerApiKey, { origin, scope: "guides:read" });
    trust.upstream.forget();
    assert.equal((await assign(trust.edge, session.headers, wechat(newOrder(), "G1"))).body.code, "scope_refused");
    assert.equal((await read(session.headers)).body.code, "scope_refused");
    assert.equal(trust.upstream.calls.length, 0);
  });

  test("a partner mints for no merchant that it was not granted, whether there is one of that name or not", async () => {
    for (const merchant of ["direct", "nobody"]) {
      const answer = await call(trust.edge, "POST", "/v1/sessions", bearer(leaver.apiKey), { merchant });
      assert.deepEqual([answer.status, answer.body.code, answer.body.field], [403, "merchant_refused", "merchant"]);
    }
  });
});

describe("where orders are spread over four shards", () => {
  const backend = () => backendHeaders(trust.environment.partnerApiKey, { merchant: "direct" });

  test("the history is one, newest first, page by page, and every id is found", async () => {
    trust.upstream.answerWith((request) =>
      request.url.includes("/BAD")
        ? signedError(trust.directKey, 400, "PARAM_ERROR", "no")
        : accepting(trust.directKey)(request),
    );
    const ids: (string | undefined)[] = [];
    for (let n = 0; n < 23; n++)
      ids.push((await assign(trust.edge, backend(), wechat(newOrder(), n % 5 === 0 ? "BAD" : "G1"))).body.id);
    const pages: string[] = [];
    let cursor: string | undefined;
    do {
      const path = `/v1/assignments?limit=4${cursor === undefined ? "" : `&cursor=${cursor}`}`;
      const { body } = await call(trust.edge, "GET", path, backend());
      assert.ok((body.data?.length ?? 0) <= 4);
      pages.push(...(body.data ?? []).map(({ id = "" }) => id));
      cursor = body.nextCursor;
    } while (cursor !== undefined);
    assert.equal(pages.length, 23);
    assert.deepEqual(pages, pages.toSorted().toReversed());
    assert.deepEqual(new Set(ids.filter((id) => id !== undefined)).difference(new Set(pages)), new Set());
    for (const id of pages)
      assert.equal((await call(trust.edge, "GET", `/v1/assignments/${id}`, backend())).body.id, id);
    const failed = await call(trust.edge, "GET", "/v1/assignments?status=failed&limit=100", backend());
    assert.equal(failed.body.data?.length, 5);
    assert.equal((await call(trust.edge, "GET", "/v1/assignments/nobody", backend())).status, 404);
  });

  test("a revoked session is refused for orders of every shard", async () => {
    const session = await mint(trust, trust.environment.partnerApiKey, { origin, merchant: "direct" });
    assert.equal((await revoke(trust.environment.partnerApiKey, session.id)).status, 204);
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => assign(trust.edge, session.headers, wechat(newOrder(), "G1"))),
    );
    for (const { body } of answers) assert.equal(body.code, "session_expired");
  });

  test("an order's conflicts, replacements and keys hold as with one", async () => {
    const order = newOrder();
    const first = await assign(trust.edge, { ...backend(), "Idempotency-Key": order }, wechat(order, "G1"));
    const replayed = await assign(trust.edge, { ...backend(), "Idempotency-Key": order }, wechat(order, "G1"));
    assert.deepEqual([replayed.body.id, replayed.body.replayed], [first.body.id, true]);
    assert.equal((await assign(trust.edge, backend(), wechat(order, "G2"))).body.current?.id, first.body.id);
    assert.equal((await assign(trust.edge, backend(), wechat(order, "G2", { replaces: first.body.id }))).status, 200);
  });
});
