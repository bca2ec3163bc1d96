/** The package's types in Vue's templates, as Vue's own checker reads them. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { makePartner, templateDiagnosticsOf } from "./support/partner.ts";

const folder = new URL("templates/", import.meta.url);
const templates = Object.fromEntries(
  readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), "utf8")]),
);

/** `file:line: what is wrong there`, as the comments at the ends of lines say. */
const expected = (files: Record<string, string>) =>
  Object.entries(files).flatMap(([file, text]) =>
    text.split("\n").flatMap((line, index) => {
      const [, word] = /(?:<!--|\/\/) refused: (\S+)/.exec(line) ?? [];
      return word === undefined ? [] : [`${file}:${index + 1}: ${word}`];
    }),
  );

/** The same from the checker: the text that it points at, as far as the comment of that line goes. */
function refused(name: string, files: Record<string, string>, vueCompilerOptions: object): string[] {
  const told = templateDiagnosticsOf(makePartner(name, files), vueCompilerOptions).map(
    ({ file, line, column, message }) => {
      const text = files[file]?.split("\n")[line - 1] ?? "";
      const pointedAt = text.slice(column - 1);
      const [, word = ""] = / refused: (\S+)/.exec(text) ?? [];
      return `${file}:${line}: ${word !== "" && pointedAt.startsWith(word) ? word : `“${pointedAt}” ${message}`}`;
    },
  );
  return [...new Set(told)];
}

describe("Vue templates", () => {
  const { "wrong-names.vue": wrongNames, ...others } = templates;

  it("as partners check them: each wrong value, listener and member is refused where it stands, right uses are not", () => {
    assert.deepEqual(refused("vue", others, {}).sort(), expected(others).sort());
  });

  it("under strictTemplates: unknown attributes, events and tags are refused too", () => {
    assert.ok(wrongNames);
    assert.deepEqual(refused("vue-strict", templates, { strictTemplates: true }).sort(), expected(templates).sort());
  });
});
