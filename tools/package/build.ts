/** Makes `dist/package`, ready for `npm publish`: modules, declarations, manifest, editor data, README, LICENSE. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeWhole } from "../docs/write-whole.ts";
import { bundlePackage } from "./bundle.ts";
import { codesDeclaration } from "./codes.ts";
import { htmlDataOf } from "./html-data.ts";
import { manifestOf } from "./manifest.ts";
import { packageJsonOf, typeEntries } from "./package-json.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sources = join(root, "component/package");

/** @param integrity of the script-tag file of the same version, which the loader asks for */
export async function buildPackage({ outDir, integrity }: { outDir: string; integrity: string }): Promise<void> {
  const own = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const files = await bundlePackage(own.version, integrity);
  const types = join(sources, "types");
  for (const name of await readdir(types)) files.set(name, await readFile(join(types, name), "utf8"));
  files.set("codes.d.ts", codesDeclaration());
  for (const name of typeEntries) files.set(`${name}.js`, "export {};\n");
  const manifest = await manifestOf(types);
  const json = { "package.json": packageJsonOf(own), "custom-elements.json": manifest };
  for (const [name, value] of Object.entries({ ...json, "vscode.html-data.json": htmlDataOf(manifest) })) {
    files.set(name, `${JSON.stringify(value, null, 2)}\n`);
  }
  files.set("README.md", await readFile(join(sources, "README.md"), "utf8"));
  files.set("LICENSE", await readFile(join(root, "LICENSE"), "utf8"));

  for (const [name, text] of files) await writeWhole(join(outDir, name), text);
  for (const entry of await readdir(outDir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // what an earlier build left; a neighbour's unfinished file is left alone
    if (entry.isFile() && !files.has(path.slice(outDir.length + 1)) && !path.endsWith(".tmp")) await rm(path);
  }
}
