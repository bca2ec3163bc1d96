/**
 * A workerd process: started from a private directory that is gone once it listens, stopped without cutting calls off.
 * It does not end with its parent, so every way out of here ends it or hands it over.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { passOn } from "./pass-on.ts";
import { reasonOf } from "./reason.ts";

/** A call in flight may take 8 seconds until its 202, and its answer must still reach the page. */
export const stopMs = 12_000;

/** Its message is one sentence for the operator. */
export class WorkerdError extends Error {}

export interface WorkerdProcess {
  pid: number;
  port: number;
  /** resolves when the process has ended, with a sentence when nobody asked it to */
  ended: Promise<string | undefined>;
  /** resolves when the last line has been passed on */
  drained: Promise<void>;
  stop(): Promise<void>;
}

interface Start {
  config: string;
  /** path of the bundled Worker, copied beside the configuration as `worker.js` */
  script: string;
  /** the whole environment of the process beside a setting of the allocator: nothing of ours leaks into it */
  environment: Record<string, string>;
  args?: readonly string[];
  /** told of the process before that has opened anything; when it throws, the process ends */
  claim?: (pid: number) => void;
  /** gets every line of the output, after it was passed on; without it the output is ours, unread */
  takeLines?: (lines: string[]) => void;
}

/**
 * glibc registers every thread for restartable sequences, and then workerd's allocator cannot: it falls back to slower caches
 * by thread. Other C libraries do not know the variable.
 */
const allocatorByProcessor = { GLIBC_TUNABLES: "glibc.pthread.rseq=0" };

const binary = (createRequire(import.meta.url)("workerd") as { default: string }).default;

/**
 * @returns once it listens
 * @throws WorkerdError, or what `claim` throws; the process has ended then
 */
export async function startWorkerd(start: Start): Promise<WorkerdProcess> {
  const folder = prepare(start);
  const { environment, args = [], claim, takeLines } = start;
  const output = takeLines ? "pipe" : "inherit";
  const child = spawn(binary, ["serve", "--control-fd=3", ...args, join(folder, "config.capnp")], {
    env: { ...allocatorByProcessor, ...environment },
    stdio: ["ignore", output, output, "pipe"],
    // A terminal's Ctrl-C reaches the whole group; the parent decides when this one stops.
    detached: true,
  });
  const exited = exitOf(child);
  const drained = takeLines ? passOutputOn(child, takeLines) : Promise.resolve();
  let stopping = false;
  const stop = async () => {
    stopping = true;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), stopMs);
    await exited;
    clearTimeout(timer);
  };
  try {
    if (child.pid !== undefined) claim?.(child.pid);
    const port = await Promise.race([listening(child), exited.then(() => undefined)]);
    if (port === undefined || child.pid === undefined) throw new WorkerdError(await exited);
    rmSync(folder, { recursive: true, force: true });
    const ended = exited.then((sentence) => (stopping ? undefined : sentence));
    return { pid: child.pid, port, ended, drained, stop };
  } catch (error) {
    await stop();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** @returns a directory with `config.capnp`, and beside it the Worker that it names */
function prepare({ config, script }: Start): string {
  try {
    const folder = mkdtempSync(join(tmpdir(), "staff-assign-"));
    copyFileSync(script, join(folder, "worker.js"));
    writeFileSync(join(folder, "config.capnp"), config, { mode: 0o600 });
    return folder;
  } catch (error) {
    throw new WorkerdError(`The temporary directory ${tmpdir()} cannot be used: ${reasonOf(error)}.`);
  }
}

async function passOutputOn({ stdout, stderr }: ChildProcess, take: (lines: string[]) => void): Promise<void> {
  if (!stdout || !stderr) return;
  const { stdout: output, stderr: errors } = process;
  await Promise.all([
    passOn(stdout, output, take, (code) => errors.write(lossSentence("output", code))),
    passOn(stderr, errors, take, (code) => output.write(lossSentence("error", code))),
  ]);
}

const lossSentence = (stream: string, code: string) =>
  `Standard ${stream} cannot be written (${code}): log lines are lost until it can.\n`;

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on("error", (error) => resolve(spawnSentence(error)));
    child.on("exit", (code, signal) => resolve(`workerd ended by itself (${signal ?? `exit code ${code}`}).`));
  });
}

function spawnSentence(error: Error & { code?: unknown }): string {
  if (error.code === "E2BIG") return "A variable is too large for a process (128 kB each, 2 MB in all).";
  return `workerd cannot be started (${String(error.code)}): run npm install again.`;
}

/** workerd writes one line of JSON for each socket once it accepts connections. */
function listening(child: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve) => {
    const decoder = new StringDecoder("utf8");
    let received = "";
    const control = child.stdio[3] as Readable;
    control.on("data", (chunk: Buffer) => {
      received += decoder.write(chunk);
      for (const line of received.split("\n").slice(0, -1)) {
        const message = JSON.parse(line) as { event?: string; port?: number };
        if (message.event === "listen") resolve(message.port);
      }
    });
    control.on("error", () => resolve(undefined));
  });
}
