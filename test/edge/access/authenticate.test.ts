import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { authenticate } from "../../../edge/access/authenticate.ts";
import { requireScope } from "../../../edge/access/caller.ts";
import {
  acme,
  apiKey,
  authorized,
  call,
  codeOf,
  configWith,
  configWithRecord,
  expectOk,
  fieldOf,
  mint,
  now,
  nowSeconds,
  posOrigin,
  publicOrigin,
  wechat,
} from "./support.ts";

const config = configWith();
const backendSession = await mint(config);
const demoSession = await mint(config, { merchant: "demo", subMchid: "1900000109" });
const anySession = await mint(config, { merchant: "any", subMchid: "42" });
const storeSession = await mint(config, { merchant: "stores", storeId: "1234" });
const pageSession = await mint(config, { origin: posOrigin });
const outcome = async (request: Request, configuration = config) =>
  codeOf(await authenticate(request, configuration, now));

describe("the Authorization header", () => {
  const { token } = backendSession;
  const header = (value: string) => call({ headers: { Authorization: value } });
  const table: [string, string, "ok" | "unauthenticated"][] = [
    ["Bearer", `Bearer ${token}`, "ok"],
    ["bearer in lower case", `bearer ${token}`, "ok"],
    ["BEARER in upper case", `BEARER ${token}`, "ok"],
    ["DPoP for a session without key", `DPoP ${token}`, "unauthenticated"],
    ["Basic", `Basic ${token}`, "unauthenticated"],
    ["Basic with user and password", `Basic ${btoa(`user:${token}`)}`, "unauthenticated"],
    ["another scheme that ends in Bearer", `XBearer ${token}`, "unauthenticated"],
    ["no scheme", token, "unauthenticated"],
    ["scheme alone", "Bearer", "unauthenticated"],
    ["two blanks", `Bearer  ${token}`, "unauthenticated"],
    ["a tab", `Bearer\t${token}`, "unauthenticated"],
    ["quotes", `Bearer "${token}"`, "unauthenticated"],
    ["parameters", `Bearer token=${token}`, "unauthenticated"],
    ["empty", "", "unauthenticated"],
  ];
  for (const [name, value, code] of table) {
    test(`${name}: ${code}`, async () => {
      assert.equal(await outcome(header(value)), code);
    });
  }
  test("missing: unauthenticated", async () => {
    assert.equal(await outcome(call({})), "unauthenticated");
  });
  test("sent twice: unauthenticated, in both orders", async () => {
    for (const second of [`Bearer ${token}`, `Basic ${token}`, "Bearer x"]) {
      const request = header(`Bearer ${token}`);
      request.headers.append("Authorization", second);
      assert.equal(await outcome(request), "unauthenticated");
      const reversed = header(second);
      reversed.headers.append("Authorization", `Bearer ${token}`);
      assert.equal(await outcome(reversed), "unauthenticated");
    }
  });
  test("a credential in the query is refused, with or without the header", async () => {
    for (const name of [
      "access_token",
      "Access_Token",
      "token",
      "session",
      "authorization",
      "api_key",
      "apikey",
      "key",
      "jwt",
    ]) {
      const path = `/v1/assignments?order=1&${name}=${token}`;
      assert.equal(await outcome(call({ method: "GET", path })), "unauthenticated");
      assert.equal(await outcome(authorized(token, {}, { method: "GET", path })), "unauthenticated");
    }
    assert.equal(await outcome(authorized(token, {}, { method: "GET", path: "/v1/assignments?order=1" })), "ok");
  });
});

describe("origin", () => {
  test("refused although the session is valid", async () => {
    assert.equal(await outcome(authorized(pageSession.token, { Origin: "https://evil.example" })), "origin_refused");
  });
  test("refused before the credentials are looked at", async () => {
    assert.equal(await outcome(call({ headers: { Origin: "https://evil.example" } })), "origin_refused");
  });
  test("of another partner's page is refused", async () => {
    assert.equal(await outcome(authorized(pageSession.token, { Origin: "https://other.example" })), "origin_refused");
  });
  test("missing where the session has one is refused for a write", async () => {
    assert.equal(await outcome(authorized(pageSession.token)), "origin_refused");
  });
  test("present where the session has none is refused", async () => {
    assert.equal(await outcome(authorized(backendSession.token, { Origin: posOrigin })), "origin_refused");
  });
  test("of the edge itself may be missing on GET, as browsers send it", async () => {
    const { token } = await mint(config, { origin: publicOrigin });
    assert.equal(await outcome(authorized(token, {}, { method: "GET" })), "ok");
    assert.equal(await outcome(authorized(token)), "origin_refused");
    assert.equal(await outcome(authorized(token, { Origin: publicOrigin })), "ok");
  });
});

