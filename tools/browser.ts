/** The browser of the tests and pictures: which one, and the flags under which it runs unattended. */
import { findBrowser } from "./find-browser.mjs";

/** No sandbox, since CI runs as root in a container; no background traffic, since CI has no network. */
export const browserFlags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

/** @throws Error that says what to install */
export function browserPath(): string {
  const found = findBrowser();
  if (!found) throw new Error("no Chrome, Chromium or Edge: install one, or set CHROME_PATH to it");
  return found;
}
