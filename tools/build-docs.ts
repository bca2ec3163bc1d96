/**
 * Makes the pages that the edge serves beside the element: one page for each problem code (`problem.type` links to it)
 * and the playground. Every file is replaced as a whole, pages of codes that are gone are removed, and a second run
 * changes nothing.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { adviceOf } from "../edge/advice.ts";
import { elementCodes, problemCodes } from "../shared/problem-codes.ts";
import { indexPage, problemPage, readProblemPage } from "./docs/problem-page.ts";
import { writeWhole } from "./docs/write-whole.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const problemsFolder = join(root, "docs/problems");
const playgroundFolder = join(root, "docs/playground");
/** What the playground shares with the demo till: colours and a few helpers. */
const commonFolder = join(root, "test/sandbox/pages/common");

export async function buildDocs({ outDir }: { outDir: string }): Promise<void> {
  await Promise.all([
    writeFolder(join(outDir, "problems"), await problemFiles()),
    writeFolder(join(outDir, "playground"), await playgroundFiles()),
  ]);
}

type Files = Map<string, string>;

async function problemFiles(): Promise<Files> {
  const codes = [...Object.keys(problemCodes), ...elementCodes];
  const pages = await Promise.all(
    codes.map(async (code) => readProblemPage(code, await readFile(join(problemsFolder, `${code}.md`), "utf8"))),
  );
  return new Map([
    ...pages.map((page) => [`${page.code}.html`, problemPage(page)] as const),
    ["index.html", indexPage(pages)],
    ["icon.svg", await readFile(join(commonFolder, "icon.svg"), "utf8")],
    ["tokens.css", await readFile(join(commonFolder, "tokens.css"), "utf8")],
    ["page.css", await readFile(join(root, "tools/docs/page.css"), "utf8")],
  ]);
}

async function playgroundFiles(): Promise<Files> {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  const files: Files = new Map();
  for (const name of await readdir(playgroundFolder)) {
    files.set(name, (await readFile(join(playgroundFolder, name), "utf8")).replaceAll("%VERSION%", version));
  }
  for (const name of await readdir(commonFolder)) {
    files.set(join("common", name), await readFile(join(commonFolder, name), "utf8"));
  }
  files.set("problem-codes.json", `${JSON.stringify(problemCodes, null, 2)}\n`);
  files.set("advice.json", `${JSON.stringify(adviceOf, null, 2)}\n`);
  return files;
}

async function writeFolder(folder: string, files: Files): Promise<void> {
  for (const [name, text] of files) await writeWhole(join(folder, name), text);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const known = files.has(path.slice(folder.length + 1));
    // a neighbour's unfinished file is left alone: two builds may run at once
    if (entry.isFile() && !known && !path.endsWith(".tmp")) await rm(path, { force: true });
  }
}

if (import.meta.main) await buildDocs({ outDir: join(root, "dist/assets") });
