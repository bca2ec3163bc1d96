/** Reads one variable of the configuration into a value or a sentence. A sentence names a member, never a value. */
import * as v from "valibot";
import { isObject } from "./is-object.ts";
import { describeIssue } from "./issue.ts";
import { parseStrictJson } from "./strict-json.ts";

export type Parsed<T> = { ok: true; value: T } | { ok: false; sentence: string };

export const refuse = (sentence: string): Parsed<never> => ({ ok: false, sentence });

export function parseVariable<S extends v.GenericSchema>(schema: S, text: string): Parsed<v.InferOutput<S>> {
  const json = parseStrictJson(text);
  if (!json.ok) return refuse(sentenceFor(json.field, json.sentence));
  if (!isObject(json.value)) return refuse("must be a JSON object");
  const parsed = v.safeParse(schema, json.value, { abortEarly: true });
  if (parsed.success) return { ok: true, value: parsed.output };
  const { field, sentence } = describeIssue(parsed.issues[0]);
  return refuse(sentenceFor(field, sentence));
}

const sentenceFor = (field: string | undefined, sentence: string) =>
  field === undefined ? sentence : `${field} ${sentence}`;

/** 32 bytes: the size of the HMAC-SHA-256 and AES-256 keys made of them. */
export const minKeyBytes = 32;
/** 32 random bytes show about 30 different ones; fewer than 16 happens to no one in the life of the universe. */
const minDistinctBytes = 16;
/** Words of six letters or more hardly ever occur in random base64url (one key in a million). */
const placeholderWords = /change|replace|placeholder|example|secret|insert|generate|password/i;

/** `SESSION_KEY`, `STORAGE_KEY`: base64url, or a JSON array of such keys of which the first one writes. */
export function parseSecretKeys(text: string): Parsed<Uint8Array[]> {
  let values: unknown = [text];
  if (text.startsWith("[")) {
    const json = parseStrictJson(text);
    if (!json.ok) return refuse("must be a JSON array of keys in base64url");
    values = json.value;
  }
  if (!Array.isArray(values) || values.length === 0) return refuse("holds no key");
  const keys: Uint8Array[] = [];
  for (const value of values) {
    if (typeof value !== "string" || !/^[A-Za-z0-9_-]+={0,2}$/.test(value)) {
      return refuse("must be base64url, or a JSON array of that");
    }
    const bytes = new Uint8Array(Buffer.from(value, "base64url"));
    if (bytes.length < minKeyBytes) return refuse(`must be at least ${minKeyBytes} bytes long`);
    if (new Set(bytes).size < minDistinctBytes || placeholderWords.test(value)) {
      return refuse("looks like a placeholder; make it of random bytes");
    }
    keys.push(bytes);
  }
  if (new Set(keys.map((key) => Buffer.from(key).toString("hex"))).size < keys.length) {
    return refuse("holds the same key twice");
  }
  return { ok: true, value: keys };
}

/** `OPERATOR_KEY_SHA256`: digests in hex, separated by commas or blanks. */
export function parseDigests(text: string): Parsed<string[]> {
  const digests = text.split(/[\s,]+/);
  if (!digests.every((digest) => isSha256Hex.test(digest))) return refuse(digestSentence);
  return { ok: true, value: digests.map((digest) => digest.toLowerCase()) };
}

const isSha256Hex = /^[0-9a-fA-F]{64}$/;
const digestSentence = "must be the SHA-256 of a key in hex";

export const Sha256Hex = v.pipe(v.string(digestSentence), v.regex(isSha256Hex, digestSentence), v.toLowerCase());

/** A wildcard parses as a host name, but no origin ever equals it. */
const originForm = /^https?:\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]+)?$/;

/** An origin exactly as a browser sends it: scheme, host in lower case, port unless it is the default one. */
export const Origin = v.pipe(
  v.string("must be an origin"),
  v.check(
    (origin) => originForm.test(origin) && URL.parse(origin)?.origin === origin,
    "must be an origin such as https://pos.example, without path or trailing slash",
  ),
);
