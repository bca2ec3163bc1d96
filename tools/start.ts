/**
 * `npm start`: the edge on port 8787 and the sandbox on port 8788, each in a workerd of its own, with test keys that are
 * made at the first start. Ends both when it is stopped.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { createDevEnvironment, writeDevVars } from "../test/support/dev-environment.ts";
import { quietEnvironment } from "./quiet-environment.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const edge = { name: "edge", origin: "http://127.0.0.1:8787", config: "wrangler.toml", health: "/healthz" };
const sandbox = {
  name: "sandbox",
  origin: "http://127.0.0.1:8788",
  config: "test/sandbox/wrangler.toml",
  health: "/demo/config",
};
/** wrangler builds the element first, which takes a few seconds on a slow machine. */
const startMs = 120_000;
const pollMs = 200;

const children: ChildProcess[] = [];

for (const { origin, name } of [edge, sandbox]) {
  const port = Number(new URL(origin).port);
  if (!(await isFree(port))) fail(`Port ${port} is in use, and the ${name} needs it: stop what listens there.`);
}
if (!existsSync(join(root, ".dev.vars")) || !existsSync(join(root, "test/sandbox/.dev.vars"))) {
  const environment = await createDevEnvironment({ edgeOrigin: edge.origin, sandboxOrigin: sandbox.origin });
  for (const path of writeDevVars(root, environment)) console.log(`Made test keys: ${path.slice(root.length)}`);
}

children.push(...[edge, sandbox].map(startWorker));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop(0));

await Promise.all([edge, sandbox].map(answers));
console.log(`
The demo till:  ${sandbox.origin}/
The playground: ${edge.origin}/playground/

Assign from a backend:
${curlLine()}
`);

function startWorker({ name, config, origin }: typeof edge): ChildProcess {
  const { port } = new URL(origin);
  const args = ["dev", "--config", config, "--ip", "127.0.0.1", "--port", port, "--inspector-port", "0"];
  const child = spawn("wrangler", [...args, "--show-interactive-dev-session", "false"], {
    cwd: root,
    env: { WRANGLER_LOG: "warn", ...process.env, ...quietEnvironment },
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data: Buffer) => process.stderr.write(data.toString().replace(/^(?=.)/gm, `[${name}] `)));
  }
  child.on("exit", (code) => {
    if (code !== null && code !== 0) console.error(`The ${name} ended with exit code ${code}.`);
    stop(code ?? 0);
  });
  return child;
}

async function answers({ name, origin, health }: typeof edge): Promise<void> {
  for (const until = Date.now() + startMs; Date.now() < until; ) {
    const response = await fetch(origin + health).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  fail(`The ${name} did not answer within ${startMs / 1000} s.`);
}

function curlLine(): string {
  const variables = parseEnv(readFileSync(join(root, "test/sandbox/.dev.vars"), "utf8"));
  const backend: { apiKey: string; merchants: { demo: { subMchid: string } } } = JSON.parse(
    variables.PARTNER_BACKEND ?? "{}",
  );
  const headers = [
    `Authorization: Bearer ${backend.apiKey}`,
    "Staff-Assign-Merchant: demo",
    `Staff-Assign-Sub-Mchid: ${backend.merchants.demo.subMchid}`,
    "Content-Type: application/json",
  ];
  const order = `DEMO${Date.now()}`;
  const body = JSON.stringify({ channel: "wechat", order, guide: { id: "LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic" } });
  return `curl -s ${edge.origin}/v1/assignments ${headers.map((header) => `-H '${header}'`).join(" ")} -d '${body}'`;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function stop(code: number): void {
  for (const child of children) child.kill("SIGTERM");
  process.exit(code);
}

function fail(sentence: string): never {
  console.error(sentence);
  for (const child of children) child.kill("SIGTERM");
  process.exit(1);
}