describe("a changed record is in force at once for sessions that exist already", () => {
  const bare = authorized(demoSession.token);

  test("the partner is gone", async () => {
    assert.equal(await outcome(bare, configWith({ PARTNER_ACME: undefined })), "merchant_refused");
  });
  test("the partner's variable is broken", async () => {
    assert.equal(await outcome(bare, configWith({ PARTNER_ACME: "{" })), "merchant_refused");
  });
  test("the merchant is gone from the record", async () => {
    const { demo: _gone, ...merchants } = acme.merchants;
    assert.equal(await outcome(bare, configWithRecord({ merchants })), "merchant_refused");
  });
  test("the sub-merchant is gone from the record", async () => {
    const merchants = { ...acme.merchants, demo: { subMchids: ["1900000110"] } };
    assert.equal(await outcome(bare, configWithRecord({ merchants })), "merchant_refused");
  });
  test("the store is gone from the record", async () => {
    assert.equal(await outcome(authorized(storeSession.token)), "ok");
    const merchants = { ...acme.merchants, stores: { stores: ["1235"] } };
    assert.equal(await outcome(authorized(storeSession.token), configWithRecord({ merchants })), "merchant_refused");
  });
  test("the record lists stores now and the session names none", async () => {
    const merchants = { ...acme.merchants, direct: { stores: ["1234"] } };
    const request = authorized(backendSession.token);
    assert.equal(await outcome(request, configWithRecord({ merchants })), "merchant_refused");
  });
  test("the origin is gone from the record, though another partner still has it", async () => {
    const changed = configWith({
      PARTNER_ACME: JSON.stringify({ ...acme, origins: [publicOrigin] }),
      PARTNER_OTHER: JSON.stringify({ apiKeySha256: [], origins: [posOrigin], merchants: {} }),
    });
    assert.equal(await outcome(authorized(pageSession.token, { Origin: posOrigin })), "ok");
    assert.equal(await outcome(authorized(pageSession.token, { Origin: posOrigin }), changed), "origin_refused");
  });
  test("a scope is gone from the record and so from the session, the others stay", async () => {
    const merchants = { ...acme.merchants, demo: { subMchids: "*", scopes: ["guides:read", "guides:write"] } };
    const caller = expectOk(await authenticate(bare, configWithRecord({ merchants }), now));
    assert.deepEqual(caller.scopes, ["guides:read"]);
  });
  test("the merchant's variable is broken, or gone", async () => {
    assert.equal(await outcome(bare, configWith({ MERCHANT_DEMO: "{}" })), "misconfigured");
    assert.equal(await outcome(bare, configWith({ MERCHANT_DEMO: undefined })), "misconfigured");
  });
  test("the merchant changed between partner and direct mode", async () => {
    const swapped = configWith({
      MERCHANT_DEMO: JSON.stringify({ wechat: wechat("direct") }),
      MERCHANT_DIRECT: JSON.stringify({ wechat: wechat("partner") }),
    });
    assert.equal(await outcome(bare, swapped), "merchant_refused");
    assert.equal(await outcome(authorized(backendSession.token), swapped), "merchant_refused");
  });
});

