/** What the operator's calls take: valibot schemas of `/v1/operator`. */
import * as v from "valibot";
import { MerchantAlias, mchidPattern } from "./contract.ts";

/** Valibot's pattern takes an offset without minutes, which `Date` cannot read, and days that the month does not have. */
const isTime = (text: string): boolean =>
  !Number.isNaN(Date.parse(text)) &&
  new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDate() === Number(text.slice(8, 10));

const aTime = "must be an ISO 8601 time, such as 2027-05-01T00:00:00+08:00";

/** `PUT /v1/operator/merchants/{alias}/tmall-session`: another TOP session, put in force without a deployment. */
export const TopSessionSwapSchema = v.strictObject({
  session: v.pipe(
    v.string(),
    v.regex(/^[\x21-\x7e]{1,256}$/, "must be the session key, at most 256 ASCII characters without blanks"),
  ),
  sessionExpiresAt: v.exactOptional(v.pipe(v.string(), v.isoTimestamp(aTime), v.check(isTime, aTime))),
  refreshToken: v.exactOptional(v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,256}$/, "must be the refresh token"))),
});
export type TopSessionSwap = v.InferOutput<typeof TopSessionSwapSchema>;

const wholeNumber = v.pipe(v.string(), v.regex(/^[0-9]{1,15}$/, "must be a whole number"), v.transform(Number));

/** `GET /v1/operator/audit`: names one ledger; `after` is the last sequence number that is known already. */
export const AuditQuerySchema = v.strictObject({
  merchant: MerchantAlias,
  subMchid: v.exactOptional(v.pipe(v.string(), v.regex(mchidPattern, "must be a merchant number"))),
  shard: v.optional(wholeNumber, "0"),
  after: v.optional(wholeNumber, "0"),
  limit: v.optional(
    v.pipe(wholeNumber, v.minValue(1, "must be 1 to 1000"), v.maxValue(1000, "must be 1 to 1000")),
    "1000",
  ),
});
