/** What the last search for names has found (`npm run names`). It fits one script; any other keeps the names that it has. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import type { Script } from "./names.ts";

const file = new URL("names.json", import.meta.url);

interface Chosen {
  /** SHA-256 of the script before, its version left out */
  of: string;
  /** parted by blanks, in the script's order */
  names: string;
}

/** A release changes the version and nothing else. */
const digestOf = ({ names, rename }: Script, version: string) =>
  createHash("sha256").update(rename(names).replaceAll(version, "")).digest("hex");

export function chosenNames(script: Script, version: string): readonly string[] | undefined {
  const { of, names } = JSON.parse(readFileSync(file, "utf8")) as Chosen;
  return of === digestOf(script, version) ? names.split(" ") : undefined;
}

export function keepNames(script: Script, version: string, names: readonly string[]): void {
  const chosen: Chosen = { of: digestOf(script, version), names: names.join(" ") };
  writeFileSync(file, `${JSON.stringify(chosen, null, 2)}\n`);
}
