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
  stderr: string;
}

/** Starts it with exactly these arguments and waits for its end. */
export async function serveToItsEnd(args: readonly string[], script = serveScript): Promise<Ended> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  return endOf(child);
}

export interface Served {
  origin: string;
  pid: number;
  workerdPid: number;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  stop(signal?: NodeJS.Signals): Promise<Ended>;
  /** as a power cut: neither process gets to say anything */
  crash(): Promise<void>;
}

export async function serve({ state, keys }: Pick<Workplace, "state" | "keys">, script = serveScript): Promise<Served> {
  const args = ["--state", state, "--keys", keys, "--port", "0"];
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = endOf(child);
  const origin = await Promise.race([
    announced(child),
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

function announced(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const [, origin] = /Serving on (http:\/\/\S+),/.exec(text) ?? [];
      if (origin) resolve(origin);
    });
  });
}

/** `close` comes after the last line of every process that shares the pipe. */
function endOf(child: ChildProcess): Promise<Ended> {
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal, stderr })));
}
