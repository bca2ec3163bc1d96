/** The publishable package, as it would be installed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { checkPackage, Package } from "@arethetypeswrong/core";
import { publint } from "publint";
import { makePartner, packageFolder } from "./support/partner.ts";

const read = (name: string) => readFileSync(join(packageFolder, name), "utf8");
const manifest = JSON.parse(read("package.json"));
const own = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const files = readdirSync(packageFolder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(packageFolder.length + 1));

const run = (folder: string, code: string) =>
  spawnSync(process.execPath, ["--input-type=module", "-e", code], { cwd: folder, encoding: "utf8" });

describe("the npm package", () => {
  const partner = makePartner("bare-node", {});

  for (const entry of Object.keys(manifest.exports).filter((name) => !name.endsWith(".json"))) {
    const name = entry.replace(/^\./, "staff-assign");
    it(`${name} can be imported on a server: nothing throws, nothing is printed, the process ends`, () => {
      const { status, stdout, stderr } = run(partner, `await import(${JSON.stringify(name)})`);
      assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
    });
  }

  it("would be caught reaching for a document while it is imported", () => {
    assert.notEqual(run(partner, "document.createElement('p')").status, 0);
  });

  it("on a server loads nothing and answers undefined", () => {
    const code = `import { loadStaffAssign } from "staff-assign/loader";
      console.log(await loadStaffAssign({ endpoint: "https://edge.example" }));`;
    assert.equal(run(partner, code).stdout, "undefined\n");
  });

  it("exports exactly what partners are told of", () => {
    assert.deepEqual(Object.keys(manifest.exports).sort(), [
      ".",
      "./client",
      "./custom-elements.json",
      "./define",
      "./events",
      "./loader",
      "./package.json",
      "./preact",
      "./react",
      "./vscode.html-data.json",
      "./vue",
    ]);
  });

  it("has the version, licence and name of the project, installs nothing and runs nothing", () => {
    for (const member of ["name", "version", "license", "description"]) assert.equal(manifest[member], own[member]);
    assert.equal(manifest.type, "module");
    for (const member of ["private", "dependencies", "peerDependencies", "scripts"]) {
      assert.equal(member in manifest, false, member);
    }
    assert.match(read("LICENSE"), /^MIT License/);
  });

  it("brings every file that its entries name, and its README names every entry", () => {
    const named = Object.values(manifest.exports).flatMap((target) =>
      typeof target === "string" ? [target] : Object.values(target as object),
    );
    for (const target of named) assert.ok(files.includes(target.slice(2)), target);
    const readme = read("README.md");
    for (const entry of Object.keys(manifest.exports)) {
      if (entry !== "./package.json") assert.ok(readme.includes(entry.slice(1)), entry);
    }
  });

  it("holds no key, no address of a build machine and no name for the build to fill in", () => {
    for (const name of files)
      assert.doesNotMatch(
        read(name),
        /BEGIN [A-Z]* ?PRIVATE|file:\/\/|localhost|__(VERSION|SCRIPT_URL|INTEGRITY)__/,
        name,
      );
  });

  it("asks for the hash of the script-tag file of the same version", () => {
    const integrity = JSON.parse(
      readFileSync(new URL(`../../dist/assets/v${own.version}/integrity.json`, import.meta.url), "utf8"),
    );
    assert.ok(read("loader.js").includes(integrity.integrity["staff-assign.js"]));
    assert.ok(read("loader.js").includes(`/v${own.version}/staff-assign.js`));
  });

  it("has nothing that publint objects to", async () => {
    const { messages } = await publint({ pkgDir: packageFolder, strict: true });
    assert.deepEqual(messages, []);
  });

  it("has the right types for every entry in every way of resolving, as arethetypeswrong sees it", async () => {
    const packed = Object.fromEntries(files.map((name) => [`/node_modules/staff-assign/${name}`, read(name)]));
    const result = await checkPackage(new Package(packed, "staff-assign", own.version));
    assert.ok(result.types, "has types");
    const problems = "problems" in result ? result.problems : [];
    // ES modules only: `require` of them is what Node has allowed since version 20.19
    assert.deepEqual(
      problems.filter(({ kind }) => kind !== "CJSResolvesToESM"),
      [],
    );
  });
});
