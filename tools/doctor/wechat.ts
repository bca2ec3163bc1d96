/**
 * Asks WeChat Pay what it asks nobody to act on: an echo under each configured public key, or the platform certificates of a
 * merchant that has no such key. Either proves merchant number, serial, private key and clock, and that its answers verify.
 */
import { credentialsOf } from "../../edge/channels/credentials.ts";
import { downloadCertificates } from "../../edge/channels/wechat/certificate-download.ts";
import type { WechatCredentials } from "../../edge/channels/wechat/credentials.ts";
import { askForEcho } from "../../edge/channels/wechat/echo.ts";
import type { Config, MerchantSettings } from "../../edge/config.ts";
import type { Failure } from "../../edge/problem.ts";
import { dayMs, describeFailure, error, type Finding, ok, quietRuntime, warnDays, warning } from "./finding.ts";

const budgetMs = 5_000;
/** WeChat Pay sends a wrong signature now and then, on purpose; three in a row are another matter. */
const mostEchoes = 3;

export async function examineWechat({ merchants }: Config): Promise<Finding[]> {
  return (await Promise.all([...merchants.values()].map(examineMerchant))).flat();
}

async function examineMerchant(merchant: MerchantSettings): Promise<Finding[]> {
  const { wechat } = await credentialsOf(merchant);
  // Broken keys have been named already.
  if (!wechat?.ok) return [];
  const variable = `MERCHANT_${merchant.alias.toUpperCase()}`;
  const { publicKeys, encryptWith } = wechat.value;
  const findings = await Promise.all([...publicKeys.keys()].map((id) => examinePublicKey(variable, wechat.value, id)));
  // With a public key in force the platform may list no certificates at all.
  return encryptWith === "certificate" ? [...findings, await examineCertificates(variable, wechat.value)] : findings;
}

async function examinePublicKey(variable: string, credentials: WechatCredentials, id: string): Promise<Finding> {
  const key = credentials.publicKeys.get(id);
  if (!key) throw new TypeError("only ids that are configured are examined");
  const runtime = quietRuntime();
  const ask = () => askForEcho(credentials, id, key, runtime, runtime.now() + budgetMs);
  let echoed = await ask();
  for (let asked = 1; asked < mostEchoes && !echoed.ok && echoed.failure.code === "upstream_unverified"; asked++) {
    echoed = await ask();
  }
  if (echoed.ok) {
    return ok(`${variable}: WeChat Pay accepts the signature, and its answer under ${id} opens and verifies.`);
  }
  const { failure } = echoed;
  const isUnused = failure.code === "upstream_unverified" || failure.reason === "platform_key_mismatch";
  if (id === credentials.encryptWith || !isUnused) return findingOf(`${variable}, ${id}`, failure);
  // Configured ahead of the switch, as the move to it asks: until then WeChat Pay neither opens nor signs with it.
  return warning(
    `${variable}, ${id}: WeChat Pay does not use this key. Before the switch to it has begun that is right: ${describeFailure(failure)}`,
  );
}

async function examineCertificates(variable: string, credentials: WechatCredentials): Promise<Finding> {
  const runtime = quietRuntime();
  const downloaded = await downloadCertificates(credentials, runtime, runtime.now() + budgetMs);
  if (!downloaded.ok) return findingOf(variable, downloaded.failure);
  const newest = Math.max(...downloaded.value.map(({ notAfter }) => notAfter));
  const days = Math.floor((newest - runtime.now()) / dayMs);
  const told = `${variable}: WeChat Pay accepts the signature, and its certificates open and verify`;
  return days < warnDays ? warning(`${told}; the newest one ends in ${days} days.`) : ok(`${told}.`);
}

/** Not reached says nothing about the keys; a refusal and an answer that does not verify do. */
function findingOf(what: string, failure: Failure): Finding {
  const described = describeFailure(failure);
  switch (failure.code) {
    case "upstream_unavailable":
    case "rate_limited":
      return warning(`${what}: WeChat Pay gave no answer to judge the keys by: ${described}`);
    case "upstream_unverified":
      return error(`${what}: WeChat Pay's answer cannot be verified or opened: ${described}`);
    default:
      return error(`${what}: WeChat Pay refuses the signed question: ${described}`);
  }
}
