/**
 * `npm run deploy [-- --env staging]`: builds, checks that every released file is served unchanged, looks at the secrets
 * on Cloudflare by name, then deploys. Further arguments go to wrangler as they are.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { BuildError, buildWorker } from "./build-worker.ts";
import { ReleaseError } from "./releases.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Without these nothing can be served (docs/operate.md explains each). */
const neededSecrets = ["PUBLIC_ORIGIN", "SESSION_KEY", "STORAGE_KEY"];

const passedOn = process.argv.slice(2);
const environmentAt = passedOn.indexOf("--env");
/** An empty name is production: wrangler warns when none is given. */
const environment = environmentAt < 0 ? ["--env="] : passedOn.slice(environmentAt, environmentAt + 2);

try {
  run("node", ["tools/build.ts"]);
  const { gzipBytes } = await buildWorker();
  console.log(`The Worker has ${gzipBytes} bytes gzip.`);
  const missing = missingSecrets();
  run("wrangler", ["deploy", "--config", "wrangler.toml", ...(environmentAt < 0 ? environment : []), ...passedOn]);
  for (const sentence of missing) console.warn(sentence);
} catch (error) {
  if (!(error instanceof BuildError || error instanceof ReleaseError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** Secrets can only be set on a Worker that exists, so at the first deploy they are missing and merely named. */
function missingSecrets(): string[] {
  const listed = spawnSync(
    "wrangler",
    ["secret", "list", "--format", "json", "--config", "wrangler.toml", ...environment],
    {
      cwd: root,
      encoding: "utf8",
      shell: process.platform === "win32",
    },
  );
  const names =
    listed.status === 0
      ? new Set((JSON.parse(listed.stdout) as { name: string }[]).map(({ name }) => name))
      : new Set<string>();
  const command = (name: string) =>
    `npx wrangler secret put ${[name, "--config wrangler.toml", ...environment].join(" ")}`;
  const missing = neededSecrets
    .filter((name) => !names.has(name))
    .map((name) => `${name} is not set: ${command(name)}`);
  for (const prefix of ["PARTNER_", "MERCHANT_"]) {
    if ([...names].some((name) => name.startsWith(prefix))) continue;
    missing.push(`No ${prefix}… is set: ${command(`${prefix}<NAME>`)}`);
  }
  return missing;
}

function run(command: string, args: string[]): void {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) throw new BuildError(`${command} ${args[0]} did not succeed; its output above says why.`);
}
