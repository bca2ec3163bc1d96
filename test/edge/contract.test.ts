import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import * as v from "valibot";
import {
  AssignmentQuerySchema,
  AssignmentRequestSchema,
  assignmentSchemaFor,
  GuideQuerySchema,
  GuideRegistrationSchema,
  GuideSearchSchema,
  GuideUpdateSchema,
  Int64Id,
  idempotencyKeyPattern,
  OrderQuerySchema,
  SessionRequestSchema,
} from "../../shared/contract.ts";
import { TopSessionSwapSchema } from "../../shared/operator-contract.ts";

const wechat = { channel: "wechat", order: "20150806125346", guide: { id: "LLA3WJ6D" } };
const tmall = { channel: "tmall", order: "9007199254740993", guide: { id: "1" } };

const accepts = (value: Record<string, unknown>) => {
  const chosen = v.is(assignmentSchemaFor(value.channel, value.orderKind), value);
  assert.equal(v.is(AssignmentRequestSchema, value), chosen, "the union and the chosen schema agree");
  return chosen;
};

/** What must never reach a path, a header, a signed string or a terminal. */
const hostile = [
  "",
  " ",
  "a b",
  "a/b",
  "a%2Fb",
  "..",
  ".",
  "a/../b",
  "a?b",
  "a#b",
  "a\\b",
  "a;b",
  "a\r\nb",
  "a\n",
  "a\0",
  "a\t",
  "１２３",
  "é",
  "e\u0301",
  "\u202eabc",
  "😀",
  "\ud800",
  "a".repeat(1024),
  "<b>",
  "'",
  '"',
  "a,b",
  "a&b=c",
  "a:b",
  "@a",
  "~",
];

describe("an order of WeChat Pay", () => {
  for (const order of ["1", "0-_|*aZ", "x".repeat(32)]) {
    test(`"${order}" is accepted`, () => assert.equal(accepts({ ...wechat, order }), true));
  }
  for (const order of [...hostile, "x".repeat(33), "a.b", 1, null, ["1"], { toString: () => "1" }]) {
    test(`${JSON.stringify(order)} is refused`, () => assert.equal(accepts({ ...wechat, order }), false));
  }
});

describe("a guide of WeChat Pay", () => {
  for (const id of ["1", "a-_Z", "x".repeat(64)]) {
    test(`"${id}" is accepted`, () => assert.equal(accepts({ ...wechat, guide: { id } }), true));
  }
  for (const id of [...hostile, "x".repeat(65), "a.b", "a|b", "a*b", 1, null, ["1"]]) {
    test(`${JSON.stringify(id)} is refused`, () => assert.equal(accepts({ ...wechat, guide: { id } }), false));
  }
  test("has no mobile, and no member that the contract does not know", () => {
    assert.equal(accepts({ ...wechat, guide: { id: "1", mobile: "13800138000" } }), false);
    assert.equal(accepts({ ...wechat, guide: { mobile: "13800138000" } }), false);
    assert.equal(accepts({ ...wechat, storeId: "1" }), false);
    assert.equal(accepts({ ...wechat, orderKind: "workcard" }), false);
    assert.equal(accepts({ ...wechat, merchant: "demo" }), false);
    assert.equal(accepts({ ...wechat, subMchid: "1900000109" }), false);
  });
});

describe("a 64-bit id", () => {
  const wrong = ["0", "-1", "-0", "+1", "01", "1e3", "1.0", "0x1", "9223372036854775808", "1".repeat(20), 1, 1n, null];
  test("is exact up to its last value, beyond what a JSON number holds", () => {
    for (const id of ["1", "9007199254740993", "9223372036854775807"]) assert.equal(v.parse(Int64Id, id), id);
  });
  for (const id of [...hostile, ...wrong]) {
    test(`${typeof id === "bigint" ? "1n" : JSON.stringify(id)} is refused`, () => {
      assert.equal(v.is(Int64Id, id), false);
      assert.equal(v.is(assignmentSchemaFor("tmall", undefined), { ...tmall, order: id }), false);
      assert.equal(
        v.is(assignmentSchemaFor("tmall", "fulfil-task"), { ...tmall, orderKind: "fulfil-task", order: id }),
        false,
      );
      assert.equal(v.is(assignmentSchemaFor("tmall", undefined), { ...tmall, guide: { id } }), false);
    });
  }
  test("is any whole number from 1 to 2^63 - 1, and comes back unchanged", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }), (id) => {
        assert.equal(v.parse(Int64Id, String(id)), String(id));
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 63n, max: 2n ** 80n }), (id) => {
        assert.equal(v.is(Int64Id, String(id)), false);
      }),
    );
  });
});

