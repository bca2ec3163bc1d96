/** The state of each merchant as operators see it: which channels can be used, and until when. Holds no secret. */
import { credentialFaults } from "../channels/credentials.ts";
import type { Config } from "../config.ts";
import type { Merchant } from "./merchant.ts";
import type { TopStatus } from "./top-authorisation.ts";

export interface MerchantState {
  alias: string;
  usable: boolean;
  faults: string[];
  /** the TOP session in force, where there is a Tmall channel */
  top?: TopStatus;
}

export async function merchantStates(
  config: Config,
  merchants: DurableObjectNamespace<Merchant>,
): Promise<MerchantState[]> {
  const broken = [...config.brokenMerchants].map((alias) => ({
    alias,
    usable: false,
    faults: config.faults
      .filter(({ variable }) => variable === `MERCHANT_${alias.toUpperCase()}`)
      .map(({ sentence }) => sentence),
  }));
  const read = await Promise.all(
    [...config.merchants.values()].map(async (merchant) => {
      const faults = await credentialFaults(merchant);
      const top = merchant.tmall && (await merchants.getByName(merchant.alias).topStatus());
      return { alias: merchant.alias, usable: faults.length === 0, faults, ...(top && { top }) };
    }),
  );
  return [...broken, ...read];
}
