/**
 * JSON without its ambiguities. `JSON.parse` lets the last of two equal members win and makes infinities of long
 * numbers; two readers of one text could then see two different requests. What it accepts here means one thing only.
 */

/** Levels of arrays and objects; the deepest request of the contract has three. */
const maxJsonDepth = 16;

export type StrictJson = { ok: true; value: unknown } | { ok: false; sentence: string; field?: string };

/** Names through which a careless merge would reach a prototype. */
const reservedNames: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** @returns the value, or a sentence that never quotes it, with the dotted path of the member where one is to blame */
export function parseStrictJson(text: string): StrictJson {
  const { depth, colons } = scanStructure(text);
  if (depth > maxJsonDepth) return { ok: false, sentence: `must not nest deeper than ${maxJsonDepth} levels` };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, sentence: "must be JSON" };
  }
  const walk: Walk = { members: 0 };
  visit(value, "", walk);
  if (walk.fault) return { ok: false, ...walk.fault };
  // Each member of the text has one colon; a member that a later one replaced is missing from the value.
  if (walk.members !== colons) return { ok: false, sentence: "must not name a member twice" };
  return { ok: true, value };
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Counts outside of string literals; what it says of a text that is no JSON has no meaning, and no use. */
function scanStructure(text: string): { depth: number; colons: number } {
  let deepest = 0;
  let depth = 0;
  let colons = 0;
  let insideString = false;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (insideString) {
      if (unit === backslash) index++;
      else if (unit === quote) insideString = false;
    } else if (unit === quote) insideString = true;
    else if (unit === colon) colons++;
    else if (unit === openBrace || unit === openBracket) deepest = Math.max(deepest, ++depth);
    else if (unit === closeBrace || unit === closeBracket) depth--;
  }
  return { depth: deepest, colons };
}

interface Walk {
  members: number;
  fault?: { sentence: string; field?: string };
}

/** The first fault stays; an input is small enough to be walked to its end. */
function visit(value: unknown, path: string, walk: Walk): void {
  const blame = (sentence: string) => {
    walk.fault ??= { sentence, ...(path !== "" && { field: path }) };
  };
  if (typeof value === "string") {
    const fault = textFault(value);
    if (fault) blame(fault);
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) blame("must be a finite number");
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) visit(item, join(path, String(index)), walk);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      walk.members++;
      const fault = textFault(name);
      // The name itself is what is wrong, so the object that holds it is blamed.
      if (reservedNames.has(name)) blame("must not have a member named __proto__, constructor or prototype");
      else if (fault) blame(`has a member whose name ${fault}`);
      visit(member, join(path, name), walk);
    }
  }
}

function textFault(text: string): string | undefined {
  if (!text.isWellFormed()) return "must be well-formed Unicode";
  return text.includes("\0") ? "must not contain the character NUL" : undefined;
}

const join = (path: string, name: string) => (path === "" ? name : `${path}.${name}`);
