/** The app's keys, imported once for each version of the merchant's settings. */
import type { Parsed } from "../../read-variable.ts";
import { defaultOkCodes, type TmallSettings } from "./settings.ts";
import { createSigner, type Signer, type SignMethod } from "./signing.ts";

export interface TmallCredentials {
  appKey: string;
  /** the whole address, checked against the list of TOP's gateways when the configuration was read */
  gateway: string;
  signMethod: SignMethod;
  sign: Signer;
  /** `msg_code` values of a true success */
  okCodes: ReadonlySet<string>;
  /** `stop_order_type_check_reason` values that Tmall's operations gave this merchant */
  allowedCheckReasons: ReadonlySet<string>;
}

/** @returns the sentence names the member that is wrong, never its value */
export async function importTmallCredentials(
  settings: TmallSettings & { gateway: string },
): Promise<Parsed<TmallCredentials>> {
  const signMethod = settings.signMethod ?? "hmac-sha256";
  let sign: Signer;
  try {
    sign = await createSigner(settings.appSecret, signMethod);
  } catch {
    return { ok: false, sentence: "tmall.appSecret cannot be used as a signing key" };
  }
  return {
    ok: true,
    value: {
      appKey: settings.appKey,
      gateway: settings.gateway,
      signMethod,
      sign,
      okCodes: new Set(settings.okCodes ?? defaultOkCodes),
      allowedCheckReasons: new Set(settings.allowedCheckReasons ?? []),
    },
  };
}
