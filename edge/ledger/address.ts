/**
 * Finds the Ledger objects of a caller. Channel and order decide where an order is acted on, and a session is admitted in
 * its home: a proof or a revocation checked in two places would hold in neither. An API key has neither, so it is
 * admitted where it acts.
 */
import { type ChannelName, channels } from "../../shared/contract.ts";
import type { Caller } from "../access/caller.ts";
import type { Limits, MerchantSettings } from "../config.ts";
import type { Env } from "../environment.ts";
import { ok, type Result } from "../problem.ts";
import type { Ledger } from "./ledger.ts";
import { formatLedgerName, ownerOf, shardOf } from "./name.ts";
import type { Call } from "./protocol.ts";

export type LedgerStub = DurableObjectStub<Ledger>;

/** A call that has passed every check of the Worker, and the ledgers of its merchant. */
export interface Reach {
  env: Pick<Env, "LEDGER">;
  merchant: MerchantSettings;
  caller: Caller;
  limits: Limits;
  requestId: string;
}

export const ledgerNamed = (
  env: Pick<Env, "LEDGER">,
  merchant: string,
  subMchid: string | undefined,
  shard: number,
): LedgerStub => env.LEDGER.getByName(nameOf(merchant, subMchid, shard));

/** Where a session is revoked: its home. */
export const homeLedger = (
  env: Env,
  merchant: MerchantSettings,
  subMchid: string | undefined,
  sessionId: string,
): LedgerStub => ledgerNamed(env, merchant.alias, subMchid, shardOf(sessionId, merchant.shards));

/**
 * Where a call acts, admitted beforehand unless that is its home.
 * @param key what decides the shard: the order, or any text for calls that have none
 */
export async function reachLedger(
  { env, merchant, caller, limits, requestId }: Reach,
  channel: ChannelName,
  key: string,
): Promise<Result<{ ledger: LedgerStub; call: Call }>> {
  const call: Call = { caller, limits, requestId };
  const acting = nameOf(merchant.alias, ownerOf(channel, caller.subMchid), shardOf(key, merchant.shards));
  const home = caller.session ? homeOf(merchant, caller) : acting;
  if (acting === home) return ok({ ledger: env.LEDGER.getByName(home), call });
  const admitted = await env.LEDGER.getByName(home).admit(call);
  if (!admitted.ok) return admitted;
  return ok({ ledger: env.LEDGER.getByName(acting), call: { ...call, admitted: true } });
}

/**
 * Asks every ledger that may hold a part of what the caller may see: history is spread over shards and, in partner mode,
 * over the ledgers of the sub-merchant and those of the merchant. Its home comes first and admits the call.
 * @param channel the only one that is asked about; absent: all that the merchant has
 * @param isEnough whether the home's answer leaves nothing to ask the others for
 * @returns the answers, or why the call was not admitted
 */
export async function askLedgers<T>(
  { env, merchant, caller, limits, requestId }: Reach,
  channel: ChannelName | undefined,
  ask: (ledger: LedgerStub, call: Call) => Promise<Result<T>>,
  isEnough: (answer: Result<T>) => boolean = () => false,
): Promise<Result<Result<T>[]>> {
  const call: Call = { caller, limits, requestId };
  const asked = channel ? [channel] : channels.filter((name) => merchant[name]);
  const owners = new Set(asked.map((name) => ownerOf(name, caller.subMchid)));
  const names = [...owners].flatMap((owner) =>
    Array.from({ length: merchant.shards }, (_, shard) => nameOf(merchant.alias, owner, shard)),
  );
  const home = homeOf(merchant, caller);
  const others = names.filter((name) => name !== home);
  const answers: Result<T>[] = [];
  if (others.length < names.length) {
    const answer = await ask(env.LEDGER.getByName(home), call);
    // That it holds nothing is told to whom it has admitted.
    if (!answer.ok && answer.failure.code !== "not_found") return answer;
    answers.push(answer);
    if (isEnough(answer)) return ok(answers);
  } else {
    const admitted = await env.LEDGER.getByName(home).admit(call);
    if (!admitted.ok) return admitted;
  }
  const told = others.map((name) => ask(env.LEDGER.getByName(name), { ...call, admitted: true }));
  return ok([...answers, ...(await Promise.all(told))]);
}

/** The one place that knows a session's proofs, budgets and revocation, whichever channel it calls. */
const homeOf = (merchant: MerchantSettings, { subMchid, session, partnerId }: Caller): string =>
  nameOf(merchant.alias, subMchid, shardOf(session?.id ?? partnerId, merchant.shards));

const nameOf = (merchant: string, subMchid: string | undefined, shard: number): string =>
  formatLedgerName({ merchant, shard, ...(subMchid !== undefined && { subMchid }) });
