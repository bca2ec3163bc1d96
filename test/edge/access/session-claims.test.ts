import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readSessionClaims } from "../../../edge/access/session-claims.ts";
import { codeOf, expectOk, now, nowSeconds } from "./support.ts";

const right = {
  iss: "acme",
  aud: "staff-assign",
  iat: nowSeconds,
  exp: nowSeconds + 900,
  jti: "0001",
  merchant: "demo",
  sub_mchid: "1900000109",
  store_id: "1234",
  scope: "guides:read assignments:write",
  origin: "https://pos.example",
  cnf: { jkt: "A".repeat(43) },
};
const read = (claims: unknown, at = now) => codeOf(readSessionClaims(claims, "acme", at));
const without = (name: keyof typeof right) => {
  const { [name]: _removed, ...rest } = right;
  return rest;
};

test("right claims are read into the contract's words", () => {
  assert.deepEqual(expectOk(readSessionClaims(right, "acme", now)), {
    id: "0001",
    partnerId: "acme",
    merchant: "demo",
    subMchid: "1900000109",
    storeId: "1234",
    scopes: ["assignments:write", "guides:read"],
    origin: "https://pos.example",
    jkt: "A".repeat(43),
    expiresAt: nowSeconds + 900,
  });
});

test("claims that the contract does not know are ignored, as RFC 7519 asks", () => {
  assert.equal(read({ ...right, sub: "till-7", custom: { a: 1 } }), "ok");
});

for (const name of ["iss", "aud", "iat", "exp", "jti", "merchant", "scope"] as const) {
  test(`without ${name}: refused`, () => {
    assert.equal(read(without(name)), "unauthenticated");
  });
}
for (const [name, member] of [
  ["sub_mchid", "subMchid"],
  ["store_id", "storeId"],
  ["origin", "origin"],
  ["cnf", "jkt"],
] as const) {
  test(`without ${name}: accepted, and nothing stands in for it`, () => {
    const claims = expectOk(readSessionClaims(without(name), "acme", now));
    assert.equal(member in claims, false);
  });
}

/** 17, 13 and 12 characters a word, less the blank behind the last one. */
const scopeOf = (assignmentsRead: number, guidesWrite: number, guidesRead: number) =>
  [
    ...Array(assignmentsRead).fill("assignments:read"),
    ...Array(guidesWrite).fill("guides:write"),
    ...Array(guidesRead).fill("guides:read"),
  ].join(" ");

test("claims at their greatest length are accepted", () => {
  const longest = {
    ...right,
    jti: "~".repeat(128),
    merchant: "z".repeat(32),
    sub_mchid: "9".repeat(32),
    store_id: "9223372036854775807",
    scope: scopeOf(1, 4, 11),
    origin: `https://${"a".repeat(247)}`,
  };
  assert.equal(longest.scope.length, 200);
  assert.equal(read(longest), "ok");
});

