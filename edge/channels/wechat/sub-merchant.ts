import type { Failure } from "../../problem.ts";

/**
 * A partner always names the sub-merchant, a direct merchant never does. A stored intent can disagree after `mode` was
 * changed; it was made for another tenant then and must not be sent for this one.
 */
export function subMerchantFault(mode: "partner" | "direct", subMchid: string | undefined): Failure | undefined {
  if ((mode === "partner") === (subMchid !== undefined)) return undefined;
  return {
    code: "misconfigured",
    reason: "sub_merchant_invalid",
    detail:
      mode === "partner"
        ? "The merchant is a service provider (wechat.mode partner) and the session names no sub-merchant."
        : "The merchant is a direct one (wechat.mode direct) and the session names a sub-merchant.",
  };
}
