/**
 * `npm run serve -- --state DIR --keys FILE_OR_DIR [--port 8787] [--host 127.0.0.1]`: the built Worker on bare workerd,
 * its state on local disk. TLS is the reverse proxy's, restarts are the service manager's (docs/operate.md).
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startExporter } from "./serve/export/exporter.ts";
import { ExportError, exportedSignals } from "./serve/export/settings.ts";
import { lastWriteMs } from "./serve/pass-on.ts";
import { openStateDirectory, StateError } from "./serve/state-directory.ts";
import { readVariables, VariablesError } from "./serve/variables.ts";
import { bracketed, workerdConfig } from "./serve/workerd-config.ts";
import { startWorkerd, WorkerdError, type WorkerdProcess } from "./serve/workerd-process.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const script = join(root, "dist/worker/worker.js");
const assets = join(root, "dist/assets");
const usage = "npm run serve -- --state DIR --keys FILE_OR_DIR [--port 8787] [--host 127.0.0.1]";

class UsageError extends Error {}

try {
  await serve(readOptions(process.argv.slice(2)));
} catch (error) {
  const expected = [UsageError, StateError, VariablesError, WorkerdError, ExportError].some(
    (kind) => error instanceof kind,
  );
  if (!expected || !(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
// Fires only when something still holds the process: output that nobody reads.
setTimeout(() => process.exit(), lastWriteMs).unref();

interface Options {
  state: string;
  keys: string;
  host: string;
  port: number;
}

async function serve({ state, keys, host, port }: Options): Promise<void> {
  for (const path of [script, assets]) {
    if (!existsSync(path))
      throw new UsageError(`The Worker is not built (${path} is missing): run npm run build first.`);
  }
  const variables = readVariables(keys);
  for (const warning of variables.warnings) console.error(warning);
  const signals = exportedSignals(process.env);
  const trouble = await portTrouble(host, port);
  if (trouble) throw new UsageError(trouble);
  // Listened for before anything runs, so that a stop in the middle of the start leaves no workerd behind.
  const stopAsked = askedToStop();
  const exporter = signals.length > 0 ? await startExporter(signals, console.error) : undefined;
  const directory = openStateDirectory(state);
  let workerd: WorkerdProcess | undefined;
  try {
    const config = workerdConfig({
      objects: directory.objects,
      assets,
      script: "worker.js",
      compatibilityDate: compatibilityDate(),
      variables: Object.keys(variables.values),
      environment: variables.values.ENVIRONMENT === "development" ? "development" : "production",
      host,
      port,
    });
    const started = await startWorkerd({
      config,
      script,
      environment: variables.values,
      claim: directory.claim,
      ...(exporter && { takeLines: exporter.take }),
    });
    workerd = started;
    void stopAsked.then(() => started.stop());
    console.error(`Serving on http://${host}:${started.port}, state in ${directory.path}`);
    await callOnce(host, started.port);
    const accident = await started.ended;
    if (accident) throw new WorkerdError(accident);
  } finally {
    // The lock is free only when nobody writes any more.
    await workerd?.stop();
    directory.release();
    await exporter?.close(workerd?.drained ?? Promise.resolve());
  }
}

/** The Worker reads its variables at its first call: this one, so that what is broken is told at the start. */
async function callOnce(host: string, port: number): Promise<void> {
  const answer = await fetch(`http://${bracketed(host)}:${port}/healthz`, { headers: { Connection: "close" } }).catch(
    () => undefined,
  );
  await answer?.body?.cancel();
}

function askedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve());
  });
}

function readOptions(args: string[]): Options {
  let values: { state?: string; keys?: string; host: string; port: string };
  try {
    const options = {
      state: { type: "string" },
      keys: { type: "string" },
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "8787" },
    } as const;
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message.split(". ")[0] : "bad arguments"}. Usage: ${usage}`);
  }
  const { state, keys, host } = values;
  if (!state) throw new UsageError(`--state is missing: the directory that keeps the ledgers. Usage: ${usage}`);
  if (!keys) throw new UsageError(`--keys is missing: an env file, or a directory of JSON files. Usage: ${usage}`);
  const port = /^[0-9]{1,5}$/.test(values.port) ? Number(values.port) : Number.NaN;
  if (!(port <= 65_535)) throw new UsageError("--port must be a number from 0 to 65535.");
  return { state, keys, host, port };
}

/** The date that wrangler.toml names: one behaviour in both places. */
function compatibilityDate(): string {
  const [, date] = /^compatibility_date = "([0-9-]+)"$/m.exec(readFileSync(join(root, "wrangler.toml"), "utf8")) ?? [];
  if (date === undefined) throw new TypeError("wrangler.toml names no compatibility_date");
  return date;
}

function portTrouble(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error: Error & { code?: string }) => {
      if (error.code === "EADDRINUSE")
        resolve(`Port ${port} on ${host} is in use: stop what listens there, or pass --port.`);
      else if (error.code === "EACCES") resolve(`Port ${port} needs privileges: pass a --port above 1023.`);
      else resolve(`${host} is not an address of this machine: pass another --host.`);
    });
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
}
