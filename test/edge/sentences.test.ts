/** Whatever the edge or the element can say, a cashier reads a sentence of its own, in both languages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { en } from "../../component/locales/en.ts";
import { zhCN } from "../../component/locales/zh-CN.ts";
import { elementCodes, problemCodes } from "../../shared/problem-codes.ts";
import { problemReasons } from "../../shared/problem-reasons.ts";

const keys = [...Object.keys(problemCodes), ...elementCodes, ...problemReasons];
const languages: [string, Record<string, string>, RegExp][] = [
  ["zh-CN", zhCN, /^[^A-Za-z]*[。]$/],
  ["en", en, /^[A-Z][^\u4e00-\u9fff]*\.$/],
];

for (const [language, sentences, form] of languages) {
  test(`every code and every reason has a whole sentence in ${language}`, () => {
    for (const key of keys) assert.match(sentences[key] ?? "", form, key);
  });
}

test("the two languages have the same keys and the same blanks", () => {
  assert.deepEqual(Object.keys(en).toSorted(), Object.keys(zhCN).toSorted());
  const blanks = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted();
  for (const key of Object.keys(zhCN) as (keyof typeof zhCN)[])
    assert.deepEqual(blanks(en[key]), blanks(zhCN[key]), key);
});
