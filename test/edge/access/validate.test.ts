import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import * as v from "valibot";
import { validate, validateAssignment } from "../../../edge/access/validate.ts";
import { SessionRequestSchema } from "../../../shared/contract.ts";
import { codeOf, expectOk } from "./support.ts";

const wechat = { channel: "wechat", order: "20150806125346", guide: { id: "LLA3WJ6D" } };
const problem = (value: unknown) => {
  const result = validateAssignment(value);
  assert.ok(!result.ok, JSON.stringify(value));
  assert.equal(result.failure.code, "invalid_request");
  return [result.failure.field, result.failure.detail];
};

describe("a wrong assignment is answered with the member and one sentence", () => {
  const table: [unknown, string | undefined, string][] = [
    [{}, "channel", "channel is required."],
    [{ channel: "alipay" }, "channel", "channel must be wechat or tmall."],
    [{ channel: "tmall", orderKind: "x" }, "orderKind", "orderKind must be workcard, outer or fulfil-task."],
    [{ channel: "tmall", orderKind: null }, "orderKind", "orderKind must be workcard, outer or fulfil-task."],
    [{ channel: "wechat" }, "order", "order is required."],
    [{ ...wechat, order: 1 }, "order", "order must be a string."],
    [{ ...wechat, guide: undefined }, "guide", "guide must be an object."],
    [{ ...wechat, guide: "LLA3WJ6D" }, "guide", "guide must be an object."],
    [{ ...wechat, guide: {} }, "guide.id", "guide.id is required."],
    [{ ...wechat, guide: ["LLA3WJ6D"] }, "guide.id", "guide.id is required."],
    [{ ...wechat, merchant: "demo" }, "merchant", "merchant is not a known member."],
    [{ ...wechat, guide: { id: "1", mobile: "13800138000" } }, "guide.mobile", "guide.mobile is not a known member."],
    [
      { channel: "tmall", order: "1", guide: { id: "1" }, operator: "store" },
      "storeId",
      "storeId is required when operator is store.",
    ],
    [
      { channel: "tmall", order: 1, guide: { id: "1" } },
      "order",
      "order must be a string of digits; a JSON number loses digits.",
    ],
    [{ channel: "tmall", order: "1", guide: { id: "1" }, extension: [] }, "extension", "extension must be an object."],
    [
      { channel: "tmall", order: "1", guide: { id: "1" }, extension: ["a"] },
      "extension",
      "extension must be an object.",
    ],
    [null, undefined, "The request must be an object."],
    ["x", undefined, "The request must be an object."],
    [[], undefined, "The body must be an object."],
    [[wechat], undefined, "The body must be an object."],
  ];
  for (const [value, field, detail] of table) {
    test(`${JSON.stringify(value)}`, () => {
      assert.deepEqual(problem(value), [field, detail]);
    });
  }
});

test("a right one comes back as it is", () => {
  assert.deepEqual(expectOk(validateAssignment(wechat)), wechat);
});

test("no sentence repeats a value, whatever the value and wherever it stands", () => {
  const secret = "sk_acme LEAKED 13800138000";
  const places = [
    { ...wechat, order: secret },
    { ...wechat, channel: secret },
    { ...wechat, guide: { id: secret } },
    { ...wechat, guide: secret },
    { ...wechat, replaces: secret.repeat(9) },
    { channel: "tmall", order: secret, guide: { id: "1" } },
    { channel: "tmall", order: "1", orderKind: secret, guide: { id: "1" } },
    { channel: "tmall", order: "1", guide: { mobile: secret } },
    { channel: "tmall", order: "1", guide: { id: "1" }, operator: secret },
    { channel: "tmall", order: "1", guide: { id: "1" }, extension: secret },
    { channel: "tmall", order: "1", guide: { id: "1" }, extension: { a: [secret] } },
  ];
  for (const place of places) assert.ok(!problem(place).join().includes("LEAKED"), JSON.stringify(place));
});

const unnamed = "The request has a member that is not a known member.";

test("a member's name is repeated only when it is a plain one", () => {
  assert.deepEqual(problem({ ...wechat, "<b>x</b>": 1 }), [undefined, unnamed]);
  assert.deepEqual(problem({ ...wechat, ["a".repeat(65)]: 1 }), [undefined, unnamed]);
  assert.deepEqual(problem({ ...wechat, ["a".repeat(64)]: 1 })[0], "a".repeat(64));
});

test("any value at all is answered, never thrown at", () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true }), (value) => {
      assert.equal(codeOf(validateAssignment(value)), "invalid_request");
      assert.equal(codeOf(validate(SessionRequestSchema, value)), "invalid_request");
    }),
  );
});

test("defaults of the schema are filled in", () => {
  assert.deepEqual(expectOk(validate(v.object({ limit: v.optional(v.string(), "10") }), {})), { limit: "10" });
});
