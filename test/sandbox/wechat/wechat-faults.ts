/** The faults of WeChat Pay: every error row of its documents, and answers whose signature cannot be trusted. */
import { after, before, type Fault, type SignatureFault } from "../faults/fault.ts";
import { transportFaults } from "../faults/transport-faults.ts";

/** The digits after the last `-` of a Request-ID. */
export const internalCodes = {
  ok: "0",
  paramInvalid: "268435461",
  paramTooLong: "268435462",
  paramTooShort: "268435463",
  paramOutOfRange: "268435464",
  extraParameter: "270924358",
  signature: "268443699",
  authorization: "270924332",
  subMchidMissing: "268443704",
  subMchidIsOwn: "268443705",
  noRelation: "268443701",
  merchantUnavailable: "268443715",
  rateLimit: "268447840",
  system: "268578704",
} as const;

const error = (
  status: number,
  code: string,
  message: string,
  internalCode: string = internalCodes.paramInvalid,
  signed = true,
): Fault["effect"] => ({ kind: "wechat-error", status, code, message, internalCode, signed });

const paramError = (message: string) => error(400, "PARAM_ERROR", message);
const systemError = (message: string) => error(500, "SYSTEM_ERROR", message, internalCodes.system);
const signError = (message: string) => error(401, "SIGN_ERROR", message, internalCodes.authorization, false);
const signature = (how: SignatureFault): Fault["effect"] => ({ kind: "signature", how });

export const wechatFaults: readonly Fault[] = [
  ...transportFaults,

  before("SYSTEM_ERROR", "500", systemError("系统错误")),
  after("SYSTEM_ERROR_AFTER", "501", systemError("系统错误")),
  before("SYSTEM_BUSY", "502", systemError("系统繁忙，请稍后重试")),
  before("TICKET", "503", systemError("扩展父子商户票据错误")),
  before("CLOUD_FUNCTION", "504", systemError("调用云函数错误")),
  before("UNAVAILABLE", "505", error(503, "SERVICE_UNAVAILABLE", "服务不可用，过载保护", internalCodes.system)),
  before("PROCESSING", "506", error(202, "PROCESSING", "请求已受理，请使用原参数重复请求一遍", internalCodes.ok)),

  before("RATE_LIMIT", "429", error(429, "RATELIMIT_EXCEEDED", "请求频率超过限制", internalCodes.rateLimit)),
  before("RATE_LIMITED", "430", error(429, "RATE_LIMITED", "请求过于频繁", "268435472")),
  before("FREQUENCY_LIMITED", "431", error(429, "FREQUENCY_LIMITED", "频率过快", "270924289")),

  before("REQUIRED_EMPTY", "400", paramError("必填参数为空")),
  before("GUIDE_ID_EMPTY", "401", paramError("服务人员ID为空")),
  before("GUIDE_ID_FORMAT", "402", paramError("服务人员ID格式错误")),
  before("ORDER_EMPTY", "403", paramError("商户订单号为空")),
  before("ORDER_FORMAT", "404", paramError("商户订单号格式错误")),
  before("ORDER_TOO_LONG", "405", paramError("商户订单号过长")),
  before("NAME_FORMAT", "406", paramError("员工姓名格式错误")),
  before("NAME_TOO_LONG", "407", paramError("员工姓名过长")),
  before("MOBILE_FORMAT", "408", paramError("手机号码格式错误")),
  before("QR_CODE_FORMAT", "409", paramError("二维码串格式错误")),
  before("AVATAR_NOT_URL", "410", paramError("头像URL不是合法链接")),
  before("AVATAR_NOT_WECOM", "411", paramError("非企业微信提供的头像URL")),
  before("QR_CODE_PERSONAL", "412", paramError("个人微信商家不能改二维码")),
  before("NOTHING_TO_UPDATE", "413", paramError("所有可更新的参数都没有填")),
  before("GROUP_QR_FORMAT", "414", paramError("群二维码URL格式错误")),
  before("KEY_SERIAL_WRONG", "415", paramError("平台证书序列号Wechatpay-Serial错误")),
  before("KEY_SERIAL_MISSING", "416", paramError("缺少平台证书序列号")),
  before("NOT_ENCRYPTED", "417", paramError("请确认待处理的消息是否为加密后的密文")),
  before("DECRYPT_FAILED", "418", paramError("平台私钥解密失败")),
  before("INVALID_REQUEST", "420", error(400, "INVALID_REQUEST", "HTTP请求不符合APIv3接口规则")),
  before("MCH_NOT_EXISTS", "421", error(400, "MCH_NOT_EXISTS", "商户号格式错误", internalCodes.merchantUnavailable)),
  before("SUB_MCH_FORMAT", "422", error(400, "MCH_NOT_EXISTS", "子商户号格式错误", internalCodes.merchantUnavailable)),
  before("NO_AUTH", "423", error(403, "NO_AUTH", "商户号未开通支付即服务", internalCodes.noRelation)),
  before("RULE_LIMIT", "424", error(403, "RULE_LIMIT", "业务规则限制")),
  before("NOT_FOUND", "425", error(404, "RESOURCE_NOT_EXISTS", "服务人员不存在")),
  before("PUNISHED", "426", {
    kind: "answer",
    status: 400,
    contentType: "application/json; charset=utf-8",
    body: '{"return_code":"INVALID_REQUEST","return_msg":"mch punished"}',
  }),

  before("SIGN_ERROR", "440", signError("错误的签名，验签失败")),
  before("NO_APIV3_KEY", "441", signError("商户未设置APIv3密钥")),
  before("NO_CERTIFICATE", "442", signError("商户未申请过证书")),
  before("SERIAL_WRONG", "443", signError("商户证书序列号有误")),
  before("CERT_EXPIRED", "444", signError("商户证书已过期")),
  before("CERT_REVOKED", "445", signError("商户证书已作废")),
  before("CERT_REPLACED", "446", signError("商户已更换证书，请使用新证书")),
  before("AUTH_FORMAT", "447", signError("Http头Authorization格式错误")),
  before("AUTH_SCHEME", "448", signError("Http头Authorization认证类型不正确")),
  before("AUTH_CLOCK", "449", signError("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")),

  after("UNSIGNED", "600", signature("unsigned")),
  after("WRONG_SIGNATURE", "601", signature("wrong")),
  after("SIGNTEST", "602", signature("signtest")),
  after("STALE", "603", signature("stale")),
  after("EARLY", "604", signature("early")),
  after("GARBLED", "605", signature("garbled")),
  after("OTHER_BODY", "606", signature("other-body")),
  after("OTHER_NONCE", "607", signature("other-nonce")),
  after("UNKNOWN_SERIAL", "608", signature("unknown-serial")),
  after("UNKNOWN_PUBLIC_KEY", "609", signature("unknown-public-key")),
  after("NO_TIMESTAMP", "610", signature("no-timestamp")),
  after("NO_NONCE", "611", signature("no-nonce")),
  after("NO_SERIAL", "612", signature("no-serial")),
  after("NO_SIGNATURE", "613", signature("no-signature")),
  before("ERROR_IN_200", "620", error(200, "SYSTEM_ERROR", "系统错误", internalCodes.system)),
  // What a middlebox may invent: it cannot sign.
  before("FORGED_404", "621", error(404, "RESOURCE_NOT_EXISTS", "服务人员不存在", internalCodes.paramInvalid, false)),
];
