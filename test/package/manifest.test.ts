/** The manifest and the editor data name the public contract, no more and no less. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { packageFolder } from "./support/partner.ts";

interface Named {
  name: string;
  description?: string;
  fieldName?: string;
  attribute?: string;
  kind?: string;
  static?: boolean;
  type?: { text: string };
}
interface Declaration extends Named {
  tagName?: string;
  [kind: string]: unknown;
}

const json = (name: string) => JSON.parse(readFileSync(join(packageFolder, name), "utf8"));
const { modules } = json("custom-elements.json") as {
  modules: {
    path: string;
    declarations: Declaration[];
    exports: { kind: string; declaration: { module: string } }[];
  }[];
};
const element = modules.flatMap(({ declarations }) => declarations).find(({ tagName }) => tagName === "staff-assign");
const listed = (kind: string) => (element?.[kind] ?? []) as Named[];
const names = (kind: string) => listed(kind).map(({ name }) => name);

const attributes = (
  "endpoint channel order order-kind guide guide-mobile guide-name store-id operator check-reason session-url dpop lang " +
  "theme scanner disabled name compact auto remember queue-max-age guides"
).split(" ");

describe("the manifest names exactly the contract's", () => {
  const contract: [kind: string, members: string[]][] = [
    ["attributes", attributes],
    [
      "events",
      "ready scan change submit success pending queued error session-expired"
        .split(" ")
        .map((name) => `staff-assign-${name}`),
    ],
    ["slots", ["", "before-submit", "done"]],
    ["cssParts", "form label input order guide listbox option submit message".split(" ")],
    ["cssStates", "idle busy done pending queued error expired".split(" ")],
    [
      "cssProperties",
      "accent on-accent ink secondary line surface sunk radius font width"
        .split(" ")
        .map((name) => `--staff-assign-${name}`),
    ],
  ];
  for (const [kind, members] of contract) {
    it(kind, () => {
      assert.deepEqual(names(kind).sort(), members.sort());
      for (const { name, description } of listed(kind)) assert.ok(description, `${name} says what it is`);
    });
  }

  it("methods", () => {
    const methods = listed("members").filter((member) => member.kind === "method");
    assert.deepEqual(methods.map(({ name }) => name).sort(), ["flush", "focus", "reset", "retry", "submit"]);
  });

  it("properties: one in camelCase for each attribute, and those that no attribute can carry", () => {
    const fields = listed("members").filter((member) => member.kind === "field" && !member.static);
    const camel = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    assert.deepEqual(
      fields.map(({ name }) => name).sort(),
      [
        ...attributes.map(camel),
        ...["session", "strings", "fetch", "extension", "state", "assignment", "unfinished", "updateComplete"],
      ].sort(),
    );
    for (const { attribute, name } of fields) if (attribute) assert.equal(camel(attribute), name);
    for (const { fieldName, name } of listed("attributes")) assert.equal(fieldName, camel(name));
  });
});

describe("the manifest", () => {
  it("tells which module registers the tag and which has the class", () => {
    const exports = modules.flatMap(({ path, exports }) => exports.map((one) => ({ path, ...one })));
    const definition = exports.find(({ kind }) => kind === "custom-element-definition");
    assert.deepEqual([definition?.path, definition?.declaration.module], ["define.js", "index.js"]);
  });

  it("gives each event the class that its listeners receive", () => {
    const classes = new Set(modules.find(({ path }) => path === "events.js")?.declarations.map(({ name }) => name));
    for (const { name, type } of listed("events")) assert.ok(classes.has(type?.text ?? ""), name);
  });
});

describe("the custom data for VS Code", () => {
  const { version, tags } = json("vscode.html-data.json") as {
    version: number;
    tags: { name: string; attributes: (Named & { values?: Named[]; valueSet?: string })[] }[];
  };
  const attribute = (name: string) => tags[0]?.attributes.find((one) => one.name === name);

  it("has the tag with every attribute and its sentence", () => {
    assert.deepEqual([version, tags.map(({ name }) => name)], [1.1, ["staff-assign"]]);
    assert.deepEqual(tags[0]?.attributes.map(({ name }) => name).sort(), attributes.sort());
    for (const { name, description } of tags[0]?.attributes ?? []) assert.ok(description, name);
  });

  it("offers the values where they are a closed set, and flags without any", () => {
    const values = (name: string) => attribute(name)?.values?.map((value) => value.name);
    assert.deepEqual(values("channel"), ["wechat", "tmall"]);
    assert.deepEqual(values("order-kind"), ["workcard", "outer", "fulfil-task"]);
    assert.deepEqual(values("scanner"), ["field", "page", "off"]);
    assert.deepEqual([values("order"), attribute("order")?.valueSet], [undefined, undefined]);
    assert.equal(attribute("auto")?.valueSet, "v");
  });
});
