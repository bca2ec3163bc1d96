/**
 * The number of shards that a merchant's ledgers keep to: what was configured when the first of them began. An order is
 * found by it, so under another number it would be looked for where nobody knows whether it was assigned. It is kept
 * here since a ledger that begins after the change cannot know what the others began under.
 */
import type { Sql } from "../sql.ts";

/** @returns the number in force: the given one, if it is the first */
export function agreeOnShards(sql: Sql, configured: number): number {
  sql.exec(table);
  sql.exec("INSERT OR IGNORE INTO shard_count (only_row, shards) VALUES (1, ?)", configured);
  return recordedShards(sql) ?? configured;
}

/** @returns undefined before the merchant's first ledger */
export function recordedShards(sql: Sql): number | undefined {
  sql.exec(table);
  const [row] = sql.exec<{ shards: number }>("SELECT shards FROM shard_count").toArray();
  return row?.shards;
}

const table = "CREATE TABLE IF NOT EXISTS shard_count (only_row INTEGER PRIMARY KEY, shards INTEGER NOT NULL)";

/** What is wrong with a configured number, to be read after the name of the merchant's variable. */
export const shardsMustStay = (recorded: number): string =>
  `shards must stay ${recorded}, under which its ledgers began`;
