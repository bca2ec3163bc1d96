/** Minifies the ES5 loader, with the address and hash of the file that it loads. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { minify } from "terser";

const source = fileURLToPath(new URL("../../component/loader.js", import.meta.url));

export async function buildLoader(version: string, integrity: string): Promise<string> {
  const code = (await readFile(source, "utf8"))
    .replaceAll("__VERSION__", version)
    .replaceAll("__INTEGRITY__", integrity);
  const result = await minify(code, { ecma: 5, ie8: false, compress: { passes: 3 }, mangle: { toplevel: true } });
  if (!result.code) throw new Error("terser made no loader");
  return `${result.code}\n`;
}