describe("an order of Tmall", () => {
  const outer = (order: unknown) => ({ ...tmall, orderKind: "outer", order });
  test("is a work card unless it says otherwise", () => {
    assert.equal(accepts(tmall), true);
    assert.equal(accepts({ ...tmall, orderKind: "workcard" }), true);
    assert.equal(accepts({ ...tmall, orderKind: "fulfil-task" }), true);
    for (const orderKind of ["", "WORKCARD", "task", null, 1]) assert.equal(accepts({ ...tmall, orderKind }), false);
  });
  for (const order of ["A-1", "a.b", "a_b|c*d", "x".repeat(64)]) {
    test(`outer "${order}" is accepted`, () => assert.equal(accepts(outer(order)), true));
  }
  for (const order of [...hostile, "x".repeat(65), "a..b", ".a", "a.", "..a", 1]) {
    test(`outer ${JSON.stringify(order)} is refused`, () => assert.equal(accepts(outer(order)), false));
  }
});

describe("a worker of Tmall", () => {
  const accepted = [
    { id: "1" },
    { id: "1", name: "张三" },
    { mobile: "13800138000" },
    { mobile: "+8613800138000", name: "x" },
  ];
  for (const guide of accepted) {
    test(`${JSON.stringify(guide)} is accepted`, () => assert.equal(accepts({ ...tmall, guide }), true));
  }
  const refused = [
    {},
    { name: "张三" },
    { id: "1", mobile: "13800138000" },
    { id: "1", workerId: "2" },
    { mobile: "1234" },
    { mobile: "1".repeat(21) },
    { mobile: "138-0013-8000" },
    { mobile: "１３８００１３８０００" },
    { mobile: "++8613800138000" },
    { mobile: 13800138000 },
    null,
    "1",
  ];
  for (const guide of refused) {
    test(`${JSON.stringify(guide)} is refused`, () => assert.equal(accepts({ ...tmall, guide }), false));
  }
  test("has a name of any script, up to 64 bytes of UTF-8", () => {
    const named = (name: unknown) => accepts({ ...tmall, guide: { id: "1", name } });
    for (const name of ["O'Neil <b>", "أحمد", "張三😀", "导".repeat(21), "a".repeat(64)])
      assert.equal(named(name), true);
    for (const name of [
      "",
      " ",
      "\u3000",
      "导".repeat(22),
      "a".repeat(65),
      "a\nb",
      "a\u2028b",
      "a\u0085b",
      "\ud800",
      1,
      null,
    ]) {
      assert.equal(named(name), false);
    }
  });
});

