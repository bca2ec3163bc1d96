/** What `MERCHANT_<ALIAS>.wechat` holds. Shape only: keys are parsed in `credentials.ts`. */
import * as v from "valibot";
import { mchidPattern } from "../../../shared/contract.ts";

/** WeChat Pay's public hosts, primary and backup, on both of its domains. */
export const wechatHosts = [
  "https://api.mch.weixin.qq.com",
  "https://api2.mch.weixin.qq.com",
  "https://api.wechatpay.cn",
  "https://api2.wechatpay.cn",
] as const;

export const defaultWechatHosts: readonly string[] = [wechatHosts[0], wechatHosts[1]];

export const WechatSettingsSchema = v.strictObject({
  mode: v.picklist(["partner", "direct"], "must be partner or direct"),
  mchid: v.pipe(v.string(), v.regex(mchidPattern, "must be the merchant number, digits only")),
  serialNo: v.pipe(
    v.string(),
    v.regex(/^[0-9A-Fa-f]{8,64}$/, "must be the serial number of the merchant API certificate, in hex"),
    v.toUpperCase(),
  ),
  privateKey: v.string("must be a PEM"),
  /** `apiclient_cert.pem`; only to prove at start that `serialNo` and `privateKey` belong together */
  certificate: v.exactOptional(v.string("must be a PEM")),
  apiV3Key: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{32}$/, "must be the 32 characters of the APIv3 key")),
  publicKeys: v.exactOptional(
    v.record(
      v.pipe(v.string(), v.regex(/^PUB_KEY_ID_[0-9A-Za-z]{1,64}$/, "must be a PUB_KEY_ID_…")),
      v.string("must be a PEM"),
    ),
  ),
  encryptWith: v.exactOptional(v.string()),
  hosts: v.exactOptional(
    v.pipe(v.array(v.string()), v.minLength(1, "must name at least one host"), v.maxLength(4, "are too many")),
  ),
});

export type WechatSettings = v.InferOutput<typeof WechatSettingsSchema>;
