/**
 * Pages of guides, kept for minutes: a till opens the same list all day, and each name costs a decryption. The names lie
 * sealed under a key that lives and dies with this object, so that a memory image holds none in clear for longer than a
 * request. The trade-off: after a restart the first till asks WeChat Pay again.
 */
import type { GuidePage } from "../../../shared/contract.ts";

/** A guide who was registered elsewhere shows up after this long. */
const lifetimeMs = 3 * 60 * 1000;
/** Some 2 KiB each: a merchant's stores by the dozen, and a bound. */
const maxPages = 500;

interface SealedPage {
  iv: Uint8Array<ArrayBuffer>;
  ciphertext: ArrayBuffer;
  /** epoch milliseconds */
  expiresAt: number;
}

export class GuidePages {
  readonly #now: () => number;
  readonly #pages = new Map<string, SealedPage>();
  #key: CryptoKey | undefined;
  #edition = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param key names merchant, sub-merchant and query: a page never answers for another tenant */
  async get(key: string): Promise<GuidePage | undefined> {
    const sealed = this.#pages.get(key);
    if (!sealed || !this.#key) return undefined;
    if (sealed.expiresAt <= this.#now()) {
      this.#pages.delete(key);
      return undefined;
    }
    const plaintext = await crypto.subtle.decrypt(this.#algorithm(sealed.iv, key), this.#key, sealed.ciphertext);
    return JSON.parse(new TextDecoder().decode(plaintext));
  }

  /** What a page that is asked for now will belong to. */
  get edition(): number {
    return this.#edition;
  }

  /** @param edition when the page was asked for: one that a change has overtaken is not kept */
  async put(key: string, page: GuidePage, edition: number): Promise<void> {
    const pageKey = this.#key ?? (await newKey());
    this.#key = pageKey;
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plaintext = new TextEncoder().encode(JSON.stringify(page));
    const ciphertext = await crypto.subtle.encrypt(this.#algorithm(iv, key), pageKey, plaintext);
    if (edition !== this.#edition) return;
    const [oldest] = this.#pages.keys();
    if (oldest !== undefined && this.#pages.size >= maxPages) this.#pages.delete(oldest);
    this.#pages.delete(key);
    this.#pages.set(key, { iv, ciphertext, expiresAt: this.#now() + lifetimeMs });
  }

  /** After a change through this edge the next list is a fresh one. */
  clear(): void {
    this.#edition++;
    this.#pages.clear();
  }

  #algorithm(iv: Uint8Array<ArrayBuffer>, key: string) {
    return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(key) };
  }
}

const newKey = () =>
  crypto.subtle.importKey("raw", crypto.getRandomValues(new Uint8Array(32)), "AES-GCM", false, ["encrypt", "decrypt"]);