describe("the other members of a Tmall assignment", () => {
  test("a store acts only when it says which one", () => {
    assert.equal(accepts({ ...tmall, operator: "provider" }), true);
    assert.equal(accepts({ ...tmall, operator: "store", storeId: "12" }), true);
    assert.equal(accepts({ ...tmall, operator: "store" }), false);
    assert.equal(accepts({ ...tmall, orderKind: "outer", order: "A", operator: "store" }), false);
    assert.equal(accepts({ ...tmall, orderKind: "fulfil-task", operator: "store" }), false);
    assert.equal(accepts({ ...tmall, operator: "admin" }), false);
  });
  test("an extension is flat text of at most 2048 bytes", () => {
    const extended = (extension: unknown) => accepts({ ...tmall, extension });
    assert.equal(extended({}), true);
    assert.equal(extended({ note: "", 备注: "上门" }), true);
    assert.equal(extended({ a: "x".repeat(2048 - '{"a":""}'.length) }), true);
    assert.equal(extended({ a: "x".repeat(2049 - '{"a":""}'.length) }), false);
    for (const wrong of [{ a: 1 }, { a: null }, { a: {} }, { a: ["x"] }, { a: "\ud800" }, { "": "x" }, "x", null]) {
      assert.equal(extended(wrong), false, JSON.stringify(wrong));
    }
  });
  test("a check reason is a short number, as text", () => {
    assert.equal(accepts({ ...tmall, checkReason: "12" }), true);
    for (const checkReason of ["", "1".repeat(10), "a", 12]) assert.equal(accepts({ ...tmall, checkReason }), false);
  });
  test("replaces names an assignment", () => {
    assert.equal(accepts({ ...wechat, replaces: "01JC-x_9" }), true);
    for (const replaces of ["", "a/b", "x".repeat(65), 1, null]) assert.equal(accepts({ ...wechat, replaces }), false);
  });
  test("what TOP's caller is given is not taken from the page", () => {
    for (const name of ["sign", "session", "app_key", "sign_method", "method", "timestamp"]) {
      assert.equal(accepts({ ...tmall, [name]: "x" }), false);
    }
  });
});

describe("the request for a session", () => {
  const accepted = (more: Record<string, unknown>) => v.is(SessionRequestSchema, { merchant: "demo", ...more });
  test("needs the merchant alone", () => {
    assert.equal(accepted({}), true);
    assert.equal(v.is(SessionRequestSchema, {}), false);
    for (const merchant of ["", "DEMO", "de-mo", "../demo", "x".repeat(33), 1, null])
      assert.equal(accepted({ merchant }), false);
  });
  test("asks for a whole number of seconds up to an hour", () => {
    for (const expiresIn of [1, 900, 3600]) assert.equal(accepted({ expiresIn }), true);
    for (const expiresIn of [0, -1, 3601, 0.5, "900", Number.NaN, Number.POSITIVE_INFINITY, null]) {
      assert.equal(accepted({ expiresIn }), false);
    }
  });
  test("names sub-merchant and store as text", () => {
    assert.equal(accepted({ subMchid: "1900000109", storeId: "1234" }), true);
    for (const wrong of [
      { subMchid: 1900000109 },
      { subMchid: "*" },
      { subMchid: "1".repeat(33) },
      { storeId: 1234 },
      { storeId: "0" },
    ]) {
      assert.equal(accepted(wrong), false);
    }
  });
  test("binds to a key by its one canonical thumbprint", () => {
    assert.equal(accepted({ jkt: `${"a".repeat(42)}A` }), true);
    for (const jkt of ["a".repeat(43), `${"a".repeat(41)}A`, `${"a".repeat(43)}A`, `${"a".repeat(41)}+A`, "", null]) {
      assert.equal(accepted({ jkt }), false);
    }
  });
  test("has no member beyond the contract", () => {
    for (const name of ["partner", "scopes", "exp", "sub_mchid"]) assert.equal(accepted({ [name]: "x" }), false);
  });
});

