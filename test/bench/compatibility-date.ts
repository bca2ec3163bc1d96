import { readFileSync } from "node:fs";

/** The date that wrangler.toml names, for every Worker of a run. */
export function compatibilityDate(): string {
  const text = readFileSync(new URL("../../wrangler.toml", import.meta.url), "utf8");
  const [, date] = /^compatibility_date = "([0-9-]+)"$/m.exec(text) ?? [];
  if (date === undefined) throw new TypeError("wrangler.toml names no compatibility_date");
  return date;
}
