/**
 * Makes a fresh clone able to run: installs dependencies when they are missing or out of date, and with --browser sees
 * to a Chromium for the tests. Plain JavaScript without dependencies, since it runs on the machine's own Node before
 * anything is installed. When nothing is missing it only compares two files.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { env, exit, getuid, platform, stderr } from "node:process";
import { fileURLToPath } from "node:url";
import { findBrowser } from "./find-browser.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** npm writes this copy of the lockfile at the end of a complete install. */
const installedLock = join(root, "node_modules", ".package-lock.json");

if (!isInstalled()) install();
if (process.argv.includes("--browser") && !findBrowser()) installBrowser();

function isInstalled() {
  if (!existsSync(installedLock) || !existsSync(join(root, "node_modules", ".bin", "node"))) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const present = JSON.parse(readFileSync(installedLock, "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === "" || entry.optional || entry.peer || present[path]?.version === entry.version,
  );
}

function install() {
  say("Installing dependencies (npm install) …");
  // Not `npm ci`: it refuses when a registry lacks the binaries of other platforms. The lockfile is obeyed and left alone.
  // Engine warnings would be about the Node that installs, not the one the project brings.
  const result = spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
    shell: platform === "win32",
  });
  if (result.status !== 0) fail("npm install did not succeed; its output above says why.");
}

function installBrowser() {
  const mayInstall = platform === "linux" && getuid?.() === 0 && spawnSync("apt-get", ["--version"]).status === 0;
  if (!mayInstall) {
    fail("The tests need Chrome, Chromium or Edge: install one, or set CHROME_PATH to it.");
  }
  say("Installing Chromium for the tests (apt-get install chromium) …");
  /** @type {import("node:child_process").ExecFileSyncOptions} */
  const options = { stdio: ["ignore", "ignore", "inherit"], env: { ...env, DEBIAN_FRONTEND: "noninteractive" } };
  try {
    execFileSync("apt-get", ["update", "-qq"], options);
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-noto-cjk"], options);
  } catch {
    fail("Chromium could not be installed: install Chrome, Chromium or Edge, or set CHROME_PATH to it.");
  }
}

/** @param {string} sentence */
function say(sentence) {
  stderr.write(`${sentence}\n`);
}

/**
 * @param {string} sentence
 * @returns {never}
 */
function fail(sentence) {
  say(sentence);
  exit(1);
}
