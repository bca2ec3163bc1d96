/**
 * Where a merchant's TOP sessions lie: sealed rows in the Merchant object's own database, newest first, and small state
 * beside them. A new row is on disk before an older one is deleted, since a refresh token that is lost cannot be had
 * again. A session may outlive the key it was sealed under, so one under a later key of STORAGE_KEY is sealed anew when it is
 * read. Trade-off: a row that does not open (STORAGE_KEY taken away), or is not of the form, is passed over, and the one before it counts.
 */
import { sha256Hex } from "../digest.ts";
import type { Sealer } from "../seal.ts";
import { readRecord, type StoredSession, StoredSessionSchema } from "./top-records.ts";

/** The part of a Durable Object's storage that is used, so that tests can give something else. */
export interface TopStorage {
  sql: { exec(query: string, ...bindings: unknown[]): { toArray(): Record<string, unknown>[] } };
  /** resolves when everything written is on disk */
  sync(): Promise<void>;
}

export interface TopSessionStore {
  /** The newest session that was stored while this one was configured. */
  load(): Promise<StoredSession | undefined>;
  save(session: StoredSession): Promise<void>;
  readState(name: string): string | undefined;
  /** @param value undefined deletes */
  writeState(name: string, value: string | undefined): void;
}

/** @param configuredSession once the configuration names another session, what was stored before no longer counts */
export function createTopSessionStore(
  storage: TopStorage,
  sealer: () => Promise<Sealer>,
  alias: string,
  configuredSession: string,
): TopSessionStore {
  const { sql } = storage;
  sql.exec(
    `CREATE TABLE IF NOT EXISTS top_session (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, configured TEXT NOT NULL, sealed BLOB NOT NULL
    )`,
  );
  sql.exec("CREATE TABLE IF NOT EXISTS top_state (name TEXT PRIMARY KEY, value TEXT NOT NULL)");
  const configured = sha256Hex(configuredSession);
  const associatedData = (id: string) => `top-session:${alias}:${id}`;

  return {
    async load() {
      const rows = sql
        .exec("SELECT sequence, id, sealed FROM top_session WHERE configured = ? ORDER BY sequence DESC", configured)
        .toArray();
      if (rows.length === 0) return undefined;
      const { open, seal, isUnderFirstKey } = await sealer();
      for (const { sequence, id, sealed } of rows) {
        const bytes = bytesOf(sealed);
        const text = bytes && (await open(bytes, associatedData(String(id))));
        const stored = readRecord(StoredSessionSchema, text);
        if (!stored || !text) continue;
        if (!isUnderFirstKey(bytes)) {
          const anew = await seal(text, associatedData(String(id)));
          // In its place: one that was put in force meanwhile stays the newest, and has deleted this row.
          sql.exec("UPDATE top_session SET sealed = ? WHERE sequence = ?", anew.buffer, sequence);
        }
        return stored;
      }
      return undefined;
    },
    async save(session) {
      const id = crypto.randomUUID();
      const { seal } = await sealer();
      const sealed = await seal(JSON.stringify(session), associatedData(id));
      const [row] = sql
        .exec(
          "INSERT INTO top_session (id, configured, sealed) VALUES (?, ?, ?) RETURNING sequence",
          id,
          configured,
          sealed.buffer,
        )
        .toArray();
      await storage.sync();
      sql.exec("DELETE FROM top_session WHERE sequence < ?", row?.sequence);
    },
    readState(name) {
      const [row] = sql.exec("SELECT value FROM top_state WHERE name = ?", name).toArray();
      return row === undefined ? undefined : String(row.value);
    },
    writeState(name, value) {
      if (value === undefined) sql.exec("DELETE FROM top_state WHERE name = ?", name);
      else
        sql.exec(
          "INSERT INTO top_state (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
          name,
          value,
        );
    },
  };
}

/** A BLOB is an ArrayBuffer in the runtime and a Uint8Array elsewhere. */
const bytesOf = (value: unknown): Uint8Array | undefined =>
  value instanceof ArrayBuffer || value instanceof Uint8Array ? new Uint8Array(value) : undefined;
