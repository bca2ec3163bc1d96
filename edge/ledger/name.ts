/** Names of Ledger objects: a merchant, the sub-merchant of partner mode, and a shard of the order. */
import { sha256Hex } from "../digest.ts";
import type { LedgerName } from "./protocol.ts";

export const formatLedgerName = ({ merchant, subMchid, shard }: LedgerName): string =>
  `${merchant}/${subMchid ?? "-"}/${shard}`;

export function parseLedgerName(name: string): LedgerName {
  const [merchant = "", subMchid = "-", shard = "0"] = name.split("/");
  return { merchant, ...(subMchid !== "-" && { subMchid }), shard: Number(shard) };
}

/** Where a thing lives among the shards: the same text always at the same place. */
export const shardOf = (text: string, shards: number): number =>
  shards <= 1 ? 0 : Number.parseInt(sha256Hex(text).slice(0, 8), 16) % shards;
