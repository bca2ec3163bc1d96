/** A partner's project beside the built package: finds it in `node_modules`, as an installed one. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
export const packageFolder = join(root, "dist/package");

/** @param name its folder, which no other test file uses */
export function makePartner(name: string, files: Record<string, string>): string {
  const folder = join(root, "dist/partner", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  symlinkSync(packageFolder, join(folder, "node_modules/staff-assign"), "dir");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** As a careful partner would set it: declarations of libraries are checked too. */
const compilerOptions = {
  target: "ES2022",
  module: "ESNext",
  moduleResolution: "Bundler",
  lib: ["ES2024", "DOM", "DOM.Iterable"],
  jsx: "react-jsx",
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
};

function configure(folder: string, include: string[], options: object, vueCompilerOptions?: object) {
  const config = { compilerOptions: { ...compilerOptions, ...options }, vueCompilerOptions, include };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
}

/** What the compiler says of a partner's project, as `file:line: message`. */
export function diagnosticsOf(folder: string, options: object = {}): string[] {
  configure(folder, ["**/*.ts", "**/*.tsx"], options);
  const { stdout } = spawnSync("tsc", ["-p", folder, "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}` },
  });
  return stdout
    .split("\n")
    .filter((line) => /^\S/.test(line))
    .map((line) => line.replace(/^(.+?)\((\d+),\d+\): error /, "$1:$2: "));
}

const vueTsc = join(root, "node_modules/vue-checker/node_modules/vue-tsc/bin/vue-tsc.js");

export interface TemplateDiagnostic {
  file: string;
  /** both from 1 */
  line: number;
  column: number;
  message: string;
}

/** What Vue's own checker says of a partner's templates. @throws Error when it says something that is no diagnostic */
export function templateDiagnosticsOf(folder: string, vueCompilerOptions: object): TemplateDiagnostic[] {
  configure(folder, ["**/*.vue"], {}, vueCompilerOptions);
  const args = [vueTsc, "-p", folder, "--pretty", "false"];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  const lines = stdout.split("\n").filter((line) => /^\S/.test(line));
  if (stderr !== "" || (status !== 0) !== lines.length > 0) throw new Error(`vue-tsc ended with ${status}: ${stderr}`);
  return lines.map((told) => {
    const [, file = "", line, column, message = ""] = /^(.+?)\((\d+),(\d+)\): error (.*)$/.exec(told) ?? [];
    if (file === "") throw new Error(`vue-tsc says: ${told}`);
    return { file, line: Number(line), column: Number(column), message };
  });
}
