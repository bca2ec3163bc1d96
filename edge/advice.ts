/**
 * What a cashier is told: one sentence of what happened, one of what to do, in each language. It travels in the problem, so
 * that a partner's own till has it too, and the element need not carry a sentence for everything that can happen here.
 */
import type { Advice } from "../shared/contract.ts";
import type { ProblemCode } from "../shared/problem-codes.ts";
import type { ProblemReason } from "../shared/problem-reasons.ts";

const operator: Advice = { "zh-CN": "请联系管理员。", en: "Please tell the manager." };
const check: Advice = { "zh-CN": "请核对后重试。", en: "Check it and try again." };
const later: Advice = { "zh-CN": "请稍后重试。", en: "Try again shortly." };
const login: Advice = { "zh-CN": "请重新登录收银台。", en: "Sign in to the till again." };

const told = (chinese: string, english: string, then: Advice): Advice => ({
  "zh-CN": `${chinese}。${then["zh-CN"]}`,
  en: `${english}. ${then.en}`,
});

export const adviceOf: Record<ProblemCode | ProblemReason, Advice> = {
  invalid_request: told("信息填写有误", "Something is not filled in correctly", check),
  unauthenticated: told("登录已失效", "You are not signed in", login),
  session_expired: told("登录已过期", "The sign-in has expired", login),
  origin_refused: told("此页面未获授权", "This page is not allowed", operator),
  scope_refused: told("当前账号没有此权限", "This account may not do that", operator),
  merchant_refused: told("当前账号不能操作此商户", "This account may not act for the merchant", operator),
  not_found: told("没有找到记录", "Nothing was found", check),
  method_not_allowed: told("收银台版本不匹配", "The till's version does not fit", operator),
  already_assigned: {
    "zh-CN": "这一单已有服务人员。请核对单号。",
    en: "Someone already has this one. Check the number.",
  },
  payload_too_large: told("提交的内容过长", "The entry is too long", check),
  unsupported_media_type: told("收银台版本不匹配", "The till's version does not fit", operator),
  idempotency_key_reused: told("重复的请求内容不一致", "The repeated request differs", later),
  upstream_rejected: told("平台拒绝了本次分配", "The platform refused this assignment", check),
  rate_limited: told("操作太频繁", "Too many requests", later),
  internal_error: told("系统出错了", "Something broke", later),
  upstream_unauthorized: told("平台不接受商户的授权", "The platform refuses the merchant's authorisation", operator),
  upstream_unverified: told(
    "平台的答复无法确认，不能视为已分配",
    "The platform's answer is not certain; do not take it as assigned",
    later,
  ),
  upstream_unavailable: told("平台暂时无法使用", "The platform is unavailable", later),
  misconfigured: told("商户配置有误", "The merchant is not set up correctly", operator),

  order_invalid: told("单号有误", "The order or work card number is not right", check),
  order_not_found: told("没有找到这一单", "The order or work card was not found", check),
  order_closed: { "zh-CN": "这一单已关闭，不能再分配。", en: "It is closed and cannot be assigned." },
  guide_invalid: told("服务人员编号有误", "The staff number is not right", check),
  guide_not_found: { "zh-CN": "没有找到该服务人员。请重新选择。", en: "This person was not found. Choose again." },
  name_invalid: told("姓名有误", "The name is not right", check),
  name_too_long: told("姓名过长", "The name is too long", check),
  mobile_invalid: told("手机号有误", "The mobile is not right", check),
  qr_code_invalid: told("二维码有误", "The QR code is not right", check),
  qr_code_not_allowed: told("二维码不能更换", "The QR code cannot be changed", check),
  avatar_invalid: told("头像有误", "The avatar is not right", check),
  avatar_not_wecom: told("头像有误", "The avatar is not right", check),
  group_qr_code_invalid: told("二维码有误", "The QR code is not right", check),
  nothing_to_update: told("没有改动", "Nothing was changed", check),
  store_invalid: told("门店有误", "The store is not right", check),
  parameter_invalid: told("信息有误", "An entry is not right", check),
  merchant_unknown: told("平台没有此商户", "The platform does not know the merchant", operator),
  sub_merchant_invalid: told("特约商户号有误", "The sub-merchant is not right", operator),
  product_not_opened: told("商户未开通此功能", "The merchant has not opened this feature", operator),
  signature_refused: told("平台未接受签名", "The platform refused the signature", operator),
  platform_key_mismatch: told("平台公钥有误", "The platform's key is not right", operator),
  platform_key_missing: told("平台公钥有误", "The platform's key is not right", operator),
  reauthorise: told("平台授权已失效，需要重新授权", "The platform's authorisation has ended", operator),
  permission_missing: told("缺少平台权限", "A platform permission is missing", operator),
  ip_not_allowed: told("服务器地址未获平台许可", "The platform does not allow the server's address", operator),
  clock_skew: told("服务器时间有误", "The server's clock is wrong", operator),
  platform_busy: told("平台繁忙", "The platform is busy", later),
  flow_control: told("平台限制了请求速度", "The platform limits the pace", later),
  daily_quota: {
    "zh-CN": "今天的平台额度已用完。请明天再试，或联系管理员。",
    en: "Today's platform quota is used up. Try tomorrow, or tell the manager.",
  },
};
