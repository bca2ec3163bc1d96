/**
 * `npm run names`: looks for the short names under which the element's script compresses best, and keeps them for the build
 * in `tools/element/names.json`. Takes half an hour; to be run when the element has changed, before it is committed.
 */
import { readFileSync } from "node:fs";
import { classicScript } from "./element/bundle.ts";
import { keepNames } from "./element/chosen-names.ts";
import { searchNames } from "./element/search-names.ts";
import { gzipSize } from "./gzip-size.ts";

/** Each doubling has been worth some 50 bytes, and takes as long again. */
const steps = 1_200_000;

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const script = await classicScript(version);
const before = gzipSize(script.rename(script.names));
const names = searchNames(script, gzipSize, steps);
keepNames(script, version, names);
console.log(
  `staff-assign.js: ${before} bytes gzip before, ${gzipSize(script.rename(names))} under the names that were found`,
);
