/** Synchronous hashes: an `await` in the middle of an object's turn would split its transaction. */
import { nodeCrypto } from "./node-crypto.ts";

const sha256 = (data: string | Uint8Array) => nodeCrypto().createHash("sha256").update(data);

export const sha256Hex = (data: string | Uint8Array): string => sha256(data).digest("hex");

export const sha256Base64Url = (data: string | Uint8Array): string => sha256(data).digest("base64url");

/** @returns the MAC in base64url */
export const hmacSha256 = (key: Uint8Array, data: string): string =>
  nodeCrypto().createHmac("sha256", key).update(data).digest("base64url");

/**
 * Compares a secret with what a caller sent. Both sides are hashed first: the comparison then takes equally long for
 * every input, and a difference in length tells nothing.
 */
export const equalInConstantTime = (a: string, b: string): boolean =>
  nodeCrypto().timingSafeEqual(sha256(a).digest(), sha256(b).digest());
