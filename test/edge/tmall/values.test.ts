/** Numbers, ids, lists and texts as the gateway writes them, read into one form each. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  asMembers,
  parseExact,
  plainText,
  readAnswer,
  readId,
  readList,
  readText,
  readToken,
} from "../../../edge/channels/tmall/answer.ts";

const read = (text: string, api = "taobao.a.b.c") => readAnswer(new TextEncoder().encode(text), api);
const content = (text: string, api?: string) => {
  const answer = read(text, api);
  assert.ok(answer.kind === "content", JSON.stringify(answer));
  return answer;
};
const error = (members: Record<string, unknown>) => {
  const answer = read(JSON.stringify({ error_response: members }));
  assert.ok(answer.kind === "error");
  return answer.error;
};

describe("content", () => {
  test("is what lies under the name of the call, without taobao. before it and with _ for each dot", () => {
    assert.deepEqual(content('{"a_b_c_response":{"x":1}}').content, { x: 1 });
    assert.deepEqual(content('{"tmall_a_response":{"x":1}}', "tmall.a").content, { x: 1 });
    assert.deepEqual(content('{"tmall_taobao_a_response":{"x":1}}', "tmall.taobao.a").content, { x: 1 });
  });
  test("is the whole object where nothing lies under that name", () => {
    for (const name of ["taobao_a_b_c_response", "b_c_response", "a_b_c"]) {
      assert.deepEqual(content(`{"${name}":{"x":1}}`).content, { [name]: { x: 1 } });
    }
  });
  test("has the request id from inside, else from beside it, if it is one", () => {
    assert.equal(content('{"a_b_c_response":{"request_id":"in"},"request_id":"out"}').requestId, "in");
    assert.equal(content('{"a_b_c_response":{},"request_id":"out"}').requestId, "out");
    assert.equal(content('{"a_b_c_response":{"request_id":"a b"}}').requestId, undefined);
  });
  test("is unreadable where the name of the call holds no object", () => {
    for (const value of ["null", "1", '"ok"', "[]", "true"]) {
      assert.deepEqual(read(`{"a_b_c_response":${value}}`), { kind: "unreadable", cause: "unknown_shape" });
    }
  });
  test("is empty only where there is nothing but blanks", () => {
    for (const [body, cause] of [
      ["", "empty"],
      ["\ufeff", "empty"],
      [" \r\n\t", "empty"],
      [" <html>", "xml_or_html"],
      ["html>", "not_json"],
    ] as const) {
      assert.deepEqual(read(body), { kind: "unreadable", cause }, body);
    }
  });
});

describe("an error", () => {
  test("is read from its own members, and beats all content beside it", () => {
    const answer = read('{"a_b_c_response":{"result":{"success":true}},"error_response":{"code":27,"msg":"m"}}');
    assert.deepEqual(answer, {
      kind: "error",
      error: { code: 27, subCode: undefined, message: "m", requestId: undefined },
    });
    assert.deepEqual(error({ code: " 15 ", sub_code: " isv.x ", sub_msg: "s", msg: "m", request_id: "r" }), {
      code: 15,
      subCode: "isv.x",
      message: "s",
      requestId: "r",
    });
  });
  test("has no code where that is no whole number", () => {
    for (const code of [undefined, null, "", " ", "x", 1.5, "1.5", [], {}, "27x"]) {
      assert.equal(error({ code }).code, undefined, String(code));
    }
    assert.equal(error({ code: 0 }).code, 0);
  });
  test("has no sub_code and no request id where they are none", () => {
    for (const value of [undefined, null, "", " ", [], {}]) {
      const { subCode, requestId, message } = error({ sub_code: value, request_id: value, sub_msg: value, msg: value });
      assert.deepEqual([subCode, requestId, message], [undefined, undefined, ""]);
    }
  });
});

describe("JSON", () => {
  test("keeps every digit of an integer that a number cannot hold, and no other number as text", () => {
    assert.deepEqual(parseExact('{"a":9007199254740993,"b":-9007199254740993,"c":9007199254740991}'), {
      a: "9007199254740993",
      b: "-9007199254740993",
      c: 9007199254740991,
    });
    assert.deepEqual(parseExact("[1.2345678901234567890123,1e300,12345678901234567890.5,1234567890123456e4]"), [
      1.2345678901234567,
      1e300,
      Number("12345678901234567890.5"),
      1234567890123456e4,
    ]);
    assert.deepEqual(parseExact("[1000000000000000]"), [1000000000000000]);
    assert.deepEqual(parseExact('["1234567890123456789",1.5,true,null]'), ["1234567890123456789", 1.5, true, null]);
  });
  test("is read through a comment behind it, and through nothing else behind it", () => {
    assert.deepEqual(parseExact('{"a":1}<!--top-->'), { a: 1 });
    assert.deepEqual(parseExact('{"a":1} \n <!--top}-'), undefined);
    for (const tail of ["x", " <!-", "<!- -", "{", " //", ",{}"])
      assert.equal(parseExact(`{"a":1}${tail}`), undefined, tail);
    assert.deepEqual(parseExact('{"a":"}<!--"}'), { a: "}<!--" });
  });
  test("is read through every raw control character in a text, each being a blank", () => {
    for (let code = 0; code < 0x20; code++) {
      assert.deepEqual(parseExact(`{"a":"x${String.fromCharCode(code)}y"}`), { a: "x y" }, String(code));
    }
    assert.deepEqual(parseExact('{"a":"x\u007fy"}'), { a: "x\u007fy" });
    assert.deepEqual(parseExact('{"a":"x\\ty"}'), { a: "x\ty" });
  });
  test("that is none is undefined", () => {
    for (const text of ["", "{", "x", "}", '{"a":}', "\u0000"]) assert.equal(parseExact(text), undefined);
  });
});

describe("a scalar", () => {
  test("is text without blanks around it, whatever type it has; anything else is nothing", () => {
    const table: [unknown, string][] = [
      [" a b ", "a b"],
      [0, "0"],
      [12.5, "12.5"],
      [true, "true"],
      [false, "false"],
      ["", ""],
      [null, ""],
      [undefined, ""],
      [["a"], ""],
      [{ a: 1 }, ""],
      [1n, ""],
    ];
    for (const [value, text] of table) assert.equal(readText(value), text);
  });
  test("is an id from 1 on, of at most nineteen digits, in its one spelling", () => {
    for (const id of ["1", "9223372036854775807", "9".repeat(19)]) assert.equal(readId(id), id);
    assert.equal(readId(1234567), "1234567");
    assert.equal(readId(" 12 "), "12");
    for (const value of [
      "",
      "0",
      0,
      "01",
      "-1",
      "+1",
      "1.5",
      "1e3",
      "1x",
      "x1",
      "1 2",
      "9".repeat(20),
      null,
      undefined,
      true,
      [1],
      {},
    ]) {
      assert.equal(readId(value), undefined, String(value));
    }
  });
  test("is a token of 1 to 128 printable characters without a blank, or none", () => {
    assert.equal(readToken("!~"), "!~");
    assert.equal(readToken(0), "0");
    assert.equal(readToken("a".repeat(128)), "a".repeat(128));
    for (const value of ["", "a b", "a".repeat(129), "店", "店a", "a店", "a\u007f", "\u0000a", null, undefined, {}]) {
      assert.equal(readToken(value), undefined, String(value));
    }
  });
});

describe("a list", () => {
  test("is read plain, and wrapped once by the type of its items", () => {
    assert.deepEqual(readList([1, 2]), [1, 2]);
    assert.deepEqual(readList({ number: [1, 2] }), [1, 2]);
    assert.deepEqual(readList({ number: [1], note: "x" }), [1]);
    assert.deepEqual(readList({}), []);
    assert.deepEqual(readList([]), []);
  });
  test("is no list where it could be two, or is something else", () => {
    for (const value of [{ a: [1], b: [2] }, { a: 1 }, { a: { b: [1] } }, null, undefined, "x", 1]) {
      assert.equal(readList(value), undefined);
    }
  });
  test("is not an object", () => {
    for (const value of [[], null, undefined, "x", 1]) assert.equal(asMembers(value), undefined);
    assert.deepEqual(asMembers({ a: 1 }), { a: 1 });
  });
});

describe("a message", () => {
  const rows: [from: string, to: string][] = [
    ["&amp;&lt;&gt;&quot;&apos;a&nbsp;b", "&<>\"'a b"],
    ["&AMP;&Lt;", "&<"],
    ["&amp;lt;", "&lt;"],
    ["&euro;&x;&toolong;", "&euro;&x;&toolong;"],
    ["&#65;&#x42;&#X43;&#x1f600;&#1114111;", "ABC😀\u{10ffff}"],
    ["&#1114112;&#x110000;&#99999999;&#x1000000;", "&#1114112;&#x110000;&#99999999;&#x1000000;"],
    ["&#;&#x;&#xg;&amp", "&#;&#x;&#xg;&amp"],
    ["a\r\n\t b", "a b"],
    [" \u0000a\u200bb\u2028c\u2029d\u00a0e\ufeff ", "a b c d e"],
    ["a\ud800b", "a\ufffdb"],
    ["&#55296;", "\ufffd"],
    ["打13812345678吧", "打138****5678吧"],
  ];
  test("is unescaped once, on one line, without a mobile", () => {
    for (const [from, to] of rows) assert.equal(plainText(from), to);
  });
  test("ends after 300 characters, between two of them", () => {
    assert.equal(plainText("长".repeat(300)), "长".repeat(300));
    assert.equal(plainText("𠮷".repeat(301)), "𠮷".repeat(300));
  });
  test("cannot hide a mobile at its cut", () => {
    assert.ok(!plainText(`${"长".repeat(290)}13812345678`).includes("1381234"));
  });
});
