/**
 * A merchant's keys, imported once for each version of its configuration and kept as non-extractable CryptoKeys. Values
 * are kept, not promises: a promise belongs to the request that made it.
 */
import type { Config, MerchantSettings } from "../config.ts";
import type { Parsed } from "../read-variable.ts";
import { consoleTelemetry } from "../telemetry.ts";
import { importTmallCredentials, type TmallCredentials } from "./tmall/credentials.ts";
import { importWechatCredentials, type WechatCredentials } from "./wechat/credentials.ts";

export interface Credentials {
  wechat?: Parsed<WechatCredentials>;
  tmall?: Parsed<TmallCredentials>;
}

const imported = new WeakMap<MerchantSettings, Credentials>();

export async function credentialsOf(merchant: MerchantSettings): Promise<Credentials> {
  const known = imported.get(merchant);
  if (known) return known;
  const credentials: Credentials = {
    ...(merchant.wechat && { wechat: await importWechatCredentials(merchant.wechat) }),
    ...(merchant.tmall && { tmall: await importTmallCredentials(merchant.tmall) }),
  };
  imported.set(merchant, credentials);
  return credentials;
}

/** What is wrong with a merchant's keys, in sentences that name the member and never hold a value. */
export async function credentialFaults(merchant: MerchantSettings): Promise<string[]> {
  const { wechat, tmall } = await credentialsOf(merchant);
  return [...(wechat && !wechat.ok ? [wechat.sentence] : []), ...(tmall && !tmall.ok ? [tmall.sentence] : [])];
}

/** One line in the log for each merchant whose keys cannot be used. */
export async function reportCredentialFaults(config: Config): Promise<void> {
  for (const merchant of config.merchants.values()) {
    for (const fault of await credentialFaults(merchant)) {
      consoleTelemetry.log("error", "configuration", { message: `MERCHANT_${merchant.alias.toUpperCase()} ${fault}` });
    }
  }
}

/** Whether at least one merchant has a channel whose keys can be used. */
export async function anyMerchantUsable(config: Config): Promise<boolean> {
  for (const merchant of config.merchants.values()) {
    const { wechat, tmall } = await credentialsOf(merchant);
    if (wechat?.ok || tmall?.ok) return true;
  }
  return false;
}
