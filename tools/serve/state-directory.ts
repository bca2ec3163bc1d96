/**
 * The directory that holds the ledgers' SQLite files. One process at a time may use it, and only a program that knows
 * its layout: two writers, or an older program on a newer layout, would break what the product promises.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { missing, reasonOf } from "./reason.ts";

/** Layout of the directory: `schema`, `lock`, `pid` and `objects/<namespace>/<object id>.sqlite`. */
const stateSchema = 1;

const unfinishedSchema = "schema.new";

/** What a first start may leave behind that ended before it had written the version. */
const leftByCutOffStart = new Set(["lock", "lock-journal", unfinishedSchema]);

/** bytes; below this a busy day's ledger would not fit, and a full disk refuses every assignment */
const leastFreeBytes = 64 * 1024 * 1024;

/** Its message is one sentence for the operator. */
export class StateError extends Error {}

export interface StateDirectory {
  /** absolute, without symbolic links */
  path: string;
  objects: string;
  /**
   * Names the process that has the ledgers open, so that one which outlives its parent is found.
   *
   * @throws StateError when it cannot be written down: that process must not stay
   */
  claim(pid: number): void;
  /** Once that process has ended. */
  release(): void;
}

/**
 * @param freeBytes of the disk that holds a path
 * @throws StateError
 */
export function openStateDirectory(wanted: string, freeBytes = freeBytesOf): StateDirectory {
  const path = existing(wanted);
  checkSchema(path);
  checkSpace(path, freeBytes);
  const unlock = attempt(path, () => lock(path));
  const pidFile = join(path, "pid");
  try {
    const survivor = survivorOf(pidFile);
    if (survivor !== undefined) {
      throw new StateError(`Process ${survivor} still serves ${path}: stop it first (kill ${survivor}).`);
    }
    attempt(path, () => layOut(path));
  } catch (error) {
    unlock();
    throw error;
  }
  return {
    path,
    objects: join(path, "objects"),
    claim: (pid) => writePid(pidFile, pid),
    release: () => {
      try {
        rmSync(pidFile, { force: true });
      } catch {
        // What it names is dead, so it stops nobody.
      }
      unlock();
    },
  };
}

/** Never made here: a mistyped path or a disk that is not mounted would begin an empty ledger, and forget what was sent. */
function existing(wanted: string): string {
  try {
    return realpathSync(wanted);
  } catch (error) {
    const reason = reasonOf(error);
    const hint = reason === missing ? `; for a new one: mkdir -m 700 ${wanted}` : "";
    throw new StateError(`The state directory ${wanted} cannot be used: ${reason}${hint}.`);
  }
}

/** Read before anything is written: a directory that is not ours, or of a newer layout, stays as it is. */
function checkSchema(path: string): void {
  const file = join(path, "schema");
  const names = attempt(path, () => readdirSync(path));
  if (!names.includes("schema")) {
    if (names.some((name) => !leftByCutOffStart.has(name)))
      throw new StateError(`${path} holds other files and is no state directory: name an empty one.`);
    return;
  }
  const text = attempt(path, () => readFileSync(file, "utf8"));
  if (!/^[0-9]{1,9}\s*$/.test(text))
    throw new StateError(`${file} is not a version number: this is no state directory.`);
  const schema = Number(text);
  if (schema > stateSchema) {
    throw new StateError(
      `${path} was written by a newer version (layout ${schema}, this one knows ${stateSchema}): serve it with that version.`,
    );
  }
}

function checkSpace(path: string, freeBytes: (path: string) => number): void {
  if (attempt(path, () => freeBytes(path)) < leastFreeBytes) {
    throw new StateError(`The disk of ${path} has less than ${leastFreeBytes / 1024 / 1024} MB free: make room first.`);
  }
}

/** Under the lock. Written once, and whole or not at all: without it a full directory is taken for somebody else's. */
function layOut(path: string): void {
  if (!readdirSync(path).includes("schema")) {
    const unfinished = join(path, unfinishedSchema);
    writeFileSync(unfinished, `${stateSchema}\n`, { mode: 0o600, flush: true });
    renameSync(unfinished, join(path, "schema"));
    flushDirectory(path);
  }
  // 0700: the ledgers hold who served whom.
  mkdirSync(join(path, "objects"), { recursive: true, mode: 0o700 });
}

/** A rename is on the disk once its directory is. */
function flushDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function writePid(file: string, pid: number): void {
  try {
    writeFileSync(file, `${pid}\n`, { mode: 0o600 });
  } catch (error) {
    throw new StateError(`${file} cannot be written: ${reasonOf(error)}.`);
  }
}

function freeBytesOf(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof StateError) throw error;
    throw new StateError(`The state directory ${path} cannot be used: ${reasonOf(error)}.`);
  }
}

/** A lock of the operating system: gone with the process however it ends, and seen from other containers on this host. */
function lock(path: string): () => void {
  const file = join(path, "lock");
  writeFileSync(file, "", { flag: "a", mode: 0o600 });
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;");
  } catch {
    database.close();
    throw new StateError(`Another process serves ${path}: a state directory has one at a time.`);
  }
  return () => database.close();
}

/** A workerd that was left behind when its parent was killed still holds the ledgers, though the lock is free. */
function survivorOf(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    // Empty for a process that is dead and merely not buried yet.
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("workerd") ? pid : undefined;
  } catch {
    return undefined;
  }
}
