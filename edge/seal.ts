/**
 * Seals what must not lie readable on disk: AES-256-GCM under a key derived from `STORAGE_KEY`. The associated data
 * names the record, so a ciphertext moved to another record does not open.
 *
 * Layout: key id (4 bytes) | iv (12) | ciphertext and tag (16). There is no version beside the key id: another layout
 * would derive its keys under another label and so be told apart by their ids, which no one can downgrade. The iv is
 * random: one key may seal 2^32 records before a repetition is worth a thought, and they are wiped with their outcome.
 */
import { sha256Hex } from "./digest.ts";
import { nodeCrypto } from "./node-crypto.ts";
import { minKeyBytes } from "./read-variable.ts";

const keyIdBytes = 4;
const ivBytes = 12;
const tagBytes = 16;

export interface Sealer {
  seal(plaintext: string, associatedData: string): Promise<Uint8Array>;
  /** @returns undefined when the record was altered, moved or sealed under a key that is no longer there */
  open(sealed: Uint8Array, associatedData: string): Promise<string | undefined>;
  /** Whether it was sealed under the first key: what is kept for long must be, before the key it lies under is dropped. */
  isUnderFirstKey(sealed: Uint8Array): boolean;
}

interface StorageKey {
  id: string;
  key: CryptoKey;
}

/** @param storageKeys each ≥ 32 bytes; the first seals, all open */
export async function createSealer(storageKeys: readonly Uint8Array[]): Promise<Sealer> {
  if (storageKeys.some((key) => key.length < minKeyBytes))
    throw new TypeError(`a storage key needs ${minKeyBytes} bytes`);
  const keys = await Promise.all(storageKeys.map(importStorageKey));
  const [current] = keys;
  if (!current) throw new TypeError("createSealer needs at least one key");
  return {
    async seal(plaintext, associatedData) {
      const iv = crypto.getRandomValues(new Uint8Array(ivBytes));
      const ciphertext = await crypto.subtle.encrypt(
        { name: "AES-GCM", iv, additionalData: encode(associatedData) },
        current.key,
        encode(plaintext),
      );
      const sealed = new Uint8Array(keyIdBytes + ivBytes + ciphertext.byteLength);
      sealed.set(Buffer.from(current.id, "hex"), 0);
      sealed.set(iv, keyIdBytes);
      sealed.set(new Uint8Array(ciphertext), keyIdBytes + ivBytes);
      return sealed;
    },
    async open(sealed, associatedData) {
      if (sealed.length < keyIdBytes + ivBytes + tagBytes) return undefined;
      const id = keyIdOf(sealed);
      const storageKey = keys.find((candidate) => candidate.id === id);
      if (!storageKey) return undefined;
      const additionalData = encode(associatedData);
      try {
        const plaintext = await crypto.subtle.decrypt(
          {
            name: "AES-GCM",
            iv: sealed.slice(keyIdBytes, keyIdBytes + ivBytes),
            additionalData,
          },
          storageKey.key,
          sealed.slice(keyIdBytes + ivBytes),
        );
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plaintext);
      } catch {
        return undefined;
      }
    },
    isUnderFirstKey: (sealed) => keyIdOf(sealed) === current.id,
  };
}

const keyIdOf = (sealed: Uint8Array): string => Buffer.from(sealed.subarray(0, keyIdBytes)).toString("hex");

/** Text that is not well-formed would be sealed as something else, and two names of records could become one. */
function encode(text: string) {
  if (!text.isWellFormed()) throw new TypeError("only well-formed Unicode can be sealed");
  return new TextEncoder().encode(text);
}

async function importStorageKey(secret: Uint8Array): Promise<StorageKey> {
  const derive = (purpose: string, length: number) =>
    new Uint8Array(nodeCrypto().hkdfSync("sha256", secret, new Uint8Array(), `staff-assign ${purpose}`, length));
  const key = await crypto.subtle.importKey("raw", derive("seal", 32), "AES-GCM", false, ["encrypt", "decrypt"]);
  return { id: sha256Hex(derive("seal id", 32)).slice(0, keyIdBytes * 2), key };
}
