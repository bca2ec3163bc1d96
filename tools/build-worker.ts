/**
 * Bundles the Worker into `dist/worker`, as `wrangler deploy` would upload it, for bare workerd and for tests, and keeps
 * it within its size. `npm run build` runs it after the element's build; `npm run build -- --released`, for a server that
 * partners use, refuses a version that they cannot pin yet.
 */
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSize } from "./gzip-size.ts";
import { quietEnvironment } from "./quiet-environment.ts";
import { isReleased, notReleased, publishReleases, ReleaseError, requireReleased } from "./releases.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** bytes, gzip: a small script starts fast in every location that meets it for the first time */
const workerBudget = 100_000;

export class BuildError extends Error {}

/** @throws BuildError or ReleaseError with the sentence to print */
export async function buildWorker(): Promise<{ bytes: number; gzipBytes: number }> {
  await publishReleases();
  const args = ["deploy", "--dry-run", "--config", "wrangler.toml", "--env=", "--outdir", "dist/worker"];
  const wrangler = spawnSync("wrangler", args, {
    cwd: root,
    env: { ...process.env, ...quietEnvironment },
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (wrangler.status !== 0) {
    throw new BuildError(`wrangler could not bundle the Worker:\n${wrangler.stdout ?? ""}${wrangler.stderr ?? ""}`);
  }
  const script = await readFile(join(root, "dist/worker/worker.js"));
  const gzipBytes = gzipSize(script);
  if (gzipBytes > workerBudget) {
    throw new BuildError(`The Worker has ${gzipBytes} bytes gzip; its budget is ${workerBudget}.`);
  }
  return { bytes: script.length, gzipBytes };
}

if (import.meta.main) {
  try {
    if (process.argv.includes("--released")) await requireReleased();
    const { bytes, gzipBytes } = await buildWorker();
    console.log(`worker.js                  ${String(bytes).padStart(7)} bytes, gzip ${gzipBytes} of ${workerBudget}`);
    if (!(await isReleased())) console.log(`For production: ${await notReleased()}`);
  } catch (error) {
    if (!(error instanceof BuildError || error instanceof ReleaseError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
