/**
 * A compact JWT, read strictly before anything is believed: exactly one spelling of each token is accepted, so that
 * one token cannot pass twice under two names. Signatures are jose's work.
 */
import { compactVerify } from "jose";
import { isObject } from "../is-object.ts";
import { parseStrictJson } from "../strict-json.ts";
import { maxTokenLength } from "./authorization.ts";

export interface CompactJwt {
  header: Readonly<Record<string, unknown>>;
  claims: Readonly<Record<string, unknown>>;
}

export interface Segments {
  header: string;
  payload: string;
  signature: string;
}

/** @returns undefined for anything but three canonical base64url segments within the cap */
export function splitCompact(token: string): Segments | undefined {
  if (token.length > maxTokenLength) return undefined;
  const [header = "", payload = "", signature = "", ...rest] = token.split(".");
  const isCanonical = isCanonicalBase64Url(header) && isCanonicalBase64Url(payload) && isCanonicalBase64Url(signature);
  return isCanonical && rest.length === 0 ? { header, payload, signature } : undefined;
}

/** @returns undefined unless header and claims are JSON objects without ambiguity; nothing is verified yet */
export function readCompactJwt(token: string): CompactJwt | undefined {
  const segments = splitCompact(token);
  const header = segments && readObject(segments.header);
  const claims = segments && readObject(segments.payload);
  return header && claims ? { header, claims } : undefined;
}

/**
 * @param key the key that the token's header pointed to, already bound to the algorithm by whoever chose it
 * @returns whether the signature holds; a key that the runtime cannot import proves nothing either
 */
export async function hasValidSignature(
  token: string,
  key: CryptoKey | JsonWebKey,
  algorithm: string,
): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [algorithm] });
    return true;
  } catch {
    return false;
  }
}

/**
 * Not empty, no padding, no bits beyond the last byte: 2 characters over carry 4 spare bits, 3 over carry 2, and they
 * must be zero.
 */
export function isCanonicalBase64Url(segment: string): boolean {
  if (!/^[A-Za-z0-9_-]+$/.test(segment)) return false;
  switch (segment.length % 4) {
    case 0:
      return true;
    case 2:
      return /[AQgw]$/.test(segment);
    case 3:
      return /[AEIMQUYcgkosw048]$/.test(segment);
    default:
      return false;
  }
}

function readObject(segment: string): Record<string, unknown> | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(segment, "base64url"));
  } catch {
    return undefined;
  }
  const json = parseStrictJson(text);
  return json.ok && isObject(json.value) ? json.value : undefined;
}
