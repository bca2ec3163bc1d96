/** Operators build alerts on the names that docs/operate.md lists: each is in the source, and the source has no other. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parseEnv } from "node:util";
import { readConfig } from "../../edge/config.ts";

const root = new URL("../../", import.meta.url);
const sources = readdirSync(new URL("edge/", root), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(new URL(`edge/${name}`, root), "utf8"))
  .join("\n");
const page = readFileSync(new URL("docs/operate.md", root), "utf8");

const sorted = (names: Iterable<string>) => [...new Set(names)].sort();
const inSource = (call: RegExp) => sorted([...sources.matchAll(call)].map(([, name = ""]) => name));

/** The sample that follows these words, with a key in the place of each "…". */
function sample(words: string): string {
  const [, text = ""] = page.split(words)[1]?.split("```") ?? [];
  return text.replace(/^\w+\n/, "").replaceAll("…", () => randomBytes(32).toString("hex"));
}

/** The names in the first column of the table under this heading. */
function inPage(heading: string): string[] {
  const [, rows = ""] = new RegExp(`^\\| ${heading} \\|.*\\n\\|[-| ]+\\|\\n((?:\\|.*\\n)+)`, "m").exec(page) ?? [];
  const cells = rows.split("\n").map((row) => row.split("|")[1] ?? "");
  return sorted(cells.flatMap((cell) => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, name = ""]) => name)));
}

test("the samples of a configuration are taken as they stand", () => {
  const settings = parseEnv(sample("A directory of them is `settings.env`"));
  const { faults, partners, sessionKeys } = readConfig({ ...settings, PARTNER_POS: sample("and `partner-pos.json`:") });
  assert.deepEqual(faults, []);
  assert.deepEqual([...(partners.get("pos")?.merchants.keys() ?? [])], ["demo"]);
  assert.equal(sessionKeys.length, 1);
  assert.deepEqual(
    Object.keys(settings).filter((name) => !page.includes(`| \`${name}\` |`)),
    [],
  );
});

test("every event", () => {
  const events = inSource(/\.log\(\s*"(?:info|warn|error)",\s*"([a-z_]+)"/g);
  assert.ok(events.includes("assignment") && events.includes("wechat_certificates_failed"), "the source is read");
  assert.deepEqual(inPage("event"), events);
});

test("every counter", () => {
  const counters = inSource(/\.count\(\s*"([a-z_]+)"/g);
  assert.ok(counters.includes("wechat_signature_fault"), "the source is read");
  assert.deepEqual(inPage("counter"), counters);
});

test("nothing is logged or counted past the two shapes that are read here", () => {
  const calls = (pattern: RegExp) => [...sources.matchAll(pattern)].length;
  // Each name is written out at its call; the definitions in telemetry.ts are no calls.
  assert.equal(calls(/[tT]elemetry\.log\(/g), calls(/[tT]elemetry\.log\(\s*"(?:info|warn|error)",\s*"[a-z_]+"/g));
  assert.equal(calls(/[tT]elemetry\.count\(/g), calls(/[tT]elemetry\.count\(\s*"[a-z_]+"/g));
  assert.equal(calls(/console(?:\.|\[)/g), 2, "telemetry.ts alone writes to the console");
});
