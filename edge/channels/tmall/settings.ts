/** What `MERCHANT_<ALIAS>.tmall` holds. */
import * as v from "valibot";
import { TopSessionSwapSchema } from "../../../shared/operator-contract.ts";

/** TOP's public gateways, the default first; the sandbox host of older pages is not known to exist any more. */
export const topGateways = [
  "https://gw.api.taobao.com/router/rest",
  "https://eco.taobao.com/router/rest",
  "https://api.taobao.com/router/rest",
] as const;

export const defaultOkCodes: readonly string[] = ["0", "200", "SUCCESS"];

export const TmallSettingsSchema = v.strictObject({
  appKey: v.pipe(v.string(), v.regex(/^[0-9A-Za-z]{1,32}$/, "must be the app key, at most 32 letters and digits")),
  appSecret: v.pipe(
    v.string(),
    v.regex(/^[\x21-\x7e]{8,128}$/, "must be the app secret, 8 to 128 characters without blanks"),
  ),
  ...TopSessionSwapSchema.entries,
  gateway: v.exactOptional(v.string()),
  signMethod: v.exactOptional(v.picklist(["hmac-sha256", "hmac", "md5"], "must be hmac-sha256, hmac or md5")),
  okCodes: v.exactOptional(v.array(v.pipe(v.string(), v.regex(/^[0-9A-Za-z_.-]{1,64}$/, "must be codes")))),
  allowedCheckReasons: v.exactOptional(
    v.array(v.pipe(v.string(), v.regex(/^[0-9]{1,9}$/, "must be numbers, as text"))),
  ),
});

export type TmallSettings = v.InferOutput<typeof TmallSettingsSchema>;
