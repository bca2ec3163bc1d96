import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { authenticateOperator, authenticatePartner } from "../../../edge/access/api-key.ts";
import {
  acme,
  apiKey,
  authorized,
  call,
  codeOf,
  configWith,
  configWithRecord,
  expectOk,
  operatorKey,
  posOrigin,
  sha256,
} from "./support.ts";

const config = configWith();
const partner = (key: string, configuration = config) => codeOf(authenticatePartner(authorized(key), configuration));

describe("a partner's key", () => {
  test("names its partner", () => {
    assert.equal(expectOk(authenticatePartner(authorized(apiKey), config)).id, "acme");
  });
  test("is split at the second underscore, so that the random part may hold more", () => {
    const key = "sk_acme_a_b_c";
    assert.equal(partner(key, configWithRecord({ apiKeySha256: [sha256(key)] })), "ok");
  });
  test("may be any of those configured, in either case of hex", () => {
    const [first, second] = ["sk_acme_first", "sk_acme_second"];
    const both = configWithRecord({ apiKeySha256: [sha256(first).toUpperCase(), sha256(second)] });
    assert.equal(partner(first, both), "ok");
    assert.equal(partner(second, both), "ok");
    assert.equal(partner(apiKey, both), "unauthenticated");
  });

  test("may use every character of a token68, padding included", () => {
    const key = "sk_acme_aZ09-._~+/==";
    assert.equal(partner(key, configWithRecord({ apiKeySha256: [sha256(key)] })), "ok");
  });

  const wrong: [string, string][] = [
    ["of another edge", "sk_acme_0123456789"],
    ["of an unknown partner", "sk_nobody_0123456789"],
    ["without random part", "sk_acme_"],
    ["without partner", `sk__${apiKey.slice(8)}`],
    ["with the partner in upper case", apiKey.replace("acme", "ACME")],
    ["with another prefix", apiKey.replace("sk_", "pk_")],
    ["with one character more", `${apiKey}a`],
    ["with one character less", apiKey.slice(0, -1)],
    ["that is the configured digest itself", sha256(apiKey)],
    ["that is the digest behind the prefix", `sk_acme_${sha256(apiKey)}`],
    ["of an operator", operatorKey],
    ["that is a dash", "-"],
    ["called like a member of Map", "sk_constructor_x"],
  ];
  for (const [name, key] of wrong) {
    test(`${name}: unauthenticated`, () => {
      assert.equal(partner(key), "unauthenticated");
    });
  }
  test("of one partner does not open another", () => {
    const key = "sk_acme_shared";
    const config = configWith({
      PARTNER_ACME: JSON.stringify({ ...acme, apiKeySha256: [] }),
      PARTNER_OTHER: JSON.stringify({ apiKeySha256: [sha256(key)], origins: [], merchants: {} }),
    });
    assert.equal(partner(key, config), "unauthenticated");
  });
  test("longer than 256 characters is not even hashed into a match", () => {
    const [fits, long] = [`sk_acme_${"a".repeat(248)}`, `sk_acme_${"a".repeat(249)}`];
    const config = configWithRecord({ apiKeySha256: [sha256(fits), sha256(long)] });
    assert.equal(partner(fits, config), "ok");
    assert.equal(partner(long, config), "unauthenticated");
  });
  test("that has not the form of one is refused, although its digest is configured", () => {
    for (const key of ["xsk_acme_random", "sk_acme_", "sk_acme-random", "sk_ACME_random", "acme_random"]) {
      assert.equal(partner(key, configWithRecord({ apiKeySha256: [sha256(key)] })), "unauthenticated", key);
    }
  });
  test("from a page is refused, right or wrong", () => {
    for (const key of [apiKey, "sk_acme_wrong"]) {
      const request = authorized(key, { Origin: posOrigin });
      assert.equal(codeOf(authenticatePartner(request, config)), "origin_refused");
    }
  });
  test("under another scheme, or twice, is no credential", () => {
    const request = authorized(apiKey);
    request.headers.set("Authorization", `DPoP ${apiKey}`);
    assert.equal(codeOf(authenticatePartner(request, config)), "unauthenticated");
    request.headers.set("Authorization", `Bearer ${apiKey}`);
    request.headers.append("Authorization", `Bearer ${apiKey}`);
    assert.equal(codeOf(authenticatePartner(request, config)), "unauthenticated");
  });
  test("an unknown partner, a wrong key and no key get the same answer", () => {
    const answers = ["sk_nobody_x", "sk_acme_x", "x"].map((key) => authenticatePartner(authorized(key), config));
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
  });
});

describe("an operator's key", () => {
  const operator = (key: string, headers = {}, configuration = config) =>
    codeOf(authenticateOperator(authorized(key, headers), configuration));
  test("opens the operator's routes", () => {
    assert.equal(operator(operatorKey), "ok");
  });
  test("that is wrong, a partner's, or configured without its prefix does not", () => {
    assert.equal(operator("op_wrong"), "unauthenticated");
    assert.equal(operator(apiKey), "unauthenticated");
    assert.equal(operator("plain", {}, configWith({ OPERATOR_KEY_SHA256: sha256("plain") })), "unauthenticated");
    assert.equal(operator(apiKey, {}, configWith({ OPERATOR_KEY_SHA256: sha256(apiKey) })), "unauthenticated");
  });
  test("that is wrong in any way is told what is wanted here, in one sentence that names neither session nor API key", () => {
    const detail = (request: Request) => {
      const answer = authenticateOperator(request, config);
      return answer.ok ? "ok" : answer.failure.detail;
    };
    const wrong = [
      authorized("op_wrong"),
      authorized(apiKey),
      authorized("op_with blank"),
      call({}),
      call({ headers: { Authorization: `DPoP ${operatorKey}` } }),
      call({ path: `/v1/operator/merchants?key=${operatorKey}`, headers: { Authorization: `Bearer ${operatorKey}` } }),
    ];
    const details = new Set(wrong.map(detail));
    assert.equal(details.size, 1);
    const [said = ""] = details;
    assert.match(said, /operator key/);
    assert.match(said, /OPERATOR_KEY_SHA256/);
    assert.doesNotMatch(said, /session|API key/);
  });
  test("longer than 256 characters is refused, although its digest is configured", () => {
    const [fits, long] = [`op_${"a".repeat(253)}`, `op_${"a".repeat(254)}`];
    const both = configWith({ OPERATOR_KEY_SHA256: `${sha256(fits)}, ${sha256(long)}` });
    assert.equal(operator(fits, {}, both), "ok");
    assert.equal(operator(long, {}, both), "unauthenticated");
  });
  test("under the scheme DPoP is no credential", () => {
    const request = call({ headers: { Authorization: `DPoP ${operatorKey}` } });
    assert.equal(codeOf(authenticateOperator(request, config)), "unauthenticated");
  });
  test("from a page is refused", () => {
    assert.equal(operator(operatorKey, { Origin: posOrigin }), "origin_refused");
  });
  test("where none is configured there is nothing to find", () => {
    assert.equal(operator(operatorKey, {}, configWith({ OPERATOR_KEY_SHA256: "" })), "not_found");
    assert.equal(operator(operatorKey, {}, configWith({ OPERATOR_KEY_SHA256: "broken" })), "not_found");
  });
  test("may be one of several", () => {
    const two = configWith({ OPERATOR_KEY_SHA256: `${sha256("op_other")}, ${sha256(operatorKey)}` });
    assert.equal(operator(operatorKey, {}, two), "ok");
    assert.equal(operator("op_other", {}, two), "ok");
  });
});
