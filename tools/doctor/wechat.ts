/**
 * Asks WeChat Pay for its platform certificates, signed with the merchant's key: that proves merchant number, serial,
 * private key and clock, and with the APIv3 key what answers are verified with. It changes nothing there.
 */
import { credentialsOf } from "../../edge/channels/credentials.ts";
import { downloadCertificates } from "../../edge/channels/wechat/certificate-download.ts";
import type { Config, MerchantSettings } from "../../edge/config.ts";
import { describeFailure, error, type Finding, ok, quietRuntime, warning } from "./finding.ts";

const budgetMs = 10_000;
const dayMs = 86_400_000;
const warnDays = 30;

export async function examineWechat({ merchants }: Config): Promise<Finding[]> {
  return (await Promise.all([...merchants.values()].map(examineMerchant))).flat();
}

async function examineMerchant(merchant: MerchantSettings): Promise<Finding[]> {
  const { wechat } = await credentialsOf(merchant);
  // Broken keys have been named already.
  if (!wechat?.ok) return [];
  const variable = `MERCHANT_${merchant.alias.toUpperCase()}`;
  const runtime = quietRuntime();
  const downloaded = await downloadCertificates(wechat.value, runtime, runtime.now() + budgetMs);
  const hasPublicKeys = wechat.value.publicKeys.size > 0;
  if (!downloaded.ok) {
    const { code, reason, upstream } = downloaded.failure;
    // A merchant in public-key mode may have no certificates at all; the answer came for a signature that was accepted.
    const hasNone = reason === "platform_key_missing" || upstream?.code === "RESOURCE_NOT_EXISTS";
    if (hasPublicKeys && hasNone) {
      return [
        ok(`${variable}: WeChat Pay accepts the signature; it lists no certificates, public keys are configured.`),
      ];
    }
    const sentence = `${variable}: WeChat Pay refuses the signed question for its keys: ${describeFailure(downloaded.failure)}`;
    return [code === "upstream_unavailable" || code === "rate_limited" ? warning(sentence) : error(sentence)];
  }
  const newest = Math.max(...downloaded.value.map(({ notAfter }) => notAfter));
  const days = Math.floor((newest - runtime.now()) / dayMs);
  const told = `${variable}: WeChat Pay accepts the signature, and its certificates open and verify`;
  return [days < warnDays ? warning(`${told}; the newest one ends in ${days} days.`) : ok(`${told}.`)];
}
