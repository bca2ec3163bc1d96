/** What a ledger can do only while its configuration is usable. */
import type { Config, MerchantSettings } from "../config.ts";
import { shardsMustStay } from "../merchant/shard-count.ts";
import { fail } from "../problem.ts";
import { createSealer, type Sealer } from "../seal.ts";
import type { Sql } from "../sql.ts";
import { consoleTelemetry } from "../telemetry.ts";
import type { Admission } from "./admission.ts";
import { AuditLog } from "./audit.ts";
import { Housekeeping } from "./housekeeping.ts";
import { type IdentityKeys, identityKeyOf } from "./identity.ts";
import { Lanes } from "./lanes.ts";
import { Runner, type RunnerOptions } from "./runner.ts";
import { shardsOf } from "./shards.ts";

export interface Works {
  merchant: MerchantSettings;
  sealer: Sealer;
  audit: AuditLog;
  lanes: Lanes;
  runner: Runner;
  house: Housekeeping;
  identityKeys: IdentityKeys;
}

/** What a ledger answers without its works. */
export const misconfigured = fail(
  "misconfigured",
  "The merchant's configuration is broken; the operator's log names the variable",
);

/** What the ledger keeps whatever its configuration says. */
interface Parts extends Pick<RunnerOptions, "store" | "book" | "openChannel" | "wake"> {
  sql: Sql;
  admission: Admission;
  /** @returns the number of shards that the merchant's ledgers keep to: the configured one, if this is the first */
  agreeOnShards: (configured: number) => Promise<number>;
}

/**
 * @returns undefined when the merchant or the storage key is missing or broken, or when the merchant has another number
 *   of shards than its ledgers began under: an order would be acted on where nobody knows what became of it
 */
export async function createWorks(config: Config, alias: string, parts: Parts): Promise<Works | undefined> {
  const merchant = config.merchants.get(alias);
  const [storageKey, ...earlierKeys] = config.storageKeys;
  if (!merchant || !storageKey) return undefined;
  const { sql, store, book, admission, openChannel, wake, agreeOnShards } = parts;
  const shards = await shardsOf(store, () => agreeOnShards(merchant.shards));
  if (shards !== merchant.shards) {
    const message = `MERCHANT_${alias.toUpperCase()} ${shardsMustStay(shards)}`;
    consoleTelemetry.log("error", "configuration", { message });
    return undefined;
  }
  const identityKeys: IdentityKeys = [identityKeyOf(storageKey), ...earlierKeys.map(identityKeyOf)];
  const audit = new AuditLog(sql, store, storageKey);
  const lanes = new Lanes();
  const runner = new Runner({
    store,
    book,
    audit,
    lanes,
    openChannel,
    telemetry: consoleTelemetry,
    now: Date.now,
    random: Math.random,
    wake,
    identityKey: identityKeys[0],
    merchant: alias,
  });
  const house = new Housekeeping(store, admission, audit, merchant.retentionDays);
  return { merchant, sealer: await createSealer(config.storageKeys), audit, lanes, runner, house, identityKeys };
}
