/**
 * Makes the two files of the element, in memory: a classic script and an ES module, each complete in itself.
 * Both begin with the guard, which runs before anything else and stops a second copy before it evaluates Lit.
 */
import { fileURLToPath } from "node:url";
import { minify } from "terser";
import { build, transformWithOxc } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Bundle {
  code: string;
  /** characters of the readable code, by part of the program */
  parts: Map<string, number>;
}

async function compile(entry: string, version: string, parts = new Map<string, number>()): Promise<string> {
  const output = await build({
    root,
    configFile: `${root}vite.config.ts`,
    define: { __VERSION__: JSON.stringify(version) },
    build: { lib: { entry: `${root}${entry}`, formats: ["iife"], name: "staffAssignBundle", fileName: "bundle" } },
  });
  const [chunk] = (Array.isArray(output) ? output : [output]).flatMap((one) => ("output" in one ? one.output : []));
  if (chunk?.type !== "chunk") throw new Error(`${entry} made no code`);
  for (const [id, module] of Object.entries(chunk.modules)) {
    const part = partOf(id);
    parts.set(part, (parts.get(part) ?? 0) + module.renderedLength);
  }
  return chunk.code.replace(/\bglobalThis\b/g, "self");
}

function partOf(id: string): string {
  const path = id.split("?")[0] ?? id;
  if (/node_modules\/(lit|lit-html|lit-element|@lit\/)/.test(path)) return "lit";
  const own = /\/(component|shared)\/(.+)\.ts$/.exec(path);
  if (!own) return "helpers";
  return own[2]?.startsWith("locales/") ? "locales" : (own[2] ?? "");
}

/** WebViews of tills are as old as Chrome 61; one file serves them all, for about half a kilobyte of gzip. */
const oldestBrowser = ["chrome61", "es2017"];

async function minified(code: string, module: boolean): Promise<string> {
  const lowered = await transformWithOxc(code, "staff-assign.js", {
    target: oldestBrowser,
    // `document.all`, the one object that equals null and is not, is never looked at
    assumptions: { noDocumentAll: true, pureGetters: true },
  });
  const result = await minify(lowered.code, {
    ecma: 2017,
    module,
    toplevel: true,
    compress: { passes: 3, unsafe_arrows: true, pure_getters: true, keep_fargs: false },
    // Names that begin with "_" are private by the rule of this code base and of Lit; nothing outside reads them.
    mangle: { properties: { regex: /^_[$a-zA-Z]/, reserved: [] } },
    format: { comments: false, ascii_only: false },
  });
  if (!result.code) throw new Error("terser made no code");
  return result.code;
}

const banner = (version: string) =>
  `/*! staff-assign ${version} | MIT | contains Lit, Copyright Google LLC, BSD-3-Clause */\n`;

export async function bundleElement(version: string): Promise<{ classic: Bundle; module: Bundle }> {
  const parts = new Map<string, number>();
  const guard = await compile("component/guard.ts", version, parts);
  const element = await compile("component/define.ts", version, parts);
  // `return` leaves the wrapping function: a page with another copy already registered runs none of the rest.
  const program = `${guard}\nif (!staffAssignBundle.mayDefine) return;\n${element.replace(/^var staffAssignBundle ?=/m, "return")}`;
  const wrapped = (address: string) => program.replace(/\b__SCRIPT_URL__\b/g, address);
  const classic = await minified(
    `(function () {\n${wrapped("(document.currentScript ? document.currentScript.src : void 0)")}\n})();`,
    false,
  );
  const module = await minified(
    // on a server there is nothing to define
    `export const { StaffAssignElement, StaffAssignError } = (typeof document === "undefined" ? {} : (function () {\n${wrapped("import.meta.url")}\n})() || self.staffAssign);`,
    true,
  );
  return {
    classic: { code: banner(version) + classic, parts },
    module: { code: banner(version) + module, parts },
  };
}
