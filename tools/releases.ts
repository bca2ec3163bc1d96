/**
 * Released versions of the element. Partners pin them by SRI, so every later build serves them byte for byte: they are
 * kept in `releases/v<semver>/`, their hashes in `releases/hashes.json`, and a build fails when one of them changed. The
 * Worker is bundled with that file and lets nothing else be cached for ever. Who deletes folder and hashes together and
 * commits that withdraws a release: nothing here holds them against the history.
 *
 * `node tools/releases.ts` checks them and puts them into `dist/assets`; `--add` releases the version just built.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";

const projectRoot = fileURLToPath(new URL("..", import.meta.url));

const versionFolder = /^v[0-9]+\.[0-9]+\.[0-9]+$/;

/** SRI hashes by version (`v1.2.3`) and file name. */
const releaseHashes = v.record(
  v.pipe(v.string(), v.regex(versionFolder)),
  v.record(v.string(), v.pipe(v.string(), v.startsWith("sha384-"))),
);
export type ReleaseHashes = v.InferOutput<typeof releaseHashes>;

/** Its message is one sentence for who builds. */
export class ReleaseError extends Error {}

const placesOf = (root: string) => ({
  releases: join(root, "releases"),
  hashes: join(root, "releases", "hashes.json"),
  assets: join(root, "dist", "assets"),
});

/**
 * Makes `dist/assets` hold every release and the version just built, and no other.
 *
 * @throws ReleaseError when a released file was changed, added or removed, or when the sources would now build
 * something else under a version that is released
 */
export async function publishReleases(root = projectRoot): Promise<void> {
  const { releases, assets } = placesOf(root);
  const expected = await readHashes(root);
  const current = await currentVersion(root);
  const folders = (await namesIn(releases)).filter((name) => versionFolder.test(name));
  for (const version of new Set([...Object.keys(expected), ...folders])) {
    const found = await hashesOf(join(releases, version));
    const changed = firstDifference(expected[version] ?? {}, found);
    if (changed) {
      throw new ReleaseError(`releases/${version}/${changed} changed, and partners pin it by its hash: restore it.`);
    }
    const built = await hashesOf(join(assets, version));
    if (!firstDifference(found, built)) continue;
    if (version === current && Object.keys(built).length > 0) throw new ReleaseError(differs(version));
    await rm(join(assets, version), { recursive: true, force: true });
    await mkdir(assets, { recursive: true });
    await cp(join(releases, version), join(assets, version), { recursive: true });
  }
  // Left by earlier builds: another machine would not have them, and a page that pins one would break there.
  const left = (await namesIn(assets)).filter((name) => /^v[0-9]/.test(name) && name !== current && !expected[name]);
  for (const name of left) await rm(join(assets, name), { recursive: true, force: true });
}

/**
 * Asked before a build is written: a server may be serving `dist/assets` meanwhile, and browsers keep for a year what they
 * get under a released version.
 *
 * @param built SRI hashes by file name
 * @throws ReleaseError when the version in package.json is released and these are other files
 */
export async function requireSameAsReleased(built: Record<string, string>, root = projectRoot): Promise<void> {
  const version = await currentVersion(root);
  const released = (await readHashes(root))[version];
  if (released && firstDifference(released, built)) throw new ReleaseError(differs(version));
}

const differs = (version: string) =>
  `${version} is released, and this build differs from it: raise the version in package.json.`;

/** @throws ReleaseError */
export async function isReleased(root = projectRoot): Promise<boolean> {
  return (await readHashes(root))[await currentVersion(root)] !== undefined;
}

/**
 * What partners may pin must come out of every later build, on any machine: it is released, and the release is committed.
 *
 * @throws ReleaseError
 */
export async function requireReleased(root = projectRoot): Promise<void> {
  if (!(await isReleased(root))) throw new ReleaseError(await notReleased(root));
  const args = ["status", "--porcelain", "--", "releases"];
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  // Without git, as in a container's build or an unpacked archive, nobody can tell.
  if (status === 0 && stdout.trim() !== "") {
    throw new ReleaseError(
      "releases/ is not as it is committed: commit or restore it, since another machine would serve other files.",
    );
  }
}

export const notReleased = async (root = projectRoot): Promise<string> =>
  `${await currentVersion(root)} is not released: npm run release, then commit releases/.`;

/**
 * Makes the version in package.json, as built in `dist/assets`, a release.
 *
 * @throws ReleaseError when it is released already or not built
 */
export async function addRelease(root = projectRoot): Promise<string> {
  const { releases, hashes, assets } = placesOf(root);
  const version = await currentVersion(root);
  const expected = await readHashes(root);
  if (!versionFolder.test(version)) {
    throw new ReleaseError(
      `${version.slice(1)} in package.json is not major.minor.patch, and the edge serves no other.`,
    );
  }
  if (expected[version]) throw new ReleaseError(`${version} is released already: raise the version in package.json.`);
  const built = await hashesOf(join(assets, version));
  if (Object.keys(built).length === 0) throw new ReleaseError(`${version} is not built: run npm run build first.`);
  if ((await namesIn(releases)).includes(version)) {
    throw new ReleaseError(`releases/${version} is there without its hashes: restore them, or remove it.`);
  }
  await cp(join(assets, version), join(releases, version), { recursive: true });
  await writeFile(hashes, `${JSON.stringify({ ...expected, [version]: built }, null, 2)}\n`);
  return version;
}

/** As its folder is called. */
async function currentVersion(root: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  return `v${version}`;
}

async function readHashes(root: string): Promise<ReleaseHashes> {
  try {
    return v.parse(releaseHashes, JSON.parse(await readFile(placesOf(root).hashes, "utf8")));
  } catch (error) {
    if (isMissing(error)) return {};
    if (!(error instanceof SyntaxError || v.isValiError(error))) throw error;
    throw new ReleaseError("releases/hashes.json is damaged: restore it (git checkout releases/hashes.json).");
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
