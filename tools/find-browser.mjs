/** Where the machine's Chrome, Chromium or Edge is. Plain JavaScript without dependencies: the set-up asks too. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { env } from "node:process";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];
const applications = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
];

/** @returns {string | undefined} what `CHROME_PATH` names, else the first on the PATH or among the applications */
export function findBrowser() {
  const candidates = [
    ...(env.CHROME_PATH ? [env.CHROME_PATH] : []),
    ...(env.PATH ?? "").split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))),
    ...applications,
  ];
  return candidates.find(isExecutable);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
