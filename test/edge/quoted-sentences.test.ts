/** A cashier reads a sentence out to support, and support looks for it in the pages: they quote it to the letter. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { sentences } from "../support/sentences.ts";

const folder = new URL("../../docs/problems/", import.meta.url);
const pages = readdirSync(folder).map((name) => ({
  code: name.replace(/\.md$/, ""),
  text: readFileSync(new URL(name, folder), "utf8"),
}));

/** The element asks before it takes an order over: its question stands in for the code's sentence. */
const shown: Record<string, { key: string; values: Record<"zh-CN" | "en", Record<string, string>> }> = {
  already_assigned: {
    key: "held",
    values: {
      "zh-CN": { guide: "张三 (14:05)", other: "李四" },
      en: { guide: "Zhang San (14:05)", other: "Li Si" },
    },
  },
};

function sentenceOf(language: "zh-CN" | "en", code: string): string | undefined {
  const { key, values } = shown[code] ?? { key: code, values: { "zh-CN": {}, en: {} } };
  return sentences[language][key]?.replace(/\{(\w+)\}/g, (_, name: string) => values[language][name] ?? "");
}

/** Blanks around a filled-in name are a matter of typesetting. */
const plain = (text: string | undefined) => text?.replace(/\s+/g, " ");

describe("the page of a problem quotes what the cashier sees", () => {
  for (const { code, text } of pages) {
    it(code, () => {
      const [, chinese, english] = /^- 中文：(.*)\n- English: (.*)$/m.exec(text) ?? [];
      assert.equal(plain(chinese), plain(sentenceOf("zh-CN", code)));
      assert.equal(plain(english), plain(sentenceOf("en", code)));
    });
  }
});

it("what the pages quote in passing is part of a sentence that the element has", () => {
  const said = Object.values(sentences["zh-CN"]).join("\n");
  /** the product, not a sentence */
  const terms = ["支付即服务"];
  for (const { code, text } of pages) {
    const english = text.split("## 中文说明")[0]?.replace(/^- 中文：.*$/m, "") ?? "";
    for (const [quote] of english.matchAll(/\p{Script=Han}[\p{Script=Han}，。；、]*/gu)) {
      assert.ok(terms.includes(quote) || said.includes(quote), `${code}: ${quote}`);
    }
  }
});
