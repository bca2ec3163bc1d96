/**
 * Names of Ledger objects: a merchant, a sub-merchant or none, and a shard of the order. An order of WeChat Pay belongs to
 * the sub-merchant that took the money. A work card belongs to the merchant, whichever of its sub-merchants' sessions
 * names it: two of them that assign one card must meet.
 */
import type { ChannelName } from "../../shared/contract.ts";
import { sha256Hex } from "../digest.ts";
import type { LedgerName } from "./protocol.ts";

export const formatLedgerName = ({ merchant, subMchid, shard }: LedgerName): string =>
  `${merchant}/${subMchid ?? "-"}/${shard}`;

export function parseLedgerName(name: string): LedgerName {
  const [merchant = "", subMchid = "-", shard = "0"] = name.split("/");
  return { merchant, ...(subMchid !== "-" && { subMchid }), shard: Number(shard) };
}

/** Whose ledgers hold a channel's orders, for a caller of this sub-merchant. */
export const ownerOf = (channel: ChannelName, subMchid: string | undefined): string | undefined =>
  channel === "tmall" ? undefined : subMchid;

/** Where a thing lives among the shards: the same text always at the same place. */
export const shardOf = (text: string, shards: number): number =>
  shards <= 1 ? 0 : Number.parseInt(sha256Hex(text).slice(0, 8), 16) % shards;
