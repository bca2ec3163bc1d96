/**
 * Finds the Ledger object of a caller. With shards, an order decides where it is acted on, and a session is admitted in
 * its home: a proof or a revocation checked in two places would hold in neither. An API key has neither, so it is
 * admitted where it acts.
 */
import type { Caller } from "../access/caller.ts";
import type { Limits, MerchantSettings } from "../config.ts";
import type { Env } from "../environment.ts";
import { ok, type Result } from "../problem.ts";
import type { Ledger } from "./ledger.ts";
import { formatLedgerName, shardOf } from "./name.ts";
import type { Call } from "./protocol.ts";

export type LedgerStub = DurableObjectStub<Ledger>;

export const ledgerNamed = (env: Env, merchant: string, subMchid: string | undefined, shard: number): LedgerStub =>
  env.LEDGER.getByName(formatLedgerName({ merchant, shard, ...(subMchid !== undefined && { subMchid }) }));

/** Every ledger of the caller's tenant: history is spread over all shards. */
export const allLedgers = (env: Env, merchant: MerchantSettings, subMchid: string | undefined): LedgerStub[] =>
  Array.from({ length: merchant.shards }, (_, shard) => ledgerNamed(env, merchant.alias, subMchid, shard));

/** Where a session is revoked: its home. */
export const homeLedger = (
  env: Env,
  merchant: MerchantSettings,
  subMchid: string | undefined,
  sessionId: string,
): LedgerStub => ledgerNamed(env, merchant.alias, subMchid, shardOf(sessionId, merchant.shards));

/** @param key what decides the shard: the order, or any text for calls that have none */
export async function reachLedger(
  env: Env,
  merchant: MerchantSettings,
  caller: Caller,
  limits: Limits,
  requestId: string,
  key: string,
): Promise<Result<{ ledger: LedgerStub; call: Call }>> {
  const call: Call = { caller, limits, requestId };
  const acting = shardOf(key, merchant.shards);
  const home = caller.session ? shardOf(caller.session.id, merchant.shards) : acting;
  if (acting === home) return ok({ ledger: ledgerNamed(env, merchant.alias, caller.subMchid, home), call });
  const admitted = await ledgerNamed(env, merchant.alias, caller.subMchid, home).admit(call);
  if (!admitted.ok) return admitted;
  return ok({ ledger: ledgerNamed(env, merchant.alias, caller.subMchid, acting), call: { ...call, admitted: true } });
}
