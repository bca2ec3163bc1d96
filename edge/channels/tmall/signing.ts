/**
 * TOP's signature, as pure functions: which parameters are signed, in which order, and how. What is signed is exactly
 * what is sent, so both come from the same list of entries. The secret stays inside the signer's closure.
 */
import { nodeCrypto } from "../../node-crypto.ts";

export const signMethods = ["hmac-sha256", "hmac", "md5"] as const;
export type SignMethod = (typeof signMethods)[number];

/** @returns the `sign` of a canonical string: upper-case hex, 64 digits for hmac-sha256, 32 for hmac and md5 */
export type Signer = (canonicalString: string) => string | Promise<string>;

const ascii = /^\p{ASCII}*$/u;
const byUtf8Bytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * The parameters that count: without those TOP treats as empty (null, "", only blanks), sorted by name in the order
 * of bytes. Sorting `name + value`, or by a locale, would put `foo_bar` before `foo` or `b` before `B`.
 */
export function signedEntries(parameters: Readonly<Record<string, string | undefined>>): [string, string][] {
  const entries: [string, string][] = [];
  const names = Object.keys(parameters);
  // The default order compares UTF-16 units, which is the order of bytes as long as all names are ASCII.
  if (names.every((name) => ascii.test(name))) names.sort();
  else names.sort(byUtf8Bytes);
  for (const name of names) {
    const value = parameters[name];
    if (value !== undefined && value.trim() !== "") entries.push([name, value]);
  }
  return entries;
}

/** Names and values without separators; values raw, not URL-encoded. */
export const canonicalString = (entries: readonly (readonly [string, string])[]): string =>
  entries.map(([name, value]) => name + value).join("");

/** TOP reads wall-clock time of GMT+8, whatever zone the machine is in: `yyyy-MM-dd HH:mm:ss`. */
const gmt8OffsetMs = 8 * 3_600_000;
const dayMs = 86_400_000;

export const topTimestamp = (epochMs: number): string =>
  new Date(epochMs + gmt8OffsetMs).toISOString().slice(0, 19).replace("T", " ");

/** Epoch milliseconds of the next midnight in GMT+8, when daily quotas start anew. */
export const nextTopMidnight = (epochMs: number): number =>
  (Math.floor((epochMs + gmt8OffsetMs) / dayMs) + 1) * dayMs - gmt8OffsetMs;

/**
 * Imports the secret once. Only md5 wraps the secret round the string; with the two hmac methods it is the key alone.
 * hmac-sha256 runs in WebCrypto on a non-extractable key, the other two in node:crypto, since WebCrypto has no MD5.
 */
export async function createSigner(secret: string, signMethod: SignMethod): Promise<Signer> {
  switch (signMethod) {
    case "hmac-sha256": {
      const encoder = new TextEncoder();
      const key = await crypto.subtle.importKey(
        "raw",
        encoder.encode(secret),
        { name: "HMAC", hash: "SHA-256" },
        false,
        ["sign"],
      );
      return async (text) =>
        Buffer.from(await crypto.subtle.sign("HMAC", key, encoder.encode(text)))
          .toString("hex")
          .toUpperCase();
    }
    case "hmac":
      return (text) => nodeCrypto().createHmac("md5", secret).update(text, "utf8").digest("hex").toUpperCase();
    case "md5":
      return (text) =>
        nodeCrypto()
          .createHash("md5")
          .update(secret + text + secret, "utf8")
          .digest("hex")
          .toUpperCase();
  }
}
