/** What partners pin by its hash stays as it is: every way in which a release could change ends the build in one sentence. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { addRelease, publishReleases, ReleaseError, requireReleased } from "../../tools/releases.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "staff-assign-releases-"));
  write("releases/hashes.json", "{}\n");
  version("1.0.0");
  build("1.0.0", "one");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
}
const read = (name: string) => readFileSync(join(root, name), "utf8");
const version = (semver: string) => write("package.json", JSON.stringify({ version: semver }));
function build(semver: string, script: string): void {
  write(`dist/assets/v${semver}/staff-assign.js`, script);
  write(`dist/assets/v${semver}/integrity.json`, "{}");
}
const served = () => readdirSync(join(root, "dist/assets")).sort();
const clearBuild = () => rmSync(join(root, "dist"), { recursive: true });
const git = (...args: string[]) => {
  const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"];
  const { status, stderr } = spawnSync("git", [...identity, ...args], { cwd: root, encoding: "utf8" });
  assert.equal(status, 0, stderr);
};

const refused = (action: Promise<unknown>, expected: RegExp) =>
  assert.rejects(action, (error) => {
    assert.ok(error instanceof ReleaseError, String(error));
    assert.match(error.message, expected);
    assert.ok(!error.message.includes("\n"));
    return true;
  });

test("a release is recorded by the hash that a page pins", async () => {
  assert.equal(await addRelease(root), "v1.0.0");
  assert.equal(read("releases/v1.0.0/staff-assign.js"), "one");
  const expected = `sha384-${createHash("sha384").update("one").digest("base64")}`;
  assert.equal(JSON.parse(read("releases/hashes.json"))["v1.0.0"]["staff-assign.js"], expected);
});

test("a released file that is changed fails the build", async () => {
  await addRelease(root);
  write("releases/v1.0.0/staff-assign.js", "other");
  await refused(publishReleases(root), /^releases\/v1\.0\.0\/staff-assign\.js changed.*restore it\.$/);
});

test("a file that is added to a release fails the build", async () => {
  await addRelease(root);
  write("releases/v1.0.0/more.js", "");
  await refused(publishReleases(root), /releases\/v1\.0\.0\/more\.js changed/);
});

test("a file that is removed from a release, or the whole folder, fails the build", async () => {
  await addRelease(root);
  rmSync(join(root, "releases/v1.0.0/integrity.json"));
  await refused(publishReleases(root), /releases\/v1\.0\.0\/integrity\.json changed/);
  rmSync(join(root, "releases/v1.0.0"), { recursive: true });
  await refused(publishReleases(root), /releases\/v1\.0\.0\/.* changed/);
});

test("a folder without its hashes fails the build", async () => {
  await addRelease(root);
  write("releases/hashes.json", "{}");
  await refused(publishReleases(root), /releases\/v1\.0\.0\/.* changed/);
});

test("sources that build something else under a released version fail the build", async () => {
  await addRelease(root);
  build("1.0.0", "two");
  await refused(publishReleases(root), /^v1\.0\.0 is released, and this build differs from it: raise the version/);
});

test("a version is released once", async () => {
  await addRelease(root);
  build("1.0.0", "two");
  await refused(addRelease(root), /^v1\.0\.0 is released already: raise the version/);
  assert.equal(read("releases/v1.0.0/staff-assign.js"), "one");
});

test("a version that is not built, or that no page could load, is not released", async () => {
  clearBuild();
  await refused(addRelease(root), /^v1\.0\.0 is not built/);
  version("1.0.0-beta.1");
  build("1.0.0-beta.1", "one");
  await refused(addRelease(root), /^1\.0\.0-beta\.1 in package\.json is not major\.minor\.patch/);
  assert.deepEqual(readdirSync(join(root, "releases")), ["hashes.json"]);
});

test("a folder that an interrupted release left behind is not taken for one, nor written over", async () => {
  write("releases/v1.0.0/staff-assign.js", "half");
  await refused(addRelease(root), /^releases\/v1\.0\.0 is there without its hashes/);
  assert.equal(read("releases/v1.0.0/staff-assign.js"), "half");
});

test("damaged hashes end in one sentence and are left as they are", async () => {
  const damaged = ["", "<<<<<<< HEAD\n{}", "null", '{"v1.0.0":"sha384-x"}', '{"v1.0.0":{"a.js":1}}', '{"../x":{}}'];
  for (const text of damaged) {
    write("releases/hashes.json", text);
    for (const action of [publishReleases, addRelease, requireReleased]) {
      await refused(action(root), /^releases\/hashes\.json is damaged: restore it/);
    }
    assert.equal(read("releases/hashes.json"), text);
  }
});

test("every later build serves a release byte for byte, also on a machine that never built it", async () => {
  await addRelease(root);
  version("1.1.0");
  clearBuild();
  build("1.1.0", "two");
  await publishReleases(root);
  assert.deepEqual(served(), ["v1.0.0", "v1.1.0"]);
  write("dist/assets/v1.0.0/staff-assign.js", "cut o");
  write("dist/assets/v1.0.0/stray.js", "");
  await publishReleases(root);
  assert.deepEqual(readdirSync(join(root, "dist/assets/v1.0.0")).sort(), ["integrity.json", "staff-assign.js"]);
  assert.equal(read("dist/assets/v1.0.0/staff-assign.js"), "one");
});

test("what was once built and never released is not served, though it lies in the working copy", async () => {
  await addRelease(root);
  version("1.2.0");
  build("1.1.0", "never released");
  build("1.1.0-beta.1", "never released");
  build("1.2.0", "current");
  write("dist/assets/openapi.json", "{}");
  await publishReleases(root);
  assert.deepEqual(served(), ["openapi.json", "v1.0.0", "v1.2.0"]);
});

test("a version that is not released is told apart", async () => {
  await refused(requireReleased(root), /^v1\.0\.0 is not released: npm run release, then commit releases\/\.$/);
  await addRelease(root);
  await requireReleased(root);
});

test("a release that only this working copy knows, or has lost, is told apart", async () => {
  git("init", "-q");
  git("add", ".");
  git("commit", "-q", "-m", "before");
  await addRelease(root);
  await refused(requireReleased(root), /^releases\/ is not as it is committed: commit or restore it/);
  git("add", ".");
  git("commit", "-q", "-m", "release");
  await requireReleased(root);
  version("1.1.0");
  build("1.1.0", "two");
  await addRelease(root);
  git("add", ".");
  git("commit", "-q", "-m", "another");
  rmSync(join(root, "releases/v1.0.0"), { recursive: true });
  const hashes = JSON.parse(read("releases/hashes.json"));
  write("releases/hashes.json", JSON.stringify({ "v1.1.0": hashes["v1.1.0"] }));
  await publishReleases(root);
  assert.ok(!existsSync(join(root, "dist/assets/v1.0.0")));
  await refused(requireReleased(root), /^releases\/ is not as it is committed/);
});
