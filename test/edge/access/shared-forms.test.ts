/** One form for a thing wherever it comes in: as a claim, a header, a part of an id, a member of a record. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readSessionClaims } from "../../../edge/access/session-claims.ts";
import { parseSessionId } from "../../../edge/access/sessions.ts";
import { namedTenant } from "../../../edge/access/tenant-headers.ts";
import { now, nowSeconds } from "./support.ts";

const claimed = (more: object) =>
  readSessionClaims(
    {
      iss: "acme",
      aud: "staff-assign",
      iat: nowSeconds,
      exp: nowSeconds + 60,
      jti: "s1",
      merchant: "demo",
      scope: "assignments:read",
      ...more,
    },
    "acme",
    now,
  ).ok;
const inHeader = (name: string, value: string) => namedTenant(new Headers({ [name]: value })).ok;

describe("a store is named alike in a claim and in a header", () => {
  const cases: [id: string, good: boolean][] = [
    ["1", true],
    ["9223372036854775807", true],
    ["9223372036854775808", false],
    ["9999999999999999999", false],
    ["12345678901234567890", false],
    ["0", false],
    ["01", false],
    ["-1", false],
    ["1e3", false],
  ];
  for (const [id, good] of cases) {
    test(`${id} is ${good ? "taken" : "refused"}`, () => {
      assert.deepEqual([claimed({ store_id: id }), inHeader("Staff-Assign-Store", id)], [good, good]);
    });
  }
});

describe("a sub-merchant is named alike in a claim, in a header and in the id of a session", () => {
  const cases: [mchid: string, good: boolean][] = [
    ["1", true],
    ["9".repeat(32), true],
    ["9".repeat(33), false],
    ["19000001O9", false],
    ["１９", false],
  ];
  for (const [mchid, good] of cases) {
    test(`${mchid} is ${good ? "taken" : "refused"}`, () => {
      const inId = parseSessionId(`demo~${mchid}~0123456789abcdefghijklmn`) !== undefined;
      assert.deepEqual([claimed({ sub_mchid: mchid }), inId], [good, good]);
      // A header holds Latin-1 alone.
      if (/^\p{ASCII}*$/u.test(mchid)) assert.equal(inHeader("Staff-Assign-Sub-Mchid", mchid), good);
    });
  }
});
