/** The state of each merchant as operators see it: which channels can be used, and until when. Holds no secret. */
import { credentialFaults } from "../channels/credentials.ts";
import type { Config, MerchantSettings } from "../config.ts";
import { Deadlines } from "../deadlines.ts";
import { consoleTelemetry } from "../telemetry.ts";
import type { Merchant } from "./merchant.ts";
import { shardsMustStay } from "./shard-count.ts";
import type { TopStatus } from "./top-authorisation.ts";

export interface MerchantState {
  alias: string;
  usable: boolean;
  faults: string[];
  /** the TOP session in force, where there is a Tmall channel */
  top?: TopStatus;
}

type Merchants = DurableObjectNamespace<Merchant>;

/** An object answers from memory; probes of load balancers give up after some 5 s. */
const answerMs = 2_000;

export async function merchantStates(config: Config, merchants: Merchants): Promise<MerchantState[]> {
  const broken = [...config.brokenMerchants].map((alias) => ({
    alias,
    usable: false,
    faults: config.faults
      .filter(({ variable }) => variable === `MERCHANT_${alias.toUpperCase()}`)
      .map(({ sentence }) => sentence),
  }));
  const deadlines = new Deadlines(Date.now);
  const read = [...config.merchants.values()].map((merchant) => readState(merchant, merchants, deadlines));
  return [...broken, ...(await Promise.all(read))];
}

async function readState(
  merchant: MerchantSettings,
  merchants: Merchants,
  deadlines: Deadlines,
): Promise<MerchantState> {
  const { alias } = merchant;
  const faults = await credentialFaults(merchant);
  const answer = await answerOf(alias, merchants, deadlines);
  if (!answer) faults.push("does not answer: its state is unknown; the log says why");
  const { top, shards = merchant.shards } = answer ?? {};
  if (shards !== merchant.shards) faults.push(shardsMustStay(shards));
  return { alias, usable: faults.length === 0, faults, ...(top && { top }) };
}

interface ObjectAnswer {
  top: TopStatus | undefined;
  shards: number | undefined;
}

/** @returns undefined where the object fails or stalls: one merchant's trouble must not hide the others */
async function answerOf(alias: string, merchants: Merchants, deadlines: Deadlines): Promise<ObjectAnswer | undefined> {
  let why = "timeout";
  try {
    const object = merchants.getByName(alias);
    const asked = Promise.all([object.topStatus(), object.recordedShards()]);
    const answer = await deadlines.bound(asked, Date.now() + answerMs, () => undefined);
    if (answer) return { top: answer[0], shards: answer[1] };
  } catch (error) {
    why = error instanceof Error ? error.name : typeof error;
  }
  consoleTelemetry.log("error", "merchant_unanswered", { merchant: alias, error: why });
  return undefined;
}
