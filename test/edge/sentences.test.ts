/** Whatever the edge or the element can say, a cashier reads a sentence of it, in both languages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { en } from "../../component/locales/en.ts";
import { sentenceOf } from "../../component/locales/text.ts";
import { zhCN } from "../../component/locales/zh-CN.ts";
import { adviceOf } from "../../edge/advice.ts";
import { elementCodes, problemCodes } from "../../shared/problem-codes.ts";
import { problemReasons } from "../../shared/problem-reasons.ts";

const languages = [
  ["zh-CN", /^[^A-Za-z]*[。]$/],
  ["en", /^[A-Z][^\u4e00-\u9fff]*\.$/],
] as const;

for (const [language, form] of languages) {
  test(`the edge advises a whole sentence for every code and every reason in ${language}`, () => {
    for (const key of [...(Object.keys(problemCodes) as (keyof typeof problemCodes)[]), ...problemReasons]) {
      assert.match(adviceOf[key][language], form, key);
    }
  });

  test(`the element has a whole sentence for every code by itself in ${language}`, () => {
    for (const code of [...Object.keys(problemCodes), ...elementCodes, "a_code_to_come"]) {
      for (const retryable of [true, false]) assert.match(sentenceOf({ code, retryable }, language, {}), form, code);
    }
  });
}

test("the element tells a failure that passes by itself from one that needs somebody", () => {
  assert.match(sentenceOf({ code: "upstream_unavailable", retryable: true }, "zh-CN", {}), /请稍后重试/);
  assert.match(sentenceOf({ code: "misconfigured", retryable: false }, "zh-CN", {}), /联系管理员/);
});

test("the partner's text for a reason wins over that for its code, and both over the edge's", () => {
  const failure = {
    code: "upstream_rejected",
    problem: { reason: "order_closed", advice: adviceOf.order_closed },
  };
  assert.equal(sentenceOf(failure, "en", {}), adviceOf.order_closed.en);
  assert.equal(sentenceOf(failure, "en", { upstream_rejected: "No." }), "No.");
  assert.equal(sentenceOf(failure, "en", { upstream_rejected: "No.", order_closed: "Closed." }), "Closed.");
});

test("the two languages have the same keys and the same blanks", () => {
  assert.deepEqual(Object.keys(en).toSorted(), Object.keys(zhCN).toSorted());
  const blanks = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted();
  for (const key of Object.keys(zhCN) as (keyof typeof zhCN)[])
    assert.deepEqual(blanks(en[key]), blanks(zhCN[key]), key);
});
