/**
 * Why a platform refused, where it said so in a way that has a remedy of its own: a closed set below the problem
 * codes. The edge has one sentence for each, in every language (the problem's `advice`).
 */
export const problemReasons = [
  // what the cashier entered
  "order_invalid",
  "order_not_found",
  "order_closed",
  "guide_invalid",
  "guide_not_found",
  "name_invalid",
  "name_too_long",
  "mobile_invalid",
  "qr_code_invalid",
  "qr_code_not_allowed",
  "avatar_invalid",
  "avatar_not_wecom",
  "group_qr_code_invalid",
  "nothing_to_update",
  "store_invalid",
  "parameter_invalid",
  // what the operator must set right
  "merchant_unknown",
  "sub_merchant_invalid",
  "product_not_opened",
  "signature_refused",
  "platform_key_mismatch",
  "platform_key_missing",
  "reauthorise",
  "permission_missing",
  "ip_not_allowed",
  "clock_skew",
  // what passes by itself
  "platform_busy",
  "flow_control",
  "daily_quota",
] as const;

export type ProblemReason = (typeof problemReasons)[number];
