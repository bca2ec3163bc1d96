/**
 * Edge and sandbox as a partner would run them: two processes on two free ports, real HTTP between them, state in a
 * folder that is gone afterwards.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDevEnvironment, type DevEnvironment } from "./dev-environment.ts";
import { freePort } from "./free-port.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Servers {
  edgeOrigin: string;
  sandboxOrigin: string;
  environment: DevEnvironment;
  stop(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
  const [edgePort, sandboxPort] = await Promise.all([freePort(), freePort()]);
  const edgeOrigin = `http://127.0.0.1:${edgePort}`;
  const sandboxOrigin = `http://127.0.0.1:${sandboxPort}`;
  const environment = await createDevEnvironment({ edgeOrigin, sandboxOrigin });
  const folder = mkdtempSync(join(tmpdir(), "staff-assign-"));
  const children = [
    startWorker("wrangler.toml", edgePort, environment.edge, join(folder, "edge")),
    startWorker("test/sandbox/wrangler.toml", sandboxPort, environment.sandbox, join(folder, "sandbox")),
  ];
  const stop = async () => {
    await Promise.all(children.map(ended));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([answers(`${edgeOrigin}/healthz`, children), answers(`${sandboxOrigin}/demo/config`, children)]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { edgeOrigin, sandboxOrigin, environment, stop };
}

function startWorker(config: string, port: number, variables: Record<string, string>, folder: string): ChildProcess {
  const envFile = `${folder}.env`;
  const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'`);
  writeFileSync(envFile, lines.join("\n"), { mode: 0o600 });
  const address = ["--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0"];
  return spawn("wrangler", ["dev", "--config", config, ...address, "--env-file", envFile, "--persist-to", folder], {
    cwd: root,
    env: { ...process.env, CI: "1", WRANGLER_LOG: "warn" },
    stdio: ["ignore", "ignore", "inherit"],
    detached: true,
  });
}

async function answers(url: string, children: ChildProcess[]): Promise<void> {
  for (;;) {
    if (children.some(({ exitCode }) => exitCode !== null)) throw new Error(`a server ended before ${url} answered`);
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** wrangler starts processes of its own, so the whole group is ended. */
function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.pid === undefined) return resolve();
    child.once("exit", () => resolve());
    process.kill(-child.pid, "SIGTERM");
  });
}
