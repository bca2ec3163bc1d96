/**
 * Released versions of the element. Partners pin them by SRI, so every later build serves them byte for byte: they are
 * kept in `releases/v<semver>/`, their hashes in `releases/hashes.json`, and a build fails when one of them changed.
 *
 * `node tools/releases.ts` checks them and puts them into `dist/assets`; `--add` releases the version just built.
 */
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const projectRoot = fileURLToPath(new URL("..", import.meta.url));

/** SRI hashes by version (`v1.2.3`) and file name. */
export type ReleaseHashes = Record<string, Record<string, string>>;

export class ReleaseError extends Error {}

const versionFolder = /^v[0-9]+\.[0-9]+\.[0-9]+$/;
const placesOf = (root: string) => ({
  releases: join(root, "releases"),
  hashes: join(root, "releases", "hashes.json"),
  assets: join(root, "dist", "assets"),
});

/**
 * Copies every release into `dist/assets`.
 *
 * @returns the versions served
 * @throws ReleaseError when a released file was changed, added or removed, or when the sources would now build
 * something else under a version that is released
 */
export async function publishReleases(root = projectRoot): Promise<string[]> {
  const { releases, assets } = placesOf(root);
  const expected = await readHashes(root);
  const folders = (await namesIn(releases)).filter((name) => versionFolder.test(name));
  for (const version of new Set([...Object.keys(expected), ...folders])) {
    const found = await hashesOf(join(releases, version));
    const difference = firstDifference(expected[version] ?? {}, found);
    if (difference) {
      throw new ReleaseError(`releases/${version}/${difference} changed, and partners pin it by its hash: restore it.`);
    }
    const built = await hashesOf(join(assets, version));
    if (Object.keys(built).length > 0 && firstDifference(found, built)) {
      throw new ReleaseError(
        `${version} is released, and this build differs from it: raise the version in package.json.`,
      );
    }
    await mkdir(join(assets, version), { recursive: true });
    await cp(join(releases, version), join(assets, version), { recursive: true });
  }
  return folders;
}

/**
 * Makes the version in package.json, as built in `dist/assets`, a release.
 *
 * @throws ReleaseError when it is released already or not built
 */
export async function addRelease(root = projectRoot): Promise<string> {
  const { releases, hashes, assets } = placesOf(root);
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  const folder = `v${version}`;
  const expected = await readHashes(root);
  if (expected[folder]) throw new ReleaseError(`${folder} is released already: raise the version in package.json.`);
  const built = await hashesOf(join(assets, folder));
  if (Object.keys(built).length === 0) throw new ReleaseError(`${folder} is not built: run npm run build first.`);
  await cp(join(assets, folder), join(releases, folder), { recursive: true, errorOnExist: true, force: false });
  await writeFile(hashes, `${JSON.stringify({ ...expected, [folder]: built }, null, 2)}\n`);
  return folder;
}

async function readHashes(root: string): Promise<ReleaseHashes> {
  try {
    return JSON.parse(await readFile(placesOf(root).hashes, "utf8")) as ReleaseHashes;
  } catch (error) {
    if (isMissing(error)) return {};
    throw error;
  }
}

async function hashesOf(folder: string): Promise<Record<string, string>> {
  const names = (await namesIn(folder)).sort();
  const hashed = names.map(async (name) => {
    const bytes = await readFile(join(folder, name));
    return [name, `sha384-${createHash("sha384").update(bytes).digest("base64")}`] as const;
  });
  return Object.fromEntries(await Promise.all(hashed));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

const isMissing = (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOENT";

function firstDifference(a: Record<string, string>, b: Record<string, string>): string | undefined {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].find((name) => a[name] !== b[name]);
}

if (import.meta.main) {
  try {
    if (process.argv.includes("--add")) console.log(`Released ${await addRelease()}; commit releases/.`);
    else await publishReleases();
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
