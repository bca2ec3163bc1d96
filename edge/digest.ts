/** Synchronous hashes: an `await` in the middle of an object's turn would split its transaction. */
import { createHash, createHmac } from "node:crypto";

export const sha256Hex = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

export const hmacSha256 = (key: Uint8Array, data: string): string =>
  createHmac("sha256", key).update(data).digest("base64url");

/** Equal in constant time for equal lengths; both sides are hashed first, so that length tells nothing. */
export function equalInConstantTime(a: string, b: string): boolean {
  const left = createHash("sha256").update(a).digest();
  const right = createHash("sha256").update(b).digest();
  let difference = 0;
  for (let index = 0; index < left.length; index++) difference |= (left[index] ?? 0) ^ (right[index] ?? 0);
  return difference === 0;
}
