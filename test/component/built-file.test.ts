/** What can be said of the built files without a browser. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { parse } from "acorn";

const root = new URL("../../", import.meta.url);
const { version } = JSON.parse(await readFile(new URL("package.json", root), "utf8"));
const built = new URL(`dist/assets/v${version}/`, root);
const read = (name: string) => readFile(new URL(name, built), "utf8");
const classic = await read("staff-assign.js");
const module = await read("staff-assign.mjs");
const loader = await read("staff-assign-loader.js");

test("a WebView of Chrome 61 can parse the classic script: it is ES2017", () => {
  parse(classic, { ecmaVersion: 2017, sourceType: "script" });
});

test("the ES2017 check would find newer syntax", () => {
  for (const code of ["a?.b", "a??b", "try{}catch{}", "({...a})", "class A{x=1}", "a||=b"]) {
    assert.throws(() => parse(code, { ecmaVersion: 2017, sourceType: "script" }), code);
  }
});

test("the loader parses as ES5 and is at most 0.8 kB", () => {
  parse(loader, { ecmaVersion: 5, sourceType: "script" });
  assert.ok(Buffer.byteLength(loader) <= 800, `${Buffer.byteLength(loader)} bytes`);
});

test("both files begin with the hint that lets a browser compile them while they arrive", () => {
  for (const code of [classic, module]) assert.match(code, /^\/\/# allFunctionsCalledOnLoad\n/);
});

test("nothing in the classic script is newer than Chrome 61, or evaluates text", () => {
  const banned = [
    /\bglobalThis\b/,
    /\beval\b/,
    /\bnew Function\b/,
    /\brandomUUID\b/,
    /\bstructuredClone\b/,
    /\breplaceAll\b/,
    /\breplaceChildren\b/,
    /\bfromEntries\b/,
    /\bhasOwn\(/,
    /\.flatMap\(/,
    /\.finally\(/,
    /\.at\(/,
    /AbortSignal\.(any|timeout)/,
    /\bimport\(/,
    /style="/,
    /unsafeHTML/,
  ];
  for (const pattern of banned) assert.doesNotMatch(classic, pattern);
});

test("the module and the classic script hold no key and no address of a build machine", () => {
  for (const code of [classic, module, loader]) assert.doesNotMatch(code, /BEGIN|file:\/\/|localhost|127\.0\.0\.1/);
});

test("integrity.json holds the sha384 of each file", async () => {
  const { integrity } = JSON.parse(await read("integrity.json"));
  assert.deepEqual(Object.keys(integrity).sort(), ["staff-assign-loader.js", "staff-assign.js", "staff-assign.mjs"]);
  for (const [name, hash] of Object.entries(integrity)) {
    assert.equal(
      hash,
      `sha384-${createHash("sha384")
        .update(await read(name))
        .digest("base64")}`,
    );
  }
  assert.ok(loader.includes(integrity["staff-assign.js"]), "the loader names the hash of what it loads");
});

test("the module can be imported on a server", () => {
  const code = `await import(${JSON.stringify(new URL("staff-assign.mjs", built).href)})`;
  execFileSync(process.execPath, ["--input-type=module", "-e", code], { stdio: "pipe" });
});

test("a build that is not stale writes nothing", async () => {
  const { stat } = await import("node:fs/promises");
  const before = (await stat(new URL("staff-assign.js", built))).mtimeMs;
  execFileSync(process.execPath, ["tools/build.ts", "--if-stale"], { cwd: root });
  assert.equal((await stat(new URL("staff-assign.js", built))).mtimeMs, before);
});
