/**
 * The keys behind `SESSION_KEY`, imported once per configuration. A session of ours must begin with a header that we
 * would write ourselves, byte for byte: the header chooses a key and can express nothing else, so `alg`, `kid`,
 * `crit` or `jwk` of an attacker's making are not even parsed.
 */
import type { Config } from "../config.ts";
import { hmacSha256 } from "../digest.ts";
import { sessionType } from "./session-claims.ts";

export interface SessionKey {
  header: { alg: "HS256"; typ: string; kid: string };
  key: CryptoKey;
}

/** By encoded header; the first one signs. */
export type SessionKeys = ReadonlyMap<string, SessionKey>;

type KeyedConfig = Pick<Config, "sessionKeys">;

/** Keys live as long as their configuration. Values, never promises: a promise belongs to the request that made it. */
const imported = new WeakMap<KeyedConfig, SessionKeys>();

export async function sessionKeysOf(config: KeyedConfig): Promise<SessionKeys> {
  const known = imported.get(config);
  if (known) return known;
  const entries = await Promise.all(config.sessionKeys.map(importSessionKey));
  const keys = new Map(entries.map((entry) => [encodeHeader(entry.header), entry]));
  imported.set(config, keys);
  return keys;
}

async function importSessionKey(secret: Uint8Array): Promise<SessionKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", new Uint8Array(secret), algorithm, false, ["sign", "verify"]);
  // Names the key without telling anything of it: 11 characters are 66 bits, enough to tell a handful apart.
  const kid = hmacSha256(secret, "staff-assign key id").slice(0, 11);
  return { header: { alg: "HS256", typ: sessionType, kid }, key };
}

const encodeHeader = (header: SessionKey["header"]) => Buffer.from(JSON.stringify(header)).toString("base64url");
