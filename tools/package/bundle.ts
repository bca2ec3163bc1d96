/**
 * The package's modules: readable ES2022, shared parts in one place.
 * Partners' bundlers minify. They evaluate without a DOM, so that a server may import what it renders around.
 */
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { codeEntries } from "./package-json.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const sourceOf = (entry: string) => `${root}component/${entry === "client" ? "client.ts" : `package/${entry}.ts`}`;

// A server has neither `self` nor a window; `globalThis` is both where there is one.
const banner = "/*! staff-assign | MIT */\nconst self = globalThis;";

/** @returns text by file name */
export async function bundlePackage(version: string, integrity: string): Promise<Map<string, string>> {
  const output = await build({
    root,
    configFile: `${root}vite.config.ts`,
    define: {
      __VERSION__: JSON.stringify(version),
      __INTEGRITY__: JSON.stringify(integrity),
      // no address of the edge can be told from where a bundle lies
      __SCRIPT_URL__: JSON.stringify("npm:staff-assign"),
    },
    build: {
      target: "es2022",
      lib: {
        entry: Object.fromEntries(codeEntries.map((entry) => [entry, sourceOf(entry)])),
        formats: ["es"],
        fileName: (_, entry) => `${entry}.js`,
      },
      rolldownOptions: {
        output: { chunkFileNames: "shared/[name].js", banner },
      },
    },
  });
  const files = new Map<string, string>();
  for (const { output: chunks } of (Array.isArray(output) ? output : [output]).filter((one) => "output" in one)) {
    for (const chunk of chunks) if (chunk.type === "chunk") files.set(chunk.fileName, chunk.code);
  }
  return files;
}
