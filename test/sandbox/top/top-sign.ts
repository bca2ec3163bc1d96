/** TOP's signature, recomputed from what arrived: sorted by name, joined without separators, hex in capitals. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { utf8 } from "../encoding.ts";

export const signMethods = ["md5", "hmac", "hmac-sha256"] as const;
export type SignMethod = (typeof signMethods)[number];

/** By the bytes of the name, not by locale and not by name and value together. */
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

function baseString(parameters: ReadonlyMap<string, string>): string {
  return [...parameters.keys()]
    .filter((name) => name !== "sign")
    .sort(byBytes)
    .map((name) => name + (parameters.get(name) ?? ""))
    .join("");
}

export function signatureOf(parameters: ReadonlyMap<string, string>, secret: string, method: SignMethod): string {
  const text = baseString(parameters);
  switch (method) {
    case "md5":
      return createHash("md5")
        .update(utf8(secret + text + secret))
        .digest("hex")
        .toUpperCase();
    case "hmac":
      return createHmac("md5", secret).update(utf8(text)).digest("hex").toUpperCase();
    case "hmac-sha256":
      return createHmac("sha256", secret).update(utf8(text)).digest("hex").toUpperCase();
  }
}

export function signatureMatches(parameters: ReadonlyMap<string, string>, secret: string, method: SignMethod): boolean {
  const expected = utf8(signatureOf(parameters, secret, method));
  const given = utf8(parameters.get("sign") ?? "");
  return expected.length === given.length && timingSafeEqual(expected, given);
}
