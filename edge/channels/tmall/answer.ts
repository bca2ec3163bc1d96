/**
 * Reads an answer of TOP, from bytes to one of three shapes; pure. The gateway answers HTTP 200 for errors, wraps its
 * content by the name of the call or (simplified) not at all, and is known for raw control characters in strings,
 * trailing comments, XML and HTML. Nothing of that may crash, and nothing unreadable may count as success.
 */
import { isObject } from "../../is-object.ts";
import { maskMobilesIn } from "../../mask.ts";

export type Members = Readonly<Record<string, unknown>>;

export interface TopError {
  /** undefined when the error carries no number */
  code: number | undefined;
  subCode: string | undefined;
  /** on one line, else as the platform sent it: whole, and with whatever it quotes */
  message: string;
  requestId: string | undefined;
}

export type TopAnswer =
  | { kind: "content"; content: Members; requestId: string | undefined }
  | { kind: "error"; error: TopError }
  | { kind: "unreadable"; cause: "empty" | "not_utf8" | "xml_or_html" | "not_json" | "unknown_shape" };

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** @param api the method that was called, whose name the content is wrapped in */
export function readAnswer(body: Uint8Array, api: string): TopAnswer {
  let text: string;
  try {
    text = utf8.decode(body).trim();
  } catch {
    return { kind: "unreadable", cause: "not_utf8" };
  }
  if (text === "") return { kind: "unreadable", cause: "empty" };
  if (text.startsWith("<")) return { kind: "unreadable", cause: "xml_or_html" };
  const root = asMembers(parseExact(text));
  if (!root) return { kind: "unreadable", cause: "not_json" };

  if (Object.hasOwn(root, "error_response")) return { kind: "error", error: readError(root.error_response) };
  const wrapper = `${api.replace(/^taobao\./, "").replaceAll(".", "_")}_response`;
  const content = asMembers(Object.hasOwn(root, wrapper) ? root[wrapper] : root);
  if (!content) return { kind: "unreadable", cause: "unknown_shape" };
  return { kind: "content", content, requestId: readToken(content.request_id) ?? readToken(root.request_id) };
}

function readError(value: unknown): TopError {
  const error = asMembers(value) ?? {};
  const code = Number(readText(error.code) || Number.NaN);
  const message = readText(error.sub_msg) || readText(error.msg);
  return {
    code: Number.isInteger(code) ? code : undefined,
    subCode: readText(error.sub_code) || undefined,
    message: oneLine(message),
    requestId: readToken(error.request_id),
  };
}

/**
 * JSON with integers beyond 2^53 kept as their source text: a card id that lost its last digits is another card.
 * @returns undefined when it is not JSON, even after the gateway's known faults are mended
 */
export function parseExact(text: string): unknown {
  return tryParse(text) ?? tryParse(mend(text));
}

/** Fifteen digits are exact in any number; only an answer with more pays for the slower reader. */
const longNumber = /\d{16}/;

function tryParse(text: string): unknown {
  try {
    return longNumber.test(text) ? JSON.parse(text, exactIntegers) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The gateway's known faults: a comment behind the root, raw control characters inside strings. */
function mend(text: string): string {
  const end = text.lastIndexOf("}") + 1;
  const root = text.slice(end).trimStart().startsWith("<!--") ? text.slice(0, end) : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: raw control characters are the fault to mend
  return root.replace(/[\u0000-\u001f]/g, " ");
}

function exactIntegers(_name: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  return /^-?\d+$/.test(source) ? source : value;
}

export const asMembers = (value: unknown): Members | undefined => (isObject(value) ? value : undefined);

/** A scalar as text; anything else is "". */
export function readText(value: unknown): string {
  if (typeof value === "string") return value.trim();
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** A 64-bit id as decimal text; 0 and absence are both "no id" to the platform. */
export function readId(value: unknown): string | undefined {
  const text = readText(value);
  return /^[1-9]\d{0,18}$/.test(text) ? text : undefined;
}

/** A list, plain (simplified) or wrapped once more by the type of its items. */
export function readList(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  const wrapper = asMembers(value);
  if (!wrapper) return undefined;
  const lists = Object.values(wrapper).filter(Array.isArray);
  if (lists.length === 1) return lists[0];
  return Object.keys(wrapper).length === 0 ? [] : undefined;
}

/** An opaque token of the platform (request id, message code): short printable ASCII, or nothing. */
export function readToken(value: unknown): string | undefined {
  const text = readText(value);
  return /^[\x21-\x7e]{1,128}$/.test(text) ? text : undefined;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };
/** enough for a sentence; the platform's longest known messages stay below it */
const maxMessageLength = 300;

/** What the platform said, as text: unescaped once, on one line, capped, with mobiles masked. */
export const plainText = (message: string): string => presentable(oneLine(message));

/** Once nothing is read out of a line any more, and no secret is looked for in it: both need all of it as it came. */
export const presentable = (line: string): string => [...maskMobilesIn(line)].slice(0, maxMessageLength).join("");

function oneLine(message: string): string {
  const unescaped = message.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,4}));/gi,
    (whole, decimal, hex, name) => {
      if (name) return entities[String(name).toLowerCase()] ?? whole;
      const codePoint = decimal ? Number(decimal) : Number.parseInt(hex, 16);
      return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : whole;
    },
  );
  return unescaped
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
}
