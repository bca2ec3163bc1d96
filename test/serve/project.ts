/**
 * A copy of the project with an element of one line, so that a test can build, release and deploy what it likes. The
 * Worker, the commands and the packages are the real ones.
 */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { quietEnvironment } from "../../tools/quiet-environment.ts";

const original = fileURLToPath(new URL("../..", import.meta.url));

/** In place of tools/build.ts: the file `element` becomes the script of the version in package.json. */
const build = `
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const folder = "dist/assets/v" + version;
mkdirSync(folder, { recursive: true });
writeFileSync(folder + "/staff-assign.js", readFileSync("element", "utf8"));
writeFileSync("dist/assets/openapi.json", "{}");
`;

export interface Project {
  root: string;
  write(name: string, text: string): void;
  read(name: string): string;
  /** Runs one of the project's commands, its packages first on the PATH, `bin` before them. */
  run(command: string, args: readonly string[], env?: Record<string, string>): SpawnSyncReturns<string>;
  /** The version in package.json, and what it builds. */
  element(version: string, script: string): void;
  remove(): void;
}

export function createProject(): Project {
  const root = mkdtempSync(join(tmpdir(), "staff-assign-project-"));
  for (const name of ["edge", "shared", "tools", "wrangler.toml", "package.json"]) {
    cpSync(join(original, name), join(root, name), { recursive: true });
  }
  symlinkSync(join(original, "node_modules"), join(root, "node_modules"));
  const read = (name: string) => readFileSync(join(root, name), "utf8");
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  };
  write("tools/build.ts", build);
  write("releases/hashes.json", "{}\n");
  const path = [join(root, "bin"), join(original, "node_modules/.bin"), process.env.PATH].join(":");
  return {
    root,
    write,
    read,
    run: (command, args, env = {}) =>
      spawnSync(command, args, {
        cwd: root,
        env: { ...process.env, ...quietEnvironment, PATH: path, ...env },
        encoding: "utf8",
      }),
    element: (version, script) => {
      write("package.json", JSON.stringify({ ...JSON.parse(read("package.json")), version }));
      write("element", script);
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
