import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseStrictJson } from "../../edge/strict-json.ts";

const reserved = new Set(["__proto__", "constructor", "prototype"]);
const wellFormed = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));
const json = fc.jsonValue({ maxDepth: 6, stringUnit: "grapheme" }).filter((value) => {
  const text = JSON.stringify(value);
  return !text.includes("\\u0000") && ![...reserved].some((name) => text.includes(name));
});

const refusal = (text: string) => {
  const result = parseStrictJson(text);
  assert.equal(result.ok, false, `accepted ${text.slice(0, 60)}`);
  return result.ok ? undefined : { sentence: result.sentence, field: result.field };
};

describe("strict JSON", () => {
  test("reads every value as JSON.parse does", () => {
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        assert.deepEqual(parseStrictJson(text), { ok: true, value: JSON.parse(text) });
      }),
    );
  });

  test("refuses every object that names a member twice, wherever it lies and however it is spelt", () => {
    const escaped = (name: string) =>
      `"${[...Array(name.length).keys()].map((index) => `\\u${name.charCodeAt(index).toString(16).padStart(4, "0")}`).join("")}"`;
    const names = wellFormed.filter((name) => !reserved.has(name));
    fc.assert(
      fc.property(names, json, json, fc.boolean(), fc.nat(5), (name, first, second, isEscaped, depth) => {
        const again = isEscaped ? escaped(name) : JSON.stringify(name);
        const twice = `{${JSON.stringify(name)}:${JSON.stringify(first)},"x y":1,${again}:${JSON.stringify(second)}}`;
        fc.pre(name !== "x y");
        const nested = `${"[".repeat(depth)}${twice}${"]".repeat(depth)}`;
        assert.deepEqual(refusal(nested), { sentence: "must not name a member twice", field: undefined });
      }),
    );
  });

  test("is not misled by colons, braces, quotes and backslashes inside of strings", () => {
    for (const value of [{ a: ":" }, { "a:b": ':"{[' }, { a: '\\":\\' }, ["\\", { b: '"' }], { "\\": { '"': "}:" } }]) {
      assert.deepEqual(parseStrictJson(JSON.stringify(value)), { ok: true, value });
    }
    assert.equal(refusal('{"a":":","a":1}')?.sentence, "must not name a member twice");
    assert.equal(refusal('{"\\"":1,"\\"":2}')?.sentence, "must not name a member twice");
  });

  for (const name of reserved) {
    test(`refuses a member named ${name}, spelt with escapes too`, () => {
      const sentence = "must not have a member named __proto__, constructor or prototype";
      assert.deepEqual(refusal(`{"${name}":{}}`), { sentence, field: undefined });
      assert.deepEqual(refusal(`{"a":[{"${name}":1}]}`), { sentence, field: "a.0" });
      const escaped = `\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}`;
      assert.deepEqual(refusal(`{"${escaped}":1}`), { sentence, field: undefined });
    });
    test(`has nothing against ${name} as a value`, () => {
      assert.deepEqual(parseStrictJson(`["${name}"]`), { ok: true, value: [name] });
    });
  }

  const refused: [string, string, string, string?][] = [
    ["a lone high surrogate, escaped", '{"a":"\\ud800"}', "must be well-formed Unicode", "a"],
    ["a lone low surrogate, escaped", '{"a":["\\udc00"]}', "must be well-formed Unicode", "a.0"],
    ["surrogates in the wrong order", '{"a":"\\udc00\\ud800"}', "must be well-formed Unicode", "a"],
    ["a lone surrogate, plain", '{"a":"\ud800"}', "must be well-formed Unicode", "a"],
    ["a lone surrogate in a name", '{"b":{"\\ud800":1}}', "has a member whose name must be well-formed Unicode", "b"],
    ["NUL, escaped", '{"a":"x\\u0000"}', "must not contain the character NUL", "a"],
    ["NUL in a name", '{"a\\u0000":1}', "has a member whose name must not contain the character NUL"],
    ["NUL, plain", '{"a":"\0"}', "must be JSON"],
    ["an infinite number", '{"a":1e400}', "must be a finite number", "a"],
    ["a negative infinite number", "[-1e400]", "must be a finite number", "0"],
    ["NaN", '{"a":NaN}', "must be JSON"],
    ["nothing", "", "must be JSON"],
    ["a byte order mark", "\ufeff{}", "must be JSON"],
    ["a comment", "{}//", "must be JSON"],
    ["a trailing comma", '{"a":1,}', "must be JSON"],
    ["single quotes", "{'a':1}", "must be JSON"],
    ["two values", "{}{}", "must be JSON"],
    ["an open string", '{"a', "must be JSON"],
    ["an open escape", '"\\', "must be JSON"],
    ["a control character", '"\n"', "must be JSON"],
  ];
  for (const [name, text, sentence, field] of refused) {
    test(`refuses ${name}`, () => {
      assert.deepEqual(refusal(text), { sentence, field });
    });
  }

  test("takes a proper pair of surrogates, escaped or plain", () => {
    assert.deepEqual(parseStrictJson('["\\ud83d\\ude00","😀"]'), { ok: true, value: ["😀", "😀"] });
  });

  test("takes 16 levels of nesting and no 17th, of arrays and objects alike", () => {
    const arrays = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    for (const nested of [arrays, objects]) {
      assert.equal(parseStrictJson(nested(16)).ok, true);
      assert.equal(refusal(nested(17))?.sentence, "must not nest deeper than 16 levels");
      assert.equal(refusal(nested(10_000))?.sentence, "must not nest deeper than 16 levels");
    }
    assert.equal(refusal("[".repeat(65_536))?.sentence, "must not nest deeper than 16 levels");
    assert.equal(parseStrictJson(`[${Array(1000).fill("[]").join()}]`).ok, true, "width is not depth");
  });
});