describe("an API key as the credential", () => {
  const withKey = (headers: Record<string, string>) => authorized(apiKey, headers);
  test("acts for the tenant that the headers name, with all that the record grants", async () => {
    const headers = { "Staff-Assign-Merchant": "demo", "Staff-Assign-Sub-Mchid": "1900000109" };
    assert.deepEqual(expectOk(await authenticate(withKey(headers), config, now)), {
      partnerId: "acme",
      merchant: "demo",
      subMchid: "1900000109",
      scopes: ["assignments:write", "assignments:read", "guides:read", "guides:write"],
    });
  });
  test("loses guides:write when it names a store", async () => {
    const headers = { "Staff-Assign-Merchant": "stores", "Staff-Assign-Store": "1234" };
    assert.deepEqual(expectOk(await authenticate(withKey(headers), config, now)), {
      partnerId: "acme",
      merchant: "stores",
      storeId: "1234",
      scopes: ["assignments:write", "assignments:read", "guides:read"],
    });
  });
  test("has no more scopes than the record", async () => {
    const caller = expectOk(await authenticate(withKey({ "Staff-Assign-Merchant": "reader" }), config, now));
    assert.deepEqual(caller.scopes, ["assignments:read", "guides:read"]);
  });

  const refused: [string, Record<string, string>, string, string?][] = [
    ["without merchant", {}, "invalid_request", "Staff-Assign-Merchant"],
    ["with a merchant in upper case", { "Staff-Assign-Merchant": "DEMO" }, "invalid_request", "Staff-Assign-Merchant"],
    ["with a path for a merchant", { "Staff-Assign-Merchant": "../x" }, "invalid_request", "Staff-Assign-Merchant"],
    [
      "for a merchant outside of the record",
      { "Staff-Assign-Merchant": "foreign" },
      "merchant_refused",
      "Staff-Assign-Merchant",
    ],
    ["for a broken merchant", { "Staff-Assign-Merchant": "broken" }, "misconfigured"],
    [
      "without sub-merchant in partner mode",
      { "Staff-Assign-Merchant": "demo" },
      "invalid_request",
      "Staff-Assign-Sub-Mchid",
    ],
    [
      "with a sub-merchant for a direct merchant",
      { "Staff-Assign-Merchant": "direct", "Staff-Assign-Sub-Mchid": "1" },
      "invalid_request",
      "Staff-Assign-Sub-Mchid",
    ],
    [
      "with a sub-merchant that is no number",
      { "Staff-Assign-Merchant": "any", "Staff-Assign-Sub-Mchid": "*" },
      "invalid_request",
      "Staff-Assign-Sub-Mchid",
    ],
    [
      "with a sub-merchant outside of the record",
      { "Staff-Assign-Merchant": "demo", "Staff-Assign-Sub-Mchid": "1" },
      "merchant_refused",
      "Staff-Assign-Sub-Mchid",
    ],
    [
      "with a store id beyond 64 bits",
      { "Staff-Assign-Merchant": "stores", "Staff-Assign-Store": "9223372036854775808" },
      "invalid_request",
      "Staff-Assign-Store",
    ],
    [
      "without store where stores are listed",
      { "Staff-Assign-Merchant": "stores" },
      "invalid_request",
      "Staff-Assign-Store",
    ],
    ["with an Origin", { "Staff-Assign-Merchant": "direct", Origin: posOrigin }, "origin_refused"],
  ];
  for (const [name, headers, code, field] of refused) {
    test(`${name}: ${code}`, async () => {
      const answer = await authenticate(withKey(headers), config, now);
      assert.equal(codeOf(answer), code);
      assert.equal(fieldOf(answer), field);
    });
  }
  test("under the scheme DPoP is no credential", async () => {
    const request = call({ headers: { Authorization: `DPoP ${apiKey}`, "Staff-Assign-Merchant": "direct" } });
    assert.equal(await outcome(request), "unauthenticated");
  });
});

describe("the session alone says for whom it acts", () => {
  test("the caller has its merchant, sub-merchant, store and origin, and no member for what it does not name", async () => {
    const callerOf = async ({ token }: { token: string }, headers = {}) =>
      expectOk(await authenticate(authorized(token, headers), config, now));
    const common = { partnerId: "acme", scopes: ["assignments:write", "guides:read"] };
    const sessionOf = ({ id }: { id: string }) => ({ id, expiresAt: nowSeconds + 900 });
    for (const [session, tenant, headers] of [
      [backendSession, { merchant: "direct" }, {}],
      [demoSession, { merchant: "demo", subMchid: "1900000109" }, {}],
      [storeSession, { merchant: "stores", storeId: "1234" }, {}],
      [pageSession, { merchant: "direct", origin: posOrigin }, { Origin: posOrigin }],
    ] as const) {
      assert.deepEqual(await callerOf(session, headers), { ...common, ...tenant, session: sessionOf(session) });
    }
  });
  const ask = (headers: Record<string, string>) => authenticate(authorized(anySession.token, headers), config, now);

  test("headers that repeat it change nothing", async () => {
    const headers = { "Staff-Assign-Merchant": "any", "Staff-Assign-Sub-Mchid": "42" };
    assert.deepEqual(expectOk(await ask(headers)), expectOk(await ask({})));
  });
  for (const [name, value] of [
    ["Staff-Assign-Merchant", "direct"],
    ["Staff-Assign-Sub-Mchid", "43"],
    ["Staff-Assign-Store", "1234"],
  ] as const) {
    test(`${name} that says otherwise is refused`, async () => {
      const answer = await ask({ [name]: value });
      assert.equal(codeOf(answer), "merchant_refused");
      assert.equal(fieldOf(answer), name);
    });
  }
});

test("a caller without the scope is refused, one of several is enough", async () => {
  const caller = expectOk(
    await authenticate(authorized((await mint(config, { scope: "guides:read" })).token), config, now),
  );
  assert.equal(codeOf(requireScope(caller, "guides:read")), "ok");
  assert.equal(codeOf(requireScope(caller, "assignments:write")), "scope_refused");
  assert.equal(codeOf(requireScope(caller, "assignments:write", "guides:read")), "ok");
  const refused = requireScope(caller, "assignments:write", "guides:write");
  assert.equal(codeOf(refused), "scope_refused");
  assert.match(refused.ok ? "" : refused.failure.detail, /assignments:write or guides:write/);
});
