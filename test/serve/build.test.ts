/** The build runs where the edge serves: `dist/assets` is what browsers get at that moment, and keep for a year. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const original = fileURLToPath(new URL("../..", import.meta.url));
const inputs = ["component", "docs", "edge", "shared", "tools", "test/sandbox/pages/common"];
const files = ["LICENSE", "package.json", "tsconfig.json", "vite.config.ts"];

let root: string;
let version: string;
before(() => {
  root = mkdtempSync(join(tmpdir(), "staff-assign-build-"));
  for (const name of [...inputs, ...files]) cpSync(join(original, name), join(root, name), { recursive: true });
  symlinkSync(join(original, "node_modules"), join(root, "node_modules"));
  ({ version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
});
after(() => rmSync(root, { recursive: true, force: true }));

test("an element that differs from the release of its version is refused before anything that is served has changed", () => {
  const served = join(root, `dist/assets/v${version}`);
  mkdirSync(served, { recursive: true });
  writeFileSync(join(served, "staff-assign.js"), "as pinned");
  mkdirSync(join(root, "releases"));
  const released = { [`v${version}`]: { "staff-assign.js": "sha384-of-another-element" } };
  writeFileSync(join(root, "releases/hashes.json"), JSON.stringify(released));

  const { status, stderr } = spawnSync(process.execPath, ["tools/build.ts"], { cwd: root, encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stderr, /^v[0-9.]+ is released, and this build differs from it: raise the version in package\.json\.$/m);
  assert.ok(!stderr.includes("    at "), stderr);
  assert.deepEqual(readdirSync(join(root, "dist")), ["assets"]);
  assert.deepEqual(readdirSync(join(root, "dist/assets")), [`v${version}`]);
  assert.deepEqual(readdirSync(served), ["staff-assign.js"]);
  assert.equal(readFileSync(join(served, "staff-assign.js"), "utf8"), "as pinned");
});
