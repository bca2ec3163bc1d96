/** However a start is cut off, the next one finds the ledgers as they were, and one writer at most. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openStateDirectory, StateError } from "../../tools/serve/state-directory.ts";
import { startWorkerd, WorkerdError } from "../../tools/serve/workerd-process.ts";
import { createWorkplace, type Workplace } from "./served.ts";

/** ms; a serve that goes on instead of failing would be waited for without end */
const timeout = 60_000;
const serveScript = fileURLToPath(new URL("../../tools/serve.ts", import.meta.url));

let workplace: Workplace;
let state: string;
let temporary: string;
beforeEach(() => {
  workplace = createWorkplace({
    ENVIRONMENT: "development",
    SESSION_KEY: "c2VjcmV0LXRoYXQtbXVzdC1uZXZlci1iZS1wcmludGVk",
  });
  state = workplace.state;
  temporary = join(workplace.folder, "tmp");
  mkdirSync(temporary);
});
let serving: ChildProcess | undefined;
afterEach(() => {
  serving?.kill("SIGKILL");
  serving = undefined;
  for (const pid of workerds()) process.kill(pid, "SIGKILL");
  workplace.remove();
});

const refused = (action: () => unknown, expected: RegExp) =>
  assert.throws(action, (error) => error instanceof StateError && expected.test(error.message));

/** Those that were started with this test's temporary directory, where their configuration lies. */
function workerds(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandOf(pid).includes(`${temporary}/`))
    .map(Number);
}
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

async function serveAndFail(): Promise<{ code: number | null; lines: string[] }> {
  const errors = join(workplace.folder, "errors");
  const script = `exec "$0" "$@" 2> ${errors}`;
  const args = [process.execPath, serveScript, "--state", state, "--keys", workplace.keys, "--port", "0"];
  // Not a pipe: a workerd that is left behind would keep it open.
  const child = spawn("sh", ["-c", script, ...args], { stdio: "ignore", env: { ...process.env, TMPDIR: temporary } });
  serving = child;
  const [code] = (await once(child, "exit")) as [number | null];
  return { code, lines: readFileSync(errors, "utf8").trim().split("\n") };
}

test("no workerd is left behind when its process id cannot be written down", { timeout }, async () => {
  mkdirSync(join(state, "pid"));
  writeFileSync(join(state, "schema"), "1\n");
  const { code, lines } = await serveAndFail();
  assert.deepEqual(workerds(), []);
  assert.equal(code, 1);
  assert.deepEqual(lines, [`${join(state, "pid")} cannot be written: it is a directory.`]);
  assert.deepEqual(readdirSync(temporary), []);
});

test("a workerd is named before it can open a ledger", async () => {
  const seen: number[][] = [];
  const folder = process.env.TMPDIR;
  process.env.TMPDIR = temporary;
  try {
    const start = startWorkerd({
      config: "this is no configuration",
      script: serveScript,
      environment: {},
      claim: (pid) => seen.push(workerds(), [pid]),
    });
    await assert.rejects(start, WorkerdError);
  } finally {
    if (folder === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = folder;
  }
  assert.equal(seen.length, 2);
  assert.deepEqual(seen[0], seen[1]);
  assert.deepEqual(workerds(), []);
});

test("a temporary directory that cannot be used ends the start in one sentence", { timeout }, async () => {
  rmdirSync(temporary);
  const { code, lines } = await serveAndFail();
  assert.equal(code, 1);
  assert.deepEqual(lines, [`The temporary directory ${temporary} cannot be used: it does not exist.`]);
});

test("the lock is free again when the process id could neither be written nor removed", () => {
  const directory = openStateDirectory(state);
  mkdirSync(join(state, "pid"));
  refused(() => directory.claim(1), /pid cannot be written: it is a directory\.$/);
  directory.release();
  openStateDirectory(state).release();
});

test("a start does not touch the version of a directory that has one", () => {
  openStateDirectory(state).release();
  const identity = () => {
    const { ino, ctimeNs, size } = statSync(join(state, "schema"), { bigint: true });
    return { ino, ctimeNs, size };
  };
  const first = identity();
  openStateDirectory(state).release();
  assert.deepEqual(identity(), first);
  assert.deepEqual(readdirSync(state).sort(), ["lock", "objects", "schema"]);
});

test("a first start that was cut off at any step is no reason to refuse the next", () => {
  writeFileSync(join(state, "lock"), "");
  openStateDirectory(state).release();
  assert.equal(readFileSync(join(state, "schema"), "utf8"), "1\n");

  const other = join(workplace.folder, "other");
  mkdirSync(other);
  writeFileSync(join(other, "lock"), "");
  writeFileSync(join(other, "lock-journal"), Buffer.alloc(512));
  writeFileSync(join(other, "schema.new"), "");
  openStateDirectory(other).release();
  assert.equal(readFileSync(join(other, "schema"), "utf8"), "1\n");
  assert.ok(!existsSync(join(other, "schema.new")));
});

test("ledgers without a version are not taken for an empty directory", () => {
  mkdirSync(join(state, "objects"));
  refused(() => openStateDirectory(state), /holds other files and is no state directory/);
  assert.deepEqual(readdirSync(state), ["objects"]);
});

test("the version is written under the lock alone", () => {
  const other = new DatabaseSync(join(state, "lock"));
  other.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;");
  try {
    refused(() => openStateDirectory(state), /Another process serves/);
    assert.ok(readdirSync(state).every((name) => name.startsWith("lock")));
  } finally {
    other.close();
  }
});

test("a version that cannot be written leaves none, and no lock", () => {
  mkdirSync(join(state, "schema.new"));
  refused(() => openStateDirectory(state), /cannot be used: it is a directory\.$/);
  assert.ok(!existsSync(join(state, "schema")));
  rmdirSync(join(state, "schema.new"));
  openStateDirectory(state).release();
});
