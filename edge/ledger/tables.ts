/**
 * The ledger's tables and their version. One of another version is neither changed nor read: a newer one could be damaged,
 * and in an older one a work card's assignments lie with a sub-merchant, where no other's call for the card would meet them.
 */
import type { Sql } from "../sql.ts";
import { consoleTelemetry } from "../telemetry.ts";

/** Bumped when a table changes, or what lies where. */
export const schemaVersion = 2;

const metaTable = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID";

const tables = `
  CREATE TABLE IF NOT EXISTS assignments (
    id TEXT PRIMARY KEY, partner TEXT NOT NULL, sub_mchid TEXT NOT NULL, store TEXT NOT NULL, channel TEXT NOT NULL, order_kind TEXT,
    order_id TEXT NOT NULL, order_key TEXT NOT NULL, guide_key TEXT NOT NULL, guide TEXT NOT NULL,
    fingerprint TEXT NOT NULL, key_ref TEXT, replaces TEXT, state TEXT NOT NULL, uncertain INTEGER NOT NULL,
    attempts INTEGER NOT NULL, created_at INTEGER NOT NULL, assigned_at INTEGER, failure TEXT,
    upstream_request_id TEXT, observed INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS assignments_by_order ON assignments (order_key);
  CREATE UNIQUE INDEX IF NOT EXISTS assignments_by_key ON assignments (key_ref) WHERE key_ref IS NOT NULL;
  CREATE TABLE IF NOT EXISTS joined_keys (key_ref TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, id TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS outbox (id TEXT PRIMARY KEY, intent BLOB NOT NULL, next_attempt_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS proofs (jti TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS revocations (session_id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS audit (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, entry TEXT NOT NULL, mac TEXT NOT NULL);
`;

/** Creates the tables where there are none. @throws Error when those on disk are of another version */
export function openTables(sql: Sql): void {
  sql.exec(metaTable);
  const meta = Object.fromEntries(
    sql
      .exec<{ name: string; value: string }>("SELECT name, value FROM meta")
      .toArray()
      .map(({ name, value }) => [name, value]),
  );
  const { schema, name: ledger } = meta;
  if (schema !== undefined && schema !== String(schemaVersion)) {
    consoleTelemetry.log("error", "ledger_refused", { ledger, schema, known: schemaVersion });
    throw new Error(`the ledger has schema ${schema}; this version knows ${schemaVersion}`);
  }
  sql.exec(tables);
  if (schema === undefined) sql.exec("INSERT INTO meta (name, value) VALUES ('schema', ?)", String(schemaVersion));
}