describe("wrong claims are refused", () => {
  const wrong: [string, Record<string, unknown>][] = [
    ["iss of another partner", { iss: "other" }],
    ["merchant that goes on behind 32 characters", { merchant: "a".repeat(33) }],
    ["merchant with a tail", { merchant: "demo/../other" }],
    ["merchant with a head", { merchant: " demo" }],
    ["store_id with a tail", { store_id: "1234~5" }],
    ["store_id with a head", { store_id: "x1234" }],
    ["store_id of 20 digits", { store_id: "1".repeat(20) }],
    ["jkt with a tail", { cnf: { jkt: `${"A".repeat(43)}=` } }],
    ["jkt with a head", { cnf: { jkt: `=${"A".repeat(43)}` } }],
    ["iss of the edge", { iss: "staff-assign" }],
    ["iss as an array", { iss: ["acme"] }],
    ["aud of somebody else", { aud: "other" }],
    ["aud as an array with ours alone", { aud: ["staff-assign"] }],
    ["aud as an array with ours and another", { aud: ["staff-assign", "other"] }],
    ["exp as a string", { exp: String(nowSeconds + 900) }],
    ["exp NaN", { exp: Number.NaN }],
    ["exp infinite", { exp: Number.POSITIVE_INFINITY }],
    ["exp negative", { exp: -1 }],
    ["exp a fraction", { exp: nowSeconds + 0.5 }],
    ["exp null", { exp: null }],
    ["exp in milliseconds", { exp: now + 900_000 }],
    ["iat as a string", { iat: String(nowSeconds) }],
    ["iat negative", { iat: -1, exp: 1 }],
    ["iat null", { iat: null }],
    ["nbf as a string", { nbf: "0" }],
    ["nbf infinite", { nbf: Number.POSITIVE_INFINITY }],
    ["nbf beyond the tolerance", { nbf: nowSeconds + 61 }],
    ["jti empty", { jti: "" }],
    ["jti as a number", { jti: 1 }],
    ["jti with a blank", { jti: "a b" }],
    ["jti of 129 characters", { jti: "a".repeat(129) }],
    ["jti with a blank before it", { jti: " a" }],
    ["jti with a line break behind it", { jti: "a\n" }],
    ["jti not ASCII", { jti: "店" }],
    ["merchant in upper case", { merchant: "DEMO" }],
    ["merchant as an array", { merchant: ["demo"] }],
    ["merchant as a path", { merchant: "../demo" }],
    ["sub_mchid as a number", { sub_mchid: 1900000109 }],
    ["sub_mchid *", { sub_mchid: "*" }],
    ["sub_mchid with a tail", { sub_mchid: "1900000109~" }],
    ["sub_mchid with a head", { sub_mchid: "~1900000109" }],
    ["sub_mchid null", { sub_mchid: null }],
    ["store_id as a number", { store_id: 1234 }],
    ["store_id with a leading zero", { store_id: "01234" }],
    ["scope as an array", { scope: ["guides:read"] }],
    ["scope empty", { scope: "" }],
    ["scope unknown", { scope: "guides:read admin" }],
    ["scope separated by commas", { scope: "guides:read,assignments:write" }],
    ["scope of 201 characters", { scope: scopeOf(0, 10, 6) }],
    ["origin of 256 characters", { origin: `https://${"a".repeat(248)}` }],
    ["origin empty", { origin: "" }],
    ["origin null", { origin: null }],
    ["cnf without jkt", { cnf: {} }],
    ["cnf with another member", { cnf: { jkt: "A".repeat(43), jwk: {} } }],
    ["cnf null", { cnf: null }],
    ["jkt too short", { cnf: { jkt: "A".repeat(42) } }],
    ["partner as a number", { partner: 1 }],
  ];
  for (const [name, change] of wrong) {
    test(name, () => {
      assert.equal(read({ ...right, ...change }), "unauthenticated");
    });
  }
  for (const [name, claims] of [
    ["null", null],
    ["an array", [right]],
    ["a string", "claims"],
    ["undefined", undefined],
  ] as const) {
    test(`claims that are ${name}`, () => {
      assert.equal(read(claims), "unauthenticated");
    });
  }
});

describe("time, exact to the second", () => {
  const times: [string, Record<string, number>, string][] = [
    ["iat 60 s ahead", { iat: nowSeconds + 60 }, "ok"],
    ["iat 61 s ahead", { iat: nowSeconds + 61 }, "unauthenticated"],
    ["nbf 60 s ahead", { nbf: nowSeconds + 60 }, "ok"],
    ["exp now", { iat: nowSeconds - 900, exp: nowSeconds }, "session_expired"],
    ["exp 1 s ahead", { iat: nowSeconds - 900, exp: nowSeconds + 1 }, "ok"],
    ["exp a year ago", { iat: nowSeconds - 31_536_900, exp: nowSeconds - 31_536_000 }, "session_expired"],
    ["lifetime 3600 s", { exp: nowSeconds + 3600 }, "ok"],
    ["lifetime 3601 s", { exp: nowSeconds + 3601 }, "unauthenticated"],
    ["lifetime 3601 s from a future iat", { iat: nowSeconds + 60, exp: nowSeconds + 3661 }, "unauthenticated"],
    ["exp at iat", { iat: nowSeconds + 30, exp: nowSeconds + 30 }, "unauthenticated"],
    ["exp before iat", { iat: nowSeconds + 30, exp: nowSeconds + 29 }, "unauthenticated"],
    ["iat 0 and exp 1 h after", { iat: 0, exp: 3600 }, "session_expired"],
  ];
  for (const [name, change, code] of times) {
    test(`${name}: ${code}`, () => {
      assert.equal(read({ ...right, ...change }), code);
    });
  }
  test("the last millisecond belongs to the session", () => {
    assert.equal(read(right, now + 900_000 - 1), "ok");
    assert.equal(read(right, now + 900_000), "session_expired");
  });
  test("expiry is told only of claims that are right in all else", () => {
    assert.equal(read({ ...right, aud: "other" }, now + 900_000), "unauthenticated");
  });
});
