/**
 * The directory that holds the ledgers' SQLite files. One process at a time may use it, and only a program that knows
 * its layout: two writers, or an older program on a newer layout, would break what the product promises.
 */
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { missing, reasonOf } from "./reason.ts";

/** Layout of the directory: `schema`, `lock`, `pid` and `objects/<namespace>/<object id>.sqlite`. */
export const stateSchema = 1;

/** bytes; below this a busy day's ledger would not fit, and a full disk refuses every assignment */
const leastFreeBytes = 64 * 1024 * 1024;

/** Its message is one sentence for the operator. */
export class StateError extends Error {}

export interface StateDirectory {
  /** absolute, without symbolic links */
  path: string;
  objects: string;
  /** Names the process that has the ledgers open, so that one which outlives its parent is found. */
  claim(pid: number): void;
  release(): void;
}

/**
 * @param freeBytes of the disk that holds a path
 * @throws StateError
 */
export function openStateDirectory(wanted: string, freeBytes = freeBytesOf): StateDirectory {
  const path = existing(wanted);
  checkSchema(path);
  attempt(path, () => prepare(path, freeBytes));
  const unlock = lock(path);
  const pidFile = join(path, "pid");
  const survivor = survivorOf(pidFile);
  if (survivor !== undefined) {
    unlock();
    throw new StateError(`Process ${survivor} still serves ${path}: stop it first (kill ${survivor}).`);
  }
  return {
    path,
    objects: join(path, "objects"),
    claim: (pid) => writeFileSync(pidFile, `${pid}\n`, { mode: 0o600 }),
    release: () => {
      rmSync(pidFile, { force: true });
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
    if (names.length > 0)
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

function prepare(path: string, freeBytes: (path: string) => number): void {
  if (freeBytes(path) < leastFreeBytes) {
    throw new StateError(`The disk of ${path} has less than ${leastFreeBytes / 1024 / 1024} MB free: make room first.`);
  }
  writeFileSync(join(path, "schema"), `${stateSchema}\n`, { mode: 0o600, flush: true });
  // 0700: the ledgers hold who served whom.
  mkdirSync(join(path, "objects"), { recursive: true, mode: 0o700 });
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
