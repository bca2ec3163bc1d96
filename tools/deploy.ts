/**
 * `npm run deploy [-- --env staging]`: builds, checks that every released file is served unchanged, looks at the secrets
 * on Cloudflare by name, then deploys. Only staging takes a version that is not released: partners pin what production
 * serves. Further arguments go to wrangler as they are.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs, stripVTControlCharacters } from "node:util";
import * as v from "valibot";
import { BuildError, buildWorker } from "./build-worker.ts";
import { ReleaseError, requireReleased } from "./releases.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Without these nothing can be served (docs/operate.md explains each). */
const neededSecrets = ["PUBLIC_ORIGIN", "SESSION_KEY", "STORAGE_KEY"];
const listOfSecrets = v.array(v.object({ name: v.string() }));

/** Its message is one sentence for who deploys. */
class UsageError extends Error {}

try {
  await deploy(readArguments(process.argv.slice(2)));
} catch (error) {
  const expected = [BuildError, ReleaseError, UsageError].some((kind) => error instanceof kind);
  if (!expected || !(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

interface Arguments {
  /** as in wrangler.toml; empty for production */
  environment: string;
  /** for wrangler */
  others: string[];
}

async function deploy({ environment, others }: Arguments): Promise<void> {
  if (environment !== "staging") await requireReleased();
  run("node", ["tools/build.ts"]);
  const { gzipBytes } = await buildWorker();
  console.log(`The Worker has ${gzipBytes} bytes gzip.`);
  // Empty, it is named too: wrangler warns when it is not.
  const target = ["--config", "wrangler.toml", `--env=${environment}`];
  const listed = listSecrets(target);
  if ("trouble" in listed) console.error(listed.trouble);
  run("wrangler", ["deploy", ...target, ...others]);
  if ("names" in listed) for (const sentence of missingSecrets(listed.names, target)) console.error(sentence);
}

/** @throws UsageError */
function readArguments(args: string[]): Arguments {
  const { tokens } = parseArgs({
    args,
    options: { env: { type: "string", short: "e" } },
    strict: false,
    tokens: true,
  });
  const [first, second] = tokens.filter((token) => token.kind === "option").filter(({ name }) => name === "env");
  if (!first) return { environment: "", others: args };
  // wrangler would take `-e=staging` for `staging`, and an option is no name.
  const environment = first.value?.replace(/^=/, "");
  if (second || environment === undefined || environment.startsWith("-")) {
    throw new UsageError("--env takes one name, such as staging.");
  }
  return { environment, others: args.toSpliced(first.index, first.inlineValue ? 1 : 2) };
}

type Listed = { names: string[] } | { trouble: string };

function listSecrets(target: readonly string[]): Listed {
  const { status, stdout, stderr } = spawnSync("wrangler", ["secret", "list", "--format", "json", ...target], {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  // Secrets can only be set on a Worker that exists, so at the first deploy they are missing and merely named.
  if (status !== 0 && /Worker "[^"]*".* not found/.test(stderr)) return { names: [] };
  const names = status === 0 ? namesIn(stdout) : undefined;
  if (names) return { names };
  const [reason = "wrangler's answer is no list"] =
    status === 0
      ? []
      : stripVTControlCharacters(stderr)
          .split("\n")
          .filter((line) => line.trim());
  return {
    trouble: `The secrets could not be listed (are you logged in? npx wrangler login), so none was checked: ${reason.trim()}`,
  };
}

function namesIn(text: string): string[] | undefined {
  try {
    return v.parse(listOfSecrets, JSON.parse(text)).map(({ name }) => name);
  } catch (error) {
    if (error instanceof SyntaxError || v.isValiError(error)) return undefined;
    throw error;
  }
}

function missingSecrets(names: readonly string[], target: readonly string[]): string[] {
  const command = (name: string) => `npx wrangler secret put ${[name, ...target].join(" ")}`;
  const missing = neededSecrets
    .filter((name) => !names.includes(name))
    .map((name) => `${name} is not set: ${command(name)}`);
  for (const prefix of ["PARTNER_", "MERCHANT_"]) {
    if (names.some((name) => name.startsWith(prefix))) continue;
    missing.push(`No ${prefix}… is set: ${command(`${prefix}<NAME>`)}`);
  }
  return missing;
}

function run(command: string, args: string[]): void {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) throw new BuildError(`${command} ${args[0]} did not succeed; its output above says why.`);
}
