/** Makes the two files of the element, in memory: a classic script and an ES module, each complete in itself. */
import { fileURLToPath } from "node:url";
import { minify } from "terser";
import { build, transformWithOxc } from "vite";
import { chosenNames } from "./chosen-names.ts";
import { readScript, type Script } from "./names.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Bundle {
  code: string;
  /** characters of the readable code, by part of the program */
  parts: Map<string, number>;
}

async function compile(version: string): Promise<Bundle> {
  const output = await build({
    root,
    configFile: `${root}vite.config.ts`,
    define: { __VERSION__: JSON.stringify(version) },
    build: { lib: { entry: `${root}component/define.ts`, formats: ["es"], fileName: "bundle" } },
  });
  const [chunk] = (Array.isArray(output) ? output : [output]).flatMap((one) => ("output" in one ? one.output : []));
  if (chunk?.type !== "chunk") throw new Error("the element made no code");
  const parts = new Map<string, number>();
  for (const [id, module] of Object.entries(chunk.modules)) {
    const part = partOf(id);
    parts.set(part, (parts.get(part) ?? 0) + module.renderedLength);
  }
  return { code: chunk.code.replace(/\bglobalThis\b/g, "self"), parts };
}

function partOf(id: string): string {
  const path = id.split("?")[0] ?? id;
  const own = /\/(component|shared)\/(.+)\.ts$/.exec(path);
  if (!own) return "helpers";
  return own[2]?.startsWith("locales/") ? "locales" : (own[2] ?? "");
}

/** WebViews of tills are as old as Chrome 61; one file serves them all, for about half a kilobyte of gzip. */
const oldestBrowser = ["chrome61", "es2017"];

const privateName = /^_[$a-zA-Z]/;

/** The shortest names, from few letters, for the private members that stand most often: 0.1 kB of gzip less than in order of appearance. */
function shortNames(code: string): Record<string, string> {
  const counts = new Map<string, number>();
  for (const [name] of code.matchAll(/(?<![\w$])_[$a-zA-Z][\w$]*/g)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const letters = Array.from("tniascrloumhepfdb");
  const names = [...letters, ...letters.flatMap((first) => letters.map((second) => first + second))]
    // neither words of the language nor members that the element touches (`x` and `y` of a key are no letters of these)
    .filter((name) => !/^(id|as|at|is|in|of|on|to|if|do)$/.test(name));
  const byCount = [...counts].sort(([, a], [, b]) => b - a);
  return Object.fromEntries(byCount.map(([name], index) => [`$${name}`, names[index] ?? name]));
}

interface Minified {
  code: string;
  /** the names of private members in it */
  members: string[];
}

async function minified(code: string, module: boolean): Promise<Minified> {
  const lowered = await transformWithOxc(code, "staff-assign.js", {
    target: oldestBrowser,
    // `document.all`, the one object that equals null and is not, is never looked at
    assumptions: { noDocumentAll: true, pureGetters: true },
  });
  const members = shortNames(lowered.code);
  const result = await minify(lowered.code, {
    ecma: 2017,
    module,
    toplevel: true,
    // `unsafe` takes built-ins for what they are, such as `String(x)` for `x + ""`
    compress: {
      passes: 5,
      sequences: false,
      unsafe: true,
      unsafe_arrows: true,
      unsafe_math: true,
      pure_getters: true,
      keep_fargs: false,
    },
    // Names that begin with "_" are private by the rule of this code base; nothing outside reads them.
    mangle: { properties: { regex: privateName } },
    nameCache: { props: { props: members } },
    format: { comments: false, ascii_only: false },
  });
  if (!result.code) throw new Error("terser made no code");
  return { code: result.code, members: Object.values(members) };
}

/** Chrome 136 then compiles all functions while the file arrives, beside the page's own thread, not one by one in it. */
const compileHint = "//# allFunctionsCalledOnLoad\n";

const banner = (version: string) => `${compileHint}/*! staff-assign ${version} | MIT */\n`;

const wrapped = (code: string, address: string) => `(() => {\n${code.replace(/\b__SCRIPT_URL__\b/g, address)}\n})()`;

/** The classic script with the names that terser gave; those that compress better are chosen after it. */
async function minifiedClassic(code: string, version: string): Promise<Script> {
  const address = "(document.currentScript ? document.currentScript.src : void 0)";
  const classic = await minified(wrapped(code, address), false);
  return readScript(banner(version) + classic.code, classic.members);
}

export const classicScript = async (version: string) => minifiedClassic((await compile(version)).code, version);

/** `areNamesCurrent`: false when the classic script has changed since its names were last searched (`npm run names`). */
export async function bundleElement(
  version: string,
): Promise<{ classic: Bundle; module: Bundle; areNamesCurrent: boolean }> {
  const { code, parts } = await compile(version);
  const script = await minifiedClassic(code, version);
  const names = chosenNames(script, version);
  // On a server there is nothing to define; beside a copy that was there first, the names are that one's.
  const module = await minified(
    `if (typeof document !== "undefined") ${wrapped(code, "import.meta.url")};
     export const { StaffAssignElement, StaffAssignError } = (typeof document !== "undefined" && self.staffAssign) || {};`,
    true,
  );
  return {
    classic: { code: script.rename(names ?? script.names), parts },
    module: { code: banner(version) + module.code, parts },
    areNamesCurrent: names !== undefined,
  };
}
