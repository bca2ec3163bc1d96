/**
 * The built Worker on bare workerd, as a process of its own with its objects on disk: what a test can kill at any moment
 * and start again over the same files. Real sockets on both sides.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** The package puts the binary of this platform here when it is installed. */
const workerd = join(root, "node_modules/workerd/bin/workerd");
const compatibilityDate = "2026-11-01";

export interface Workerd {
  readonly pid: number;
  /** where it listens */
  readonly origin: string;
  /** everything that was written to its output */
  readonly lines: string[];
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** `kill -9`: nothing is finished, nothing is flushed */
  kill(): Promise<void>;
}

/** A directory for the objects' files, removed by `remove`. */
export async function stateDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "staff-assign-"));
  await mkdir(join(path, "objects"));
  await mkdir(join(path, "assets"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** What the operating system is to refuse the process. */
export interface Limits {
  /** bytes a file: a write past them fails, as it does on a full disk */
  fileBytes?: number;
}

/** @param state of `stateDirectory`, perhaps already used by an earlier process */
export async function startWorkerd(
  state: string,
  variables: Record<string, string>,
  { fileBytes }: Limits = {},
): Promise<Workerd> {
  const config = join(state, "config.capnp");
  await writeFile(config, configuration(state, Object.keys(variables)));
  const args = [
    "serve",
    "--experimental",
    "--control-fd=3",
    "--import-path=/",
    "--socket-addr=http=127.0.0.1:0",
    config,
  ];
  const [command = workerd, ...rest] =
    fileBytes === undefined ? [workerd, ...args] : ["sh", "-c", limited(fileBytes), workerd, ...args];
  const child = spawn(command, rest, { env: variables, stdio: ["ignore", "pipe", "pipe", "pipe"] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream as Readable }).on("line", (line) => lines.push(line));
  }
  const origin = `http://127.0.0.1:${await portOf(child, lines)}`;
  return {
    pid: child.pid ?? 0,
    origin,
    lines,
    fetch: (path, init) => fetch(new URL(path, origin), init),
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

/** The signal that comes with the limit would end the process; ignored, the write fails instead. POSIX counts in 512 bytes. */
const limited = (fileBytes: number) => `ulimit -f ${Math.ceil(fileBytes / 512)}; trap '' XFSZ; exec "$0" "$@"`;

async function portOf(child: ChildProcess, lines: readonly string[]): Promise<number> {
  const control = createInterface({ input: child.stdio[3] as Readable });
  for await (const line of control) {
    const event = JSON.parse(line) as { event: string; port?: number };
    if (event.event === "listen" && event.port !== undefined) return event.port;
  }
  throw new Error(`workerd did not start:\n${lines.join("\n")}`);
}

const configuration = (state: string, variables: readonly string[]) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    (name = "assets", disk = (path = ${JSON.stringify(join(state, "assets"))})),
    (name = "objects", disk = (path = ${JSON.stringify(join(state, "objects"))}, writable = true)),
    (name = "internet", network = (allow = ["127.0.0.0/8", "::1/128"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "edge")],
);
const edge :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed ${JSON.stringify(join(root, "dist/worker/worker.js"))})],
  compatibilityDate = "${compatibilityDate}",
  bindings = [
    ${variables.map((name) => `(name = "${name}", fromEnvironment = "${name}"),`).join("\n    ")}
    (name = "LEDGER", durableObjectNamespace = "Ledger"),
    (name = "MERCHANT", durableObjectNamespace = "Merchant"),
    (name = "ASSETS", service = "assets"),
  ],
  durableObjectNamespaces = [
    (className = "Ledger", uniqueKey = "ledger", enableSql = true),
    (className = "Merchant", uniqueKey = "merchant", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "objects"),
);
`;
