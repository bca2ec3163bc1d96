/**
 * The append-only record of every attempt and outcome. Each entry carries an HMAC over itself and the one before it, so
 * that an edited or deleted row breaks the chain; the last row is guarded by the head, which operators export. Whoever
 * holds `STORAGE_KEY` can forge a chain: the record protects against edits of the file, not against the key's owner.
 */
import { hmacSha256, sha256Hex } from "../digest.ts";
import { nodeCrypto } from "../node-crypto.ts";
import type { Sql } from "../sql.ts";
import type { Store } from "./store.ts";

export interface AuditEntry {
  event: "sent" | "outcome" | "superseded" | "observed" | "revoked" | "pruned";
  /** superseded: the assignment that took its place */
  by?: string;
  assignment?: string;
  partner?: string;
  subMchid?: string;
  session?: string;
  origin?: string;
  store?: string;
  requestId?: string;
  channel?: string;
  order?: string;
  state?: string;
  attempt?: number;
  code?: string;
  upstreamRequestId?: string;
}

export interface AuditRow {
  seq: number;
  /** epoch milliseconds */
  at: number;
  /** JSON of the entry, the very bytes that were signed */
  entry: string;
  mac: string;
}

/** Where the chain now ends; exported by operators, so that cut-off rows are missed. */
export interface AuditHead {
  seq: number;
  mac: string;
}

/** The chain of an empty ledger starts here. */
export const genesis: AuditHead = { seq: 0, mac: "genesis" };

export interface AuditKey {
  id: string;
  secret: Uint8Array;
}

/** @param storageKey ≥ 32 bytes; the audit key is derived, so that sealing and chaining never share one */
export function auditKeyOf(storageKey: Uint8Array): AuditKey {
  const secret = new Uint8Array(
    nodeCrypto().hkdfSync("sha256", storageKey, new Uint8Array(), "staff-assign audit", 32),
  );
  return { id: sha256Hex(secret).slice(0, 8), secret };
}

/** `mac = <key id>.<HMAC-SHA-256 over previous mac, seq, time, entry>`, joined by newlines. */
export function chain(previous: AuditHead, at: number, entry: string, key: AuditKey): AuditRow {
  const seq = previous.seq + 1;
  return { seq, at, entry, mac: `${key.id}.${hmacSha256(key.secret, `${previous.mac}\n${seq}\n${at}\n${entry}`)}` };
}

export type Verification =
  | { kind: "intact"; head: AuditHead }
  | { kind: "broken"; seq: number; why: "missing" | "edited" | "unknown-key" };

/** @param start the head before the first row: genesis, or the checkpoint that retention left */
export function verifyChain(rows: Iterable<AuditRow>, start: AuditHead, keys: readonly AuditKey[]): Verification {
  let head = start;
  for (const row of rows) {
    if (row.seq !== head.seq + 1) return { kind: "broken", seq: head.seq + 1, why: "missing" };
    const key = keys.find((candidate) => row.mac.startsWith(`${candidate.id}.`));
    if (!key) return { kind: "broken", seq: row.seq, why: "unknown-key" };
    if (chain(head, row.at, row.entry, key).mac !== row.mac) return { kind: "broken", seq: row.seq, why: "edited" };
    head = { seq: row.seq, mac: row.mac };
  }
  return { kind: "intact", head };
}

/** What operators export: entries, where the chain starts and where it ends now. */
export interface AuditPage {
  rows: AuditRow[];
  head: AuditHead;
  /** left by retention, signed; absent while nothing was pruned */
  checkpoint?: AuditHead & { signature: string };
}

export class AuditLog {
  readonly #sql: Sql;
  readonly #meta: Pick<Store, "meta" | "setMeta">;
  readonly #key: AuditKey;
  #head: AuditHead;

  constructor(sql: Sql, meta: Pick<Store, "meta" | "setMeta">, storageKey: Uint8Array) {
    this.#sql = sql;
    this.#meta = meta;
    this.#key = auditKeyOf(storageKey);
    const [last] = sql
      .exec<{ seq: number; mac: string }>("SELECT seq, mac FROM audit ORDER BY seq DESC LIMIT 1")
      .toArray();
    this.#head = last ?? this.#checkpoint() ?? genesis;
  }

  append(at: number, entry: AuditEntry): void {
    const row = chain(this.#head, at, JSON.stringify(entry), this.#key);
    this.#sql.exec("INSERT INTO audit (seq, at, entry, mac) VALUES (?, ?, ?, ?)", row.seq, row.at, row.entry, row.mac);
    this.#head = { seq: row.seq, mac: row.mac };
  }

  export(after: number, limit: number): AuditPage {
    const rows = this.#sql
      .exec<{ seq: number; at: number; entry: string; mac: string }>(
        "SELECT seq, at, entry, mac FROM audit WHERE seq > ? ORDER BY seq LIMIT ?",
        after,
        limit,
      )
      .toArray();
    const checkpoint = this.#checkpoint();
    return { rows, head: this.#head, ...(checkpoint && { checkpoint }) };
  }

  /** The time of the entry that retention drops first; epoch milliseconds. */
  oldestAt(): number | undefined {
    const [oldest] = this.#sql.exec<{ at: number }>("SELECT at FROM audit ORDER BY seq LIMIT 1").toArray();
    return oldest?.at;
  }

  /**
   * Drops the entries at the chain's beginning that are older than a time, leaving the last dropped one as a signed
   * checkpoint: the chain's new start. The entry about it is left out where nothing but such entries remains: it would
   * be the next to drop, with an entry about that, and so keep the ledger of a merchant that is gone alive for ever.
   */
  prune(before: number, now: number): void {
    const [kept] = this.#sql
      .exec<{ seq: number }>("SELECT seq FROM audit WHERE at >= ? ORDER BY seq LIMIT 1", before)
      .toArray();
    const [last] = this.#sql
      .exec<{ seq: number; mac: string }>(
        "SELECT seq, mac FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT 1",
        kept?.seq ?? this.#head.seq + 1,
      )
      .toArray();
    if (!last) return;
    this.#sql.exec("DELETE FROM audit WHERE seq <= ?", last.seq);
    const checkpoint = { seq: last.seq, mac: last.mac, signature: signCheckpoint(last, this.#key) };
    this.#meta.setMeta("checkpoint", JSON.stringify(checkpoint));
    const others = "SELECT 1 AS found FROM audit WHERE entry <> ? LIMIT 1";
    const found = this.#sql.exec<{ found: number }>(others, JSON.stringify(pruned)).toArray();
    if (found.length > 0) this.append(now, pruned);
  }

  #checkpoint(): (AuditHead & { signature: string }) | undefined {
    const text = this.#meta.meta("checkpoint");
    return text === undefined ? undefined : (JSON.parse(text) as AuditHead & { signature: string });
  }
}

const pruned: AuditEntry = { event: "pruned" };

const checkpointText = (checkpoint: AuditHead) => `checkpoint\n${checkpoint.seq}\n${checkpoint.mac}`;

/** A checkpoint that nobody without the key could have written. */
const signCheckpoint = (checkpoint: AuditHead, key: AuditKey): string =>
  `${key.id}.${hmacSha256(key.secret, checkpointText(checkpoint))}`;

export const checkpointIsGenuine = (checkpoint: AuditHead, signature: string, keys: readonly AuditKey[]): boolean =>
  keys.some((key) => signature === signCheckpoint(checkpoint, key));
