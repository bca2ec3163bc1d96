/**
 * Builds what the edge serves below `dist/assets`, and the npm package in `dist/package`. `--if-stale` returns at once while the outputs are newer than
 * every input; `--check` refuses an element whose names are not searched yet, and whose weight is not known therefore. Files are written beside
 * their place and renamed, so two builds at once do no harm; an element that differs from the release of its version is not written at all.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildDocs } from "./build-docs.ts";
import { writeWhole } from "./docs/write-whole.ts";
import { bundleElement } from "./element/bundle.ts";
import { newestOf, oldestOf } from "./element/freshness.ts";
import { buildLoader } from "./element/loader.ts";
import { gzipSize } from "./gzip-size.ts";
import { buildOpenApi } from "./openapi.ts";
import { buildPackage } from "./package/build.ts";
import { ReleaseError, requireSameAsReleased } from "./releases.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Bytes, gzip: a till on a slow line loads the element before its first order. */
const elementCeiling = 15_000;
/** bytes */
const loaderCeiling = 800;

const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
const assets = join(root, "dist/assets");
const folder = join(assets, `v${version}`);
const packageFolder = join(root, "dist/package");
const names = ["staff-assign.js", "staff-assign.mjs", "staff-assign-loader.js", "integrity.json"] as const;
/** what lies beside the versioned folder, made from docs and contract */
const pages = ["openapi.json", "problems/index.html", "playground/index.html"];
const inputs = [
  "component",
  "shared",
  "edge/advice.ts",
  "docs",
  "tools",
  "test/sandbox/pages/common",
  "vite.config.ts",
  "package.json",
];

const integrityOf = (text: string) => `sha384-${createHash("sha384").update(text).digest("base64")}`;

async function main() {
  if (process.argv.includes("--if-stale")) {
    const written = await oldestOf([
      ...names.map((name) => join(folder, name)),
      ...pages.map((name) => join(assets, name)),
      join(packageFolder, "package.json"),
    ]);
    if (written > (await newestOf(inputs.map((path) => join(root, path))))) return;
  }

  const { classic, module, areNamesCurrent } = await bundleElement(version);
  const loader = await buildLoader(version, integrityOf(classic.code));
  const files: Record<(typeof names)[number], string> = {
    "staff-assign.js": classic.code,
    "staff-assign.mjs": module.code,
    "staff-assign-loader.js": loader,
    "integrity.json": "",
  };
  const integrity = Object.fromEntries(
    Object.entries(files)
      .filter(([, text]) => text !== "")
      .map(([name, text]) => [name, integrityOf(text)]),
  );
  files["integrity.json"] = `${JSON.stringify({ version, integrity }, null, 2)}\n`;

  report(classic.parts, files);
  if (!areNamesCurrent) {
    const advice = "The element has changed since its names were searched: npm run names, before it is committed.";
    if (process.argv.includes("--check")) throw new Error(advice);
    console.warn(advice);
  } else if (gzipSize(classic.code) > elementCeiling)
    throw new Error(`staff-assign.js exceeds ${elementCeiling} bytes gzip`);
  if (Buffer.byteLength(loader) > loaderCeiling)
    throw new Error(`staff-assign-loader.js exceeds ${loaderCeiling} bytes`);

  await requireSameAsReleased(Object.fromEntries(names.map((name) => [name, integrityOf(files[name])])));
  await mkdir(folder, { recursive: true });
  for (const name of names) await writeWhole(join(folder, name), files[name]);
  await buildDocs({ outDir: assets });
  await buildOpenApi({ outDir: assets, version });
  await buildPackage({ outDir: packageFolder, integrity: integrityOf(classic.code) });
}

function report(parts: Map<string, number>, files: Record<string, string>) {
  const total = [...parts.values()].reduce((sum, size) => sum + size, 0);
  console.log("staff-assign.js by part, before minification:");
  for (const [part, size] of [...parts].sort((a, b) => b[1] - a[1])) {
    console.log(`  ${part.padEnd(24)} ${String(size).padStart(7)}  ${((100 * size) / total).toFixed(1).padStart(5)} %`);
  }
  for (const [name, text] of Object.entries(files)) {
    console.log(`${name.padEnd(26)} ${String(Buffer.byteLength(text)).padStart(7)} bytes, gzip ${gzipSize(text)}`);
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ReleaseError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
