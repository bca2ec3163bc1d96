/**
 * Names and mobiles travel encrypted: up under a key of WeChat Pay, down under the merchant's.
 * APIv3, sensitive fields: RSAES-OAEP with SHA-1, empty label, padded base64.
 */
import { decodeBase64 } from "./pem.ts";
import { sensitiveFieldAlgorithm } from "./rsa-keys.ts";

/** OAEP is randomised: a repeat with "the same parameters" has to re-use what this returned. */
export async function encryptField(key: CryptoKey, plaintext: string): Promise<string> {
  const ciphertext = await crypto.subtle.encrypt(
    sensitiveFieldAlgorithm.name,
    key,
    new TextEncoder().encode(plaintext),
  );
  return Buffer.from(ciphertext).toString("base64");
}

/** @returns undefined when the field was not encrypted for this merchant */
export async function decryptField(key: CryptoKey, ciphertext: string): Promise<string | undefined> {
  const bytes = decodeBase64(ciphertext);
  if (!bytes) return undefined;
  try {
    const plaintext = await crypto.subtle.decrypt(sensitiveFieldAlgorithm.name, key, bytes);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plaintext);
  } catch {
    return undefined;
  }
}
