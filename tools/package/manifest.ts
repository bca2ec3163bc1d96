/**
 * `custom-elements.json`: what editors, catalogues and framework wrappers read. It is made from the public declarations,
 * so that every tool shows a partner the same sentence.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { create, ts } from "@custom-elements-manifest/analyzer/index.js";
import type { CustomElement, Package } from "custom-elements-manifest/schema";

const registration = `import { StaffAssignElement } from "./index.js";
customElements.define("staff-assign", StaffAssignElement);`;

/** @param types folder of the public declarations */
export async function manifestOf(types: string): Promise<Package> {
  const text = (name: string) => readFile(join(types, `${name}.d.ts`), "utf8");
  const sources = {
    "index.js": await text("index"),
    "events.js": await text("events"),
    "define.js": registration,
  };
  const modules = Object.entries(sources).map(([name, source]) =>
    ts.createSourceFile(name, source, ts.ScriptTarget.ES2022, true),
  );
  const manifest = create({ modules, plugins: [], context: { dev: false } });
  for (const module of manifest.modules) {
    const declared = new Set(module.declarations?.map(({ name }) => name));
    // types that are passed on have no place in a manifest of code
    module.exports = module.exports?.filter(({ kind, name }) => kind !== "js" || declared.has(name)) ?? [];
    for (const { declaration } of module.exports)
      declaration.module = declaration.module?.replace(/^\//, "") ?? module.path;
  }
  return manifest;
}

/** The declaration of the one element. */
export function elementOf(manifest: Package): CustomElement {
  for (const { declarations = [] } of manifest.modules) {
    for (const declaration of declarations) {
      if ("customElement" in declaration && declaration.tagName === "staff-assign") return declaration;
    }
  }
  throw new TypeError("the manifest has no staff-assign");
}
