/** File times, for builds that run only when something changed. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Epoch milliseconds of the newest file below these paths. */
export async function newestOf(paths: readonly string[]): Promise<number> {
  let newest = 0;
  for (const path of paths) {
    const info = await stat(path);
    // a folder's own time tells of files that were deleted
    newest = Math.max(newest, info.mtimeMs);
    if (info.isDirectory()) {
      const names = await readdir(path);
      newest = Math.max(newest, await newestOf(names.map((name) => join(path, name))));
    }
  }
  return newest;
}

/** Epoch milliseconds of the oldest of these files; 0 when one is missing. */
export async function oldestOf(paths: readonly string[]): Promise<number> {
  const times = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        (info) => info.mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.min(...times);
}
