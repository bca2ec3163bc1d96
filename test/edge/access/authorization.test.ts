/** The Authorization header by itself, and what a client is told that has not sent the right one. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { challengeOf, readAuthorization } from "../../../edge/access/authorization.ts";
import { call, expectOk } from "./support.ts";

const read = (Authorization: string) => readAuthorization(call({ headers: { Authorization } }));

describe("the Authorization header", () => {
  test("tells scheme and credentials, the scheme in any case", () => {
    for (const [written, scheme] of [
      ["Bearer", "bearer"],
      ["bEARER", "bearer"],
      ["DPoP", "dpop"],
      ["dpop", "dpop"],
      ["DPOP", "dpop"],
    ] as const) {
      assert.deepEqual(expectOk(read(`${written} aZ09-._~+/==`)), { scheme, credentials: "aZ09-._~+/==" });
    }
  });
  test("holds credentials of at most 8 KiB, whatever they are", () => {
    assert.equal(expectOk(read(`Bearer ${"a".repeat(8192)}`)).credentials.length, 8192);
    assert.equal(read(`Bearer ${"a".repeat(8193)}`).ok, false);
  });
  test("that is none names no scheme", () => {
    for (const header of ["Bearer =", "Bearer a=b", "Bearer a b", "Bearera", "Digest a", "DPoPBearer a", "a"]) {
      assert.equal(read(header).ok, false, header);
    }
  });
});

test("the challenge of a 401 names both schemes, and the algorithm of a proof (RFC 9110, RFC 9449)", () => {
  const challenge = challengeOf(call({}), { code: "unauthenticated" });
  assert.equal(challenge, 'Bearer realm="staff-assign", DPoP realm="staff-assign", algs="ES256"');
});

test("the challenge calls nothing wrong where the header begins with another scheme, whatever follows it", () => {
  for (const Authorization of ["Basic bearer x", "Digest DPoP x", "xBearer x"]) {
    const challenge = challengeOf(call({ headers: { Authorization } }), { code: "unauthenticated" });
    assert.equal(challenge, 'Bearer realm="staff-assign", DPoP realm="staff-assign", algs="ES256"', Authorization);
  }
});
