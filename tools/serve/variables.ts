/**
 * The edge's variables, read from an env file or from a directory with one JSON file a merchant or partner. Only what
 * cannot be read at all stops the start: a broken merchant is the edge's to name, and the others go on working.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { parseEnv } from "node:util";
import { reasonOf } from "./reason.ts";

export interface Variables {
  values: Record<string, string>;
  /** what an operator should mend, though it does not stop the start */
  warnings: string[];
}

/** Its message is one sentence for the operator and never holds a value. */
export class VariablesError extends Error {}

const plainNames = ["ENVIRONMENT", "PUBLIC_ORIGIN", "SESSION_KEY", "STORAGE_KEY", "OPERATOR_KEY_SHA256"] as const;

const isKnown = (name: string) =>
  plainNames.some((known) => known === name) || /^(?:PARTNER|MERCHANT)_[A-Z0-9]+$/.test(name);

const settingsFile = "settings.env";
const jsonFile = /^(merchant|partner)-([A-Za-z0-9]+)\.json$/;

/** @throws VariablesError */
export function readVariables(path: string): Variables {
  const kind = kindOf(path);
  const { values, files } = kind === "directory" ? readDirectory(path) : { values: readEnvFile(path), files: [path] };
  if (!Object.keys(values).some(isKnown)) throw new VariablesError(`${path} sets none of the edge's variables.`);
  const warnings = files.flatMap(openToOthers);
  const known: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (isKnown(name)) known[name] = value;
    else warnings.push(`${name} in ${path} is not a variable of the edge and is left out.`);
  }
  return { values: known, warnings };
}

function kindOf(path: string): "file" | "directory" {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) return "directory";
    if (stats.isFile()) return "file";
  } catch (error) {
    throw new VariablesError(`${path} cannot be read: ${reasonOf(error)}.`);
  }
  throw new VariablesError(`${path} is neither a file nor a directory.`);
}

/** One file a variable: of two, nobody could tell which one is in force. */
function readDirectory(path: string): { values: Record<string, string>; files: string[] } {
  const values: Record<string, string> = {};
  const setBy = new Map<string, string>();
  const files = filesIn(path);
  for (const file of files) {
    for (const [name, value] of Object.entries(readNamedFile(file))) {
      const other = setBy.get(name);
      if (other !== undefined) throw new VariablesError(`${name} is set by both ${other} and ${file}.`);
      setBy.set(name, file);
      values[name] = value;
    }
  }
  return { values, files };
}

function filesIn(path: string): string[] {
  try {
    const names = readdirSync(path).filter((name) => !name.startsWith("."));
    return names.sort().map((name) => join(path, name));
  } catch (error) {
    throw new VariablesError(`${path} cannot be read: ${reasonOf(error)}.`);
  }
}

function readNamedFile(file: string): Record<string, string> {
  const name = basename(file);
  if (name === settingsFile) return readEnvFile(file);
  const [, kind, id] = jsonFile.exec(name) ?? [];
  if (kind === undefined || id === undefined) {
    throw new VariablesError(`${file} is neither ${settingsFile}, merchant-<alias>.json nor partner-<id>.json.`);
  }
  return { [`${kind}_${id}`.toUpperCase()]: read(file) };
}

function readEnvFile(file: string): Record<string, string> {
  const text = read(file);
  if (text.includes("\u0000")) throw new VariablesError(`${file} is not a text file.`);
  const values = parseEnv(text);
  const stray = strayLine(text, values);
  if (stray !== undefined) throw new VariablesError(`${file} line ${stray} is not NAME=value.`);
  const twice = setTwice(text);
  if (twice !== undefined) throw new VariablesError(`${twice} is set twice in ${file}.`);
  for (const [name, value = ""] of Object.entries(values)) {
    if (/^(?:PARTNER|MERCHANT)_/.test(name) && isCutByQuote(value)) {
      throw new VariablesError(
        `${name} in ${file} is cut at a quote: put JSON in single quotes, and JSON with a ' in it into a file of its own.`,
      );
    }
  }
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? ""]));
}

/** Node's parser ends a quoted value at the next quote of its kind, and keeps the first one when there is none. */
const isCutByQuote = (value: string) =>
  /^['"`]/.test(value) || (value.startsWith("{") && !value.trimEnd().endsWith("}"));

/** Node's parser passes over what it does not understand, and a key would be missing without a word. */
function strayLine(text: string, values: NodeJS.Dict<string>): number | undefined {
  const multiLine = new Set(Object.values(values).flatMap((value) => (value?.includes("\n") ? value.split("\n") : [])));
  const at = text.split(/\r?\n/).findIndex((line) => {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return false;
    // The last line of a value ends with the quote that closes it, which is not the value's.
    const isOfValue = multiLine.has(line) || multiLine.has(line.replace(/["'`]\s*$/, ""));
    return !/^(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=/.test(trimmed) && !isOfValue;
  });
  return at < 0 ? undefined : at + 1;
}

/** Node's parser lets the last one count: a key that was meant to stay would be gone without a word. */
function setTwice(text: string): string | undefined {
  const names = [...text.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=/gm)].map(
    ([, name = ""]) => name,
  );
  return names.find((name, index) => isKnown(name) && names.indexOf(name) < index);
}

function read(file: string): string {
  try {
    // Some editors begin a file with a byte order mark, which would be part of the first name, and no JSON.
    return readFileSync(file, "utf8").replace(/^\ufeff/, "");
  } catch (error) {
    throw new VariablesError(`${file} cannot be read: ${reasonOf(error)}.`);
  }
}

function openToOthers(file: string): string[] {
  if (process.platform === "win32" || (statSync(file).mode & 0o077) === 0) return [];
  return [`${file} holds keys and can be read by other users: chmod 600 ${file}`];
}
