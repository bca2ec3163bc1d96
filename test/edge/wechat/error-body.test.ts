/** What is kept of an error's body: code, words and parameter, each of its own kind, and nothing that the caller typed. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseObject, readError } from "../../../edge/channels/wechat/error-body.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (value: unknown) => readError(bytes(JSON.stringify(value)));

describe("a body", () => {
  test("that is a JSON object in UTF-8 is read, with or without a byte order mark", () => {
    assert.deepEqual(parseObject(bytes('{"a":1}')), { a: 1 });
    assert.deepEqual(parseObject(bytes('\ufeff{"a":1}')), { a: 1 });
  });
  test("that is anything else is no object and says nothing", () => {
    const others = ["", "null", "[]", '[{"code":"X"}]', "1", "true", '"code"', "{", "<html></html>"].map(bytes);
    for (const body of [
      ...others,
      new Uint8Array([0x7b, 0xff, 0x7d]),
      Uint8Array.of(...bytes('{"code":"'), 0xb9, 0xa4, ...bytes('"}')),
    ]) {
      assert.equal(parseObject(body), undefined);
      assert.deepEqual(readError(body), {});
    }
  });
  test("of any bytes is answered, never thrown at", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (body) => typeof readError(body) === "object"));
    fc.assert(fc.property(fc.json(), (body) => typeof readError(bytes(body)) === "object"));
  });
});

describe("a code", () => {
  test("is taken from code, else from the older return_code", () => {
    assert.deepEqual(read({ code: "A", return_code: "B" }), { code: "A" });
    assert.deepEqual(read({ code: 1, return_code: "B" }), { code: "B" });
    assert.deepEqual(read({ return_code: "B" }), { code: "B" });
  });
  test("is one of 1 to 64 plain characters, or none", () => {
    const longest = "Aa0_.-".padEnd(64, "Z");
    assert.deepEqual(read({ code: longest }), { code: longest });
    for (const code of ["", `${longest}Z`, "A B", " A", "A ", "<b>", "b>", "<b", "参数", 400, null, ["A"], {}]) {
      assert.deepEqual(read({ code }), {});
    }
  });
});

describe("words", () => {
  test("are taken from message, else from the older return_msg", () => {
    assert.deepEqual(read({ message: "a", return_msg: "b" }), { message: "a" });
    assert.deepEqual(read({ message: 1, return_msg: "b" }), { message: "b" });
    for (const message of ["", " ", null, 1, ["a"], {}]) assert.deepEqual(read({ message }), {});
  });
  test("are on one line, without any control character, a run of them being one blank", () => {
    for (const control of ["\u0000", "\n", "\r\n", "\t", "\u001f", "\u007f", "\u0080", "\u009f", "\u2028", "\u2029"]) {
      assert.deepEqual(read({ message: `${control}a${control}b${control}${control}c${control}` }), {
        message: "a b c",
      });
    }
    assert.deepEqual(read({ message: "a b\u00a0c~" }), { message: "a b\u00a0c~" });
  });
  test("end after 200 characters, between two of them", () => {
    assert.equal(read({ message: "长".repeat(200) }).message, "长".repeat(200));
    assert.equal(read({ message: "长".repeat(201) }).message, "长".repeat(200));
    assert.equal(read({ message: "𠮷".repeat(201) }).message, "𠮷".repeat(200));
  });
  test("are well-formed text, whatever they were", () => {
    assert.equal(read({ message: "a\ud800b" }).message, "a\ufffdb");
  });
  test("lose every place where they echo what was sent", () => {
    const detail = { value: "张三" };
    assert.equal(read({ message: "张三与张三不符", detail }).message, "…与…不符");
    assert.equal(read({ message: "张三不符", detail: { value: 1 } }).message, "张三不符");
    assert.equal(read({ message: "张三不符", detail: { value: "" } }).message, "张三不符");
  });
  test("keep what a single echoed character would tear to pieces", () => {
    assert.equal(read({ message: "参数1错误11", detail: { value: "1" } }).message, "参数1错误11");
  });
  test("lose every mobile, with and without its country code, and keep other numbers", () => {
    for (const mobile of ["13800138000", "+8613800138000", "008613800138000", "138-0013-8000", "19900000000"]) {
      assert.equal(read({ message: `手机${mobile}与${mobile}` }).message, "手机…与…");
    }
    for (const number of ["138001380001", "113800138000", "12800138000", "1380013800"]) {
      assert.equal(read({ message: `编号${number}` }).message, `编号${number}`);
    }
  });
});

describe("a parameter", () => {
  const inDetail = (field: unknown) => read({ detail: { field } }).parameter;
  const inMessage = (message: string) => read({ message }).parameter;

  test("is named by detail.field, as a pointer or bare", () => {
    for (const field of [
      "out_trade_no",
      "/out_trade_no",
      "/body/out_trade_no",
      "/query/out_trade_no",
      "/uri_template/out_trade_no",
      "/header/out_trade_no",
      "/body/out_trade_no/0/x",
    ]) {
      assert.equal(inDetail(field), "out_trade_no", field);
    }
    assert.equal(inDetail("Wechatpay-Serial"), "Wechatpay-Serial");
  });
  test("has a name of 1 to 64 plain characters that begins with a letter, or is none", () => {
    const longest = `a${"0".repeat(63)}`;
    assert.equal(inDetail(longest), longest);
    for (const field of [
      `${longest}0`,
      "",
      "/",
      "/body/",
      "0a",
      "_a",
      "-a",
      "a b",
      "a<",
      "<a",
      "参数",
      "a\n",
      1,
      null,
      {},
    ]) {
      assert.equal(inDetail(field), undefined);
    }
    // only a pointer of the platform's own parts is shortened
    assert.equal(inDetail("x/body/out_trade_no"), "x");
    assert.equal(inDetail("body/out_trade_no"), "body");
    assert.equal(inDetail("/other/out_trade_no"), "other");
  });
  test("is named by the words where detail leaves it out, and by detail where both name one", () => {
    for (const source of ["body", "query", "uri_template", "header"]) {
      assert.equal(inMessage(`输入源“/${source}/guide_id”映射到字段`), "guide_id");
    }
    assert.equal(inMessage("输入源“/other/guide_id”映射到字段"), undefined);
    assert.equal(inMessage("“/body/guide_id”映射到字段"), undefined);
    assert.equal(inMessage("输入源“/body/guide_id"), undefined);
    assert.equal(read({ message: "输入源“/body/guide_id”", detail: { field: "/body/name" } }).parameter, "name");
    assert.equal(read({ message: "输入源“/body/guide_id”", detail: { field: "<>" } }).parameter, "guide_id");
  });
  test("is not looked for in a detail that is no object", () => {
    for (const detail of [null, "field", ["field"], 1]) assert.deepEqual(read({ code: "A", detail }), { code: "A" });
  });
});
