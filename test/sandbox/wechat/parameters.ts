/**
 * Reads a request's parameters against the fields that the documents list. A field that is not listed is refused, as is
 * null, and what does not fit is told in the live gateway's own words.
 */
import { decodeUtf8, utf8 } from "../encoding.ts";
import {
  type Answer,
  extraParameter,
  invalidRequest,
  mismatch,
  missing,
  notInteger,
  notText,
  type ParameterName,
  row,
  tooLong,
  tooShort,
} from "./answer.ts";

export interface Field {
  name: string;
  title: string;
  type: "text" | "integer" | "encrypted";
  required?: boolean;
  /** bytes of UTF-8; for an encrypted field, of its plain text */
  most?: number;
  least?: number;
  pattern?: RegExp;
  /** the documents' own words when the pattern does not fit; else the gateway's grammar is used */
  complaint?: string;
}

/** Text as sent (ciphertext still), integers as their decimal text. */
export type Values = ReadonlyMap<string, string>;

const int64Max = 2n ** 63n - 1n;
const isInt64 = (text: string) =>
  /^-?(0|[1-9][0-9]{0,18})$/.test(text) && BigInt(text) <= int64Max && BigInt(text) >= -int64Max - 1n;

/** A JSON number keeps its text, since ids of 64 bits do not survive a double. */
class Numeral {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

type SourceReviver = (this: unknown, key: string, value: unknown, context?: { source?: string }) => unknown;

const keepNumerals: SourceReviver = (_key, value, context) =>
  typeof value === "number" ? new Numeral(context?.source ?? String(value)) : value;

/** The gateway takes UTF-8 of one to three bytes a character: no emoji. */
const hasFourByteCharacter = (bytes: Uint8Array) => bytes.some((byte) => byte >= 0xf0);

export function parseBody(bytes: Uint8Array): Record<string, unknown> | Answer {
  const text = decodeUtf8(bytes);
  if (text === undefined || hasFourByteCharacter(bytes)) return invalidRequest("请求体不是合法的UTF-8字符串");
  let body: unknown;
  try {
    body = JSON.parse(text, keepNumerals);
  } catch {
    return invalidRequest("请求体不是合法的JSON格式");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body) || body instanceof Numeral) {
    return invalidRequest("请求体不是合法的JSON对象");
  }
  return body as Record<string, unknown>;
}

export const isAnswer = (value: object): value is Answer => "internalCode" in value && "signed" in value;

function readText(at: ParameterName, field: Field, value: string): Answer | string {
  const bytes = utf8(value).length;
  if (field.type !== "encrypted") {
    if (bytes < (field.least ?? 1))
      return value === "" && field.required ? missing(at) : tooShort(at, bytes, field.least ?? 1);
    if (field.most !== undefined && bytes > field.most) return tooLong(at, bytes, field.most);
    if (field.pattern && !field.pattern.test(value)) {
      return field.complaint ? row(field.complaint, at, value) : mismatch(at, field.pattern, value);
    }
  } else if (value === "") {
    return missing(at);
  }
  return value;
}

export function readBody(body: Record<string, unknown>, fields: readonly Field[]): Values | Answer {
  for (const name of Object.keys(body)) {
    if (!fields.some((field) => field.name === name)) return extraParameter("body", name);
  }
  const values = new Map<string, string>();
  for (const field of fields) {
    const at: ParameterName = { location: "body", name: field.name, title: field.title };
    const value = Object.hasOwn(body, field.name) ? body[field.name] : undefined;
    if (value === undefined) {
      if (field.required) return missing(at);
      continue;
    }
    if (field.type === "integer") {
      if (!(value instanceof Numeral) || !isInt64(value.source)) return notInteger(at, "");
      values.set(field.name, value.source);
      continue;
    }
    if (typeof value !== "string") return notText(at);
    const text = readText(at, field, value);
    if (typeof text !== "string") return text;
    values.set(field.name, text);
  }
  return values;
}

/** @param query the part after `?`, exactly as it arrived; `+` is no blank here, and a raw one breaks base64 */
export function readQuery(query: string, fields: readonly Field[]): Values | Answer {
  const values = new Map<string, string>();
  for (const pair of query === "" ? [] : query.split("&")) {
    const equals = pair.indexOf("=");
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const field = fields.find((known) => known.name === name);
    if (!field) return extraParameter("query", name);
    const at: ParameterName = { location: "query", name, title: field.title };
    if (values.has(name)) return extraParameter("query", name);
    const value = decodeComponent(equals < 0 ? "" : pair.slice(equals + 1));
    if (value === undefined) return invalidRequest("URL编码错误");
    if (field.type === "integer") {
      if (!isInt64(value)) return notInteger(at, value);
      values.set(name, value);
      continue;
    }
    const text = readText(at, field, value);
    if (typeof text !== "string") return text;
    values.set(name, text);
  }
  for (const field of fields) {
    if (field.required && !values.has(field.name)) {
      return missing({ location: "query", name: field.name, title: field.title });
    }
  }
  return values;
}

/** In a form a raw `+` means a blank: a mobile whose base64 was not percent-encoded arrives damaged, as it does there. */
function decodeComponent(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
