/** `npm run serve` as an operator runs it: a process of its own, keys in a file, state in a directory. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const serveScript = fileURLToPath(new URL("../../tools/serve.ts", import.meta.url));

export interface Workplace {
  folder: string;
  /** an empty directory */
  state: string;
  /** an env file that its owner alone can read */
  keys: string;
  remove(): void;
}

export function createWorkplace(variables: Record<string, string>): Workplace {
  const folder = mkdtempSync(join(tmpdir(), "staff-assign-serve-"));
  const state = join(folder, "state");
  const keys = join(folder, "keys.env");
  mkdirSync(state, { mode: 0o700 });
  writeFileSync(keys, envText(variables), { mode: 0o600 });
  return { folder, state, keys, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export const envText = (variables: Record<string, string>): string =>
  Object.entries(variables)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join("");

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** empty unless it was asked for */
  stdout: string;
  stderr: string;
}

interface How {
  script?: string;
  /** beside the environment of the test */
  environment?: Record<string, string>;
  /** or a descriptor */
  stdout?: "ignore" | "pipe" | number;
}

/** Whatever the machine exports, a test says itself. */
const withoutExport = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("OTEL_")));

const run = (args: readonly string[], { script = serveScript, environment = {}, stdout = "ignore" }: How) =>
  spawn(process.execPath, [script, ...args], {
    env: { ...withoutExport, ...environment },
    stdio: ["ignore", stdout, "pipe"],
  });

/** Starts it with exactly these arguments and waits for its end. */
export const serveToItsEnd = async (args: readonly string[], how: How = {}): Promise<Ended> => endOf(run(args, how));

export interface Served {
  origin: string;
  pid: number;
  workerdPid: number;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** resolves when its standard error has said so */
  told(what: RegExp): Promise<void>;
  ended: Promise<Ended>;
  stop(signal?: NodeJS.Signals): Promise<Ended>;
  /** as a power cut: neither process gets to say anything */
  crash(): Promise<void>;
}

export async function serve({ state, keys }: Pick<Workplace, "state" | "keys">, how: How = {}): Promise<Served> {
  const child = run(["--state", state, "--keys", keys, "--port", "0"], how);
  const told = listener(child);
  const ended = endOf(child);
  const [, origin = ""] = await Promise.race([
    told(/Serving on (http:\/\/\S+),/),
    ended.then(({ code, stderr }) => {
      throw new Error(`serve ended with ${code}: ${stderr}`);
    }),
  ]);
  const pid = child.pid ?? 0;
  const workerdPid = Number(readFileSync(join(state, "pid"), "utf8"));
  return {
    origin,
    pid,
    workerdPid,
    fetch: (path, init) => fetch(new URL(path, origin), init),
    told: async (what) => void (await told(what)),
    ended,
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      return ended;
    },
    crash: async () => {
      child.kill("SIGKILL");
      process.kill(workerdPid, "SIGKILL");
      await ended;
    },
  };
}

/** What it says on standard error, from its start on. */
function listener(child: ChildProcess): (what: RegExp) => Promise<RegExpExecArray> {
  let text = "";
  const waiting = new Set<() => void>();
  child.stderr?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    for (const look of waiting) look();
  });
  return (what) =>
    new Promise((resolve) => {
      const look = () => {
        const found = what.exec(text);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
}

/** `close` comes after the last line of every process that shares the pipe. */
function endOf(child: ChildProcess): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr })));
}
