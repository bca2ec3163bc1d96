/** TOP: how long the session lasts, and whether the app may call what a read-back needs. */
import { credentialsOf } from "../../edge/channels/credentials.ts";
import type { TopAuthorisation } from "../../edge/channels/tmall/authorisation.ts";
import { probeTmall } from "../../edge/channels/tmall/probe.ts";
import type { Config, MerchantSettings } from "../../edge/config.ts";
import { dayMs, describeFailure, error, type Finding, ok, quietRuntime, warnDays, warning } from "./finding.ts";

export async function examineTmall({ merchants }: Config): Promise<Finding[]> {
  return (await Promise.all([...merchants.values()].map(examineMerchant))).flat();
}

async function examineMerchant(merchant: MerchantSettings): Promise<Finding[]> {
  const { tmall } = await credentialsOf(merchant);
  if (!merchant.tmall || !tmall?.ok) return [];
  const variable = `MERCHANT_${merchant.alias.toUpperCase()}`;
  const { session, refreshToken } = merchant.tmall;
  const authorisation: TopAuthorisation = {
    grant: async () => ({ session, clockOffsetMs: 0, bans: [] }),
    refused: async () => undefined,
    noteBan: () => undefined,
    noteClock: () => undefined,
  };
  const probes = await probeTmall({ credentials: tmall.value, authorisation, runtime: quietRuntime() });
  return probes.map(({ api, purpose, failure, sessionIsDead }) => {
    if (!failure) return ok(`${variable}: ${api} may be called (${purpose}).`);
    const sentence = `${variable}: ${api} (${purpose}) fails: ${describeFailure(failure)}`;
    if (sessionIsDead) {
      return refreshToken === undefined
        ? error(`${sentence} ${swapped}`)
        : warning(`${sentence} That is the session of the configuration: ${seeEdge}.`);
    }
    return failure.code === "upstream_unavailable" || failure.code === "rate_limited"
      ? warning(sentence)
      : error(sentence);
  });
}

/** What the edge holds may be newer than the configuration; it says so only to its operator. */
const swapped = "If you have swapped it since, put the new one here too.";
const seeEdge = "see GET /v1/operator/merchants whether the edge has refreshed it";

/** From the configuration alone. */
export function examineSession({ alias, tmall }: MerchantSettings, now: number): Finding[] {
  if (!tmall) return [];
  const variable = `MERCHANT_${alias.toUpperCase()}`;
  if (tmall.sessionExpiresAt === undefined) {
    return [warning(`${variable} has no tmall.sessionExpiresAt: nobody is warned before the session ends.`)];
  }
  const leftMs = Date.parse(tmall.sessionExpiresAt) - now;
  const days = Math.floor(Math.abs(leftMs) / dayMs);
  if (leftMs <= 0) {
    const ended = `${variable}: the TOP session of the configuration ended ${days} days ago`;
    return [
      tmall.refreshToken === undefined
        ? error(`${ended}: authorise again. ${swapped}`)
        : warning(`${ended}: ${seeEdge}; else authorise again.`),
    ];
  }
  if (days < warnDays) return [warning(`${variable}: the TOP session ends in ${days} days.`)];
  return [ok(`${variable}: the TOP session lasts ${days} more days.`)];
}