describe("guides", () => {
  const guide = {
    corpId: "1234567890",
    storeId: "1234",
    userId: "robert",
    name: "robert",
    mobile: "13900000000",
    qrCode: "https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=xxx",
    avatar: "http://wx.qlogo.cn/mmopen/ajNVdqHZLLA3W",
  };
  const registers = (more: Record<string, unknown>) => v.is(GuideRegistrationSchema, { ...guide, ...more });
  test("register with every member but the group code", () => {
    assert.equal(registers({}), true);
    assert.equal(registers({ groupQrCode: "https://p.qpic.cn/x" }), true);
    for (const name of Object.keys(guide)) {
      const { [name]: _removed, ...rest } = guide as Record<string, string>;
      assert.equal(v.is(GuideRegistrationSchema, rest), false, name);
    }
  });
  test("keep the platform's lengths, counted in bytes of plain text", () => {
    assert.equal(registers({ name: "导".repeat(21) }), true);
    assert.equal(registers({ name: "导".repeat(22) }), false);
    const url = (bytes: number) => `https://a.example/${"x".repeat(bytes - 18)}`;
    assert.equal(registers({ avatar: url(1024) }), true);
    assert.equal(registers({ avatar: url(1025) }), false);
    for (const avatar of ["javascript:alert(1)", "data:image/png,x", "//a.example", "a", ""]) {
      assert.equal(registers({ avatar }), false);
    }
  });
  test("update at least one member, and none that is fixed at registration", () => {
    assert.equal(v.is(GuideUpdateSchema, { name: "x" }), true);
    for (const wrong of [{}, { storeId: "1" }, { userId: "x" }, { corpId: "x" }, { name: null }]) {
      assert.equal(v.is(GuideUpdateSchema, wrong), false);
    }
  });
  test("are searched by mobile in a body, listed without one", () => {
    assert.equal(v.is(GuideSearchSchema, { storeId: "1", mobile: "13800138000" }), true);
    assert.equal(v.is(GuideSearchSchema, { storeId: "1" }), false);
    assert.equal(v.is(GuideQuerySchema, { storeId: "1", mobile: "13800138000" }), false);
    assert.deepEqual(v.parse(GuideQuerySchema, { storeId: "1" }), { storeId: "1", limit: 10, offset: 0 });
    for (const limit of ["0", "11", "-1", "1.5", "01", "", "1e1"]) {
      assert.equal(v.is(GuideQuerySchema, { storeId: "1", limit }), false);
    }
    assert.equal(v.is(GuideQuerySchema, { storeId: "1", limit: "10", offset: "999999999" }), true);
    assert.equal(v.is(GuideQuerySchema, { storeId: "1", offset: "1000000000" }), false);
  });
});

describe("queries", () => {
  test("of assignments default to twenty and refuse what they do not know", () => {
    assert.deepEqual(v.parse(AssignmentQuerySchema, {}), { limit: 20 });
    assert.equal(
      v.is(AssignmentQuerySchema, { limit: "100", status: "failed", channel: "tmall", order: "1", cursor: "x" }),
      true,
    );
    for (const wrong of [
      { limit: "101" },
      { limit: "0" },
      { status: "done" },
      { channel: "x" },
      { partner: "acme" },
      { cursor: "../x" },
    ]) {
      assert.equal(v.is(AssignmentQuerySchema, wrong), false);
    }
  });
  test("of orders are for Tmall alone", () => {
    assert.deepEqual(v.parse(OrderQuerySchema, { channel: "tmall" }), { channel: "tmall", orderKind: "workcard" });
    assert.equal(v.is(OrderQuerySchema, { channel: "wechat" }), false);
    assert.equal(v.is(OrderQuerySchema, {}), false);
  });
});

test("an idempotency key is 1 to 255 characters of printable ASCII", () => {
  for (const key of ["k", "a b~!", "x".repeat(255)]) assert.match(key, idempotencyKeyPattern);
  for (const key of ["", "x".repeat(256), "a\tb", "a\nb", "键", "\x7f", "a\r\nX: y"])
    assert.doesNotMatch(key, idempotencyKeyPattern);
});

test("the end of a TOP session is a time that Date reads as it is meant", () => {
  const accepted = (sessionExpiresAt: string) => v.is(TopSessionSwapSchema, { session: "s", sessionExpiresAt });
  for (const time of ["2027-05-01T00:00:00Z", "2028-02-29T23:59:59.5+08:00"]) assert.ok(accepted(time), time);
  const wrong = [
    "2027-05-01T00:00:00+08",
    "2027-02-30T00:00:00Z",
    "2027-04-31T00:00:00Z",
    "2027-05-01",
    "May 1 2027",
    "",
  ];
  for (const time of wrong) assert.equal(accepted(time), false, time);
});
