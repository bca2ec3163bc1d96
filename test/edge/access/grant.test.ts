/** What a partner's record allows, for each kind of merchant, and what of it a session gets. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { allowedScopes, chooseScopes, parseScopes, type TenantClaim } from "../../../edge/access/grant.ts";
import { codeOf, configWith, configWithRecord, expectOk, fieldOf, partnerOf } from "./support.ts";

const config = configWith();
const all = ["assignments:write", "assignments:read", "guides:read", "guides:write"] as const;
const ask = (claim: TenantClaim, configuration = config) =>
  allowedScopes(configuration, partnerOf(configuration), claim);

describe("a record allows", () => {
  const allowed: [claim: TenantClaim, scopes: readonly string[]][] = [
    [{ merchant: "direct" }, all],
    [{ merchant: "direct", storeId: "9" }, all.slice(0, 3)],
    [{ merchant: "demo", subMchid: "1900000109" }, all],
    [{ merchant: "demo", subMchid: "1900000110" }, all],
    [{ merchant: "any", subMchid: "7" }, all],
    [{ merchant: "stores", storeId: "1234" }, all.slice(0, 3)],
    [{ merchant: "stores", storeId: "1235" }, all.slice(0, 3)],
    [{ merchant: "reader" }, ["assignments:read", "guides:read"]],
  ];
  for (const [claim, scopes] of allowed) {
    test(`${JSON.stringify(claim)} ${scopes.length} scopes`, () => assert.deepEqual(expectOk(ask(claim)), scopes));
  }
  const refused: [claim: TenantClaim, code: string, field?: string][] = [
    [{ merchant: "foreign" }, "merchant_refused", "merchant"],
    [{ merchant: "nobody" }, "merchant_refused", "merchant"],
    [{ merchant: "__proto__" }, "merchant_refused", "merchant"],
    [{ merchant: "broken" }, "misconfigured"],
    [{ merchant: "missing" }, "misconfigured"],
    [{ merchant: "demo" }, "invalid_request", "subMchid"],
    [{ merchant: "demo", subMchid: "1900000111" }, "merchant_refused", "subMchid"],
    [{ merchant: "demo", subMchid: "*" }, "merchant_refused", "subMchid"],
    [{ merchant: "any" }, "invalid_request", "subMchid"],
    [{ merchant: "direct", subMchid: "1" }, "invalid_request", "subMchid"],
    [{ merchant: "reader", subMchid: "1" }, "invalid_request", "subMchid"],
    [{ merchant: "stores" }, "invalid_request", "storeId"],
    [{ merchant: "stores", storeId: "123" }, "merchant_refused", "storeId"],
  ];
  for (const [claim, code, field] of refused) {
    test(`${JSON.stringify(claim)} nothing: ${code} ${field ?? ""}`, () => {
      const answer = ask(claim);
      assert.equal(codeOf(answer), code);
      assert.equal(fieldOf(answer), field);
    });
  }
  test("the same words about a merchant that is not granted, whether it exists or not", () => {
    assert.deepEqual(ask({ merchant: "foreign" }), ask({ merchant: "nobody" }));
  });
  test("no sub-merchant where it lists none", () => {
    const none = configWithRecord({ merchants: { demo: {}, any: { subMchids: [] } } });
    for (const merchant of ["demo", "any"]) {
      assert.equal(codeOf(ask({ merchant, subMchid: "1900000109" }, none)), "merchant_refused");
    }
  });
  test("the scopes that it names, in the contract's order, and guides:write for no store", () => {
    const some = configWithRecord({ merchants: { direct: { scopes: ["guides:write", "assignments:write"] } } });
    assert.deepEqual(expectOk(ask({ merchant: "direct" }, some)), ["assignments:write", "guides:write"]);
    assert.deepEqual(expectOk(ask({ merchant: "direct", storeId: "1" }, some)), ["assignments:write"]);
  });
});

describe("scopes in words", () => {
  test("are read in the contract's order, each once", () => {
    assert.deepEqual(parseScopes("guides:read"), ["guides:read"]);
    assert.deepEqual(parseScopes("guides:write guides:read guides:read"), ["guides:read", "guides:write"]);
    assert.deepEqual(parseScopes([...all].reverse().join(" ")), all);
  });
  test("are none when one word is none", () => {
    for (const text of [
      "",
      " ",
      "admin",
      "guides:read admin",
      "guides:read ",
      " guides:read",
      "guides:read  guides:write",
    ]) {
      assert.equal(parseScopes(text), undefined, text);
    }
  });
  test("asked for are given whole or not at all", () => {
    const chosen = (requested: string | undefined, allowed: readonly (typeof all)[number][]) => {
      const answer = chooseScopes(requested, allowed);
      return answer.ok ? answer.value.join(" ") : `${codeOf(answer)} ${fieldOf(answer) ?? ""}`.trim();
    };
    assert.equal(chosen("guides:write guides:read", all), "guides:read guides:write");
    assert.equal(chosen("guides:write guides:read", ["guides:read"]), "scope_refused scope");
    assert.equal(chosen("guides:write", []), "scope_refused scope");
    assert.equal(chosen("guides:write admin", all), "invalid_request scope");
    assert.equal(chosen("", all), "invalid_request scope");
    assert.equal(chosen(undefined, all), "assignments:write guides:read");
    assert.equal(chosen(undefined, ["guides:read", "guides:write"]), "guides:read");
    assert.equal(chosen(undefined, ["guides:write"]), "scope_refused");
  });
});
