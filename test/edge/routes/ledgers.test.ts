/** Which ledgers a call reaches, in order: each is a hop, and each proof and revocation must be checked in one place. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import { apiKey, configWith, mint, variables } from "../access/support.ts";
import { gateway } from "./gateway.ts";

const subMchid = "1900000109";
const card = { channel: "tmall", order: "2345678", guide: { id: "1234567" } };
const paid = { channel: "wechat", order: "A1", guide: { id: "G1" } };
const record = {
  id: "a1",
  status: "assigned",
  channel: "tmall",
  order: "1",
  createdAt: "2026-11-02T00:00:00Z",
  attempts: 1,
};
const done = { ok: true, value: record };
const nowhere = { ok: false, failure: { code: "not_found", detail: "none" } };
const revoked = { ok: false, failure: { code: "session_expired", detail: "revoked" } };

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
/** Keys that can be used, so that nothing about them is logged. */
const usable = (variable: string) => {
  const merchant = JSON.parse(variable) as { wechat?: object };
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  return JSON.stringify({ ...merchant, ...(merchant.wechat && { wechat: { ...merchant.wechat, privateKey: pem } }) });
};
const merchants = {
  MERCHANT_DEMO: usable(variables.MERCHANT_DEMO),
  MERCHANT_ANY: usable(variables.MERCHANT_ANY),
  MERCHANT_READER: variables.MERCHANT_READER,
};

interface Call {
  caller: { subMchid?: string };
  admitted?: boolean;
}

/** An edge whose ledgers note what they are asked, and whether the call comes to them as admitted. */
function watched(answers: Record<string, unknown> = {}) {
  const asked: string[] = [];
  const method = (name: string, answer: unknown) => async (call: Call) => {
    asked.push(`${name}${call.admitted ? " admitted" : ""}`);
    return answers[name] ?? answer;
  };
  const edge = gateway({
    variables: merchants,
    ledger: {
      admit: method("admit", { ok: true, value: null }),
      assign: method("assign", done),
      readOrder: method("readOrder", done),
      guides: method("guides", done),
      list: method("list", { ok: true, value: { data: [] } }),
      read: method("read", nowhere),
    },
  });
  return {
    call: async (method: string, path: string, headers: Record<string, string>, body?: unknown) => {
      const { status } = await edge.call(method, path, headers, body);
      return { status, hops: edge.reached.map((name, index) => `${name} ${asked[index]}`) };
    },
  };
}
const session = async (merchant: string, tenant: { subMchid?: string } = { subMchid }) => {
  const scope = `assignments:read guides:read${merchant === "demo" ? " assignments:write" : ""}`;
  const { token } = await mint(configWith(merchants), { merchant, ...tenant, scope }, Date.now());
  return { Authorization: `Bearer ${token}` };
};
const backend = (merchant: string, named: string | undefined = subMchid) => ({
  Authorization: `Bearer ${apiKey}`,
  "Staff-Assign-Merchant": merchant,
  ...(named !== undefined && { "Staff-Assign-Sub-Mchid": named }),
});

const own = `demo/${subMchid}/0`;
const shared = "demo/-/0";

describe("a session of a sub-merchant is admitted in that one's ledger", () => {
  const cases: [name: string, method: string, path: string, body: unknown, hops: string[]][] = [
    ["and assigns over WeChat Pay there, in one hop", "POST", "/v1/assignments", paid, [`${own} assign`]],
    ["and sees guides there, in one hop", "GET", "/v1/guides?storeId=1", undefined, [`${own} guides`]],
    [
      "and assigns a card in the merchant's",
      "POST",
      "/v1/assignments",
      card,
      [`${own} admit`, `${shared} assign admitted`],
    ],
    [
      "and looks at a card in the merchant's",
      "GET",
      "/v1/orders/1?channel=tmall",
      undefined,
      [`${own} admit`, `${shared} readOrder admitted`],
    ],
    ["and lists both", "GET", "/v1/assignments", undefined, [`${own} list`, `${shared} list admitted`]],
    ["and lists WeChat Pay's alone", "GET", "/v1/assignments?channel=wechat", undefined, [`${own} list`]],
    [
      "and lists Tmall's alone",
      "GET",
      "/v1/assignments?channel=tmall",
      undefined,
      [`${own} admit`, `${shared} list admitted`],
    ],
    ["and reads by id in both", "GET", "/v1/assignments/a1", undefined, [`${own} read`, `${shared} read admitted`]],
  ];
  for (const [name, method, path, body, hops] of cases) {
    test(name, async () => {
      assert.deepEqual((await watched().call(method, path, await session("demo"), body)).hops, hops);
    });
  }
  test("and reads by id no further than where it is found", async () => {
    const { status, hops } = await watched({ read: done }).call("GET", "/v1/assignments/a1", await session("demo"));
    assert.deepEqual([status, hops], [200, [`${own} read`]]);
  });
  test("and goes nowhere else when it is refused there", async () => {
    const edges = { admit: revoked, list: revoked, read: revoked };
    for (const [method, path, body] of cases.slice(2).map(([, ...call]) => call)) {
      const { status, hops } = await watched(edges).call(method, path, await session("demo"), body);
      assert.deepEqual([status, hops.length], [401, 1], path);
    }
  });
});

test("an API key has no home: it is admitted where it acts", async () => {
  const acts = async (body: unknown) => (await watched().call("POST", "/v1/assignments", backend("demo"), body)).hops;
  assert.deepEqual([await acts(paid), await acts(card)], [[`${own} assign`], [`${shared} assign`]]);
});

describe("one hop is enough", () => {
  test("where the merchant has no Tmall", async () => {
    const { hops } = await watched().call("GET", "/v1/assignments", await session("any"));
    assert.deepEqual(hops, [`any/${subMchid}/0 list`]);
  });
  test("where the caller has no sub-merchant", async () => {
    for (const [method, path, body] of [
      ["GET", "/v1/assignments", undefined],
      ["GET", "/v1/assignments/a1", undefined],
      ["GET", "/v1/orders/1?channel=tmall", undefined],
    ] as const) {
      const { hops } = await watched().call(method, path, await session("reader", {}), body);
      assert.equal(hops.length, 1, path);
      assert.ok(hops[0]?.startsWith("reader/-/0 ") && !hops[0].endsWith("admitted"));
    }
  });
});

test("a ledger that cannot look is told, and not taken for one that holds nothing", async () => {
  const broken = { ok: false, failure: { code: "misconfigured", detail: "broken" } };
  let asked = 0;
  const edge = gateway({
    variables: merchants,
    ledger: { read: async () => (asked++ === 0 ? nowhere : broken) },
  });
  assert.equal((await edge.call("GET", "/v1/assignments/a1", backend("demo"))).body.code, "misconfigured");
});
