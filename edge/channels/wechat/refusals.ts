/**
 * What a definite refusal means for us: problem code, member of the request and remedy. Decided by HTTP status and
 * `code`; the message only refines, since one code comes with many sentences.
 */
import type { ProblemCode } from "../../../shared/problem-codes.ts";
import type { ProblemReason } from "../../../shared/problem-reasons.ts";
import type { UpstreamError } from "./error-body.ts";

export type Operation = "assign" | "register" | "query" | "update" | "certificates" | "echo";

export interface Refusal {
  code: ProblemCode;
  detail: string;
  field?: string;
  reason?: ProblemReason;
}

const fields: Readonly<Record<string, string>> = {
  out_trade_no: "order",
  corpid: "corpId",
  store_id: "storeId",
  userid: "userId",
  work_id: "workId",
  name: "name",
  mobile: "mobile",
  qr_code: "qrCode",
  avatar: "avatar",
  group_qrcode: "groupQrCode",
  limit: "limit",
  offset: "offset",
};

const reasons: Readonly<Record<string, ProblemReason>> = {
  out_trade_no: "order_invalid",
  guide_id: "guide_invalid",
  store_id: "store_invalid",
  name: "name_invalid",
  mobile: "mobile_invalid",
  qr_code: "qr_code_invalid",
  avatar: "avatar_invalid",
  group_qrcode: "group_qr_code_invalid",
};

/** The documented sentences that name a parameter in words; the longer name comes first. */
const sentences: readonly [pattern: RegExp, parameter: string, reason?: ProblemReason][] = [
  [/所有可更新的参数都没有填/, "", "nothing_to_update"],
  [/个人微信商家不能改二维码/, "qr_code", "qr_code_not_allowed"],
  [/非企业微信提供的头像/, "avatar", "avatar_not_wecom"],
  [/群二维码/, "group_qrcode"],
  [/二维码/, "qr_code"],
  [/头像/, "avatar"],
  [/服务人员(?!ID).*(?:不存在|未找到|已删除|已离职)|服务人员ID(?:不存在|未找到)/, "guide_id", "guide_not_found"],
  [/服务人员ID/, "guide_id"],
  [/订单(?:号)?(?:不存在|未找到)/, "out_trade_no", "order_not_found"],
  [/订单已(?:关闭|支付|完成)/, "out_trade_no", "order_closed"],
  [/商户订单号/, "out_trade_no"],
  [/姓名/, "name"],
  [/手机号/, "mobile"],
  [/门店/, "store_id"],
];

const tooLong = /过长|大于最大值/;

/** Sentences about `Wechatpay-Serial` and the sensitive fields: nothing that a cashier typed. */
const keyFaults: readonly [pattern: RegExp, reason: ProblemReason, detail: string][] = [
  [
    /缺少平台证书序列号/,
    "platform_key_missing",
    "WeChat Pay missed Wechatpay-Serial: a proxy on the way removes it, or no platform key is configured.",
  ],
  [
    /Wechatpay-Serial|平台证书序列号|平台私钥解密失败|是否为加密后的密文/i,
    "platform_key_mismatch",
    "WeChat Pay cannot open what was encrypted: check that wechat.publicKeys belongs to this merchant, and that the switch to the public key was started in the merchant platform; until then set wechat.encryptWith to certificate.",
  ],
];

const credentialFaults: readonly [pattern: RegExp, reason: ProblemReason, detail: string][] = [
  [/timestamp|时间戳/i, "clock_skew", "The edge's clock is more than five minutes off; set it right (NTP)."],
  [
    /证书已过期/,
    "signature_refused",
    "The merchant API certificate has expired; issue a new one and set wechat.serialNo and wechat.privateKey.",
  ],
  [
    /作废|已更换/,
    "signature_refused",
    "The merchant API certificate was revoked or replaced; set wechat.serialNo and wechat.privateKey of the new one.",
  ],
  [
    /证书序列号/,
    "signature_refused",
    "WeChat Pay does not know wechat.serialNo for this merchant; copy the serial number of the merchant API certificate.",
  ],
  [
    /未申请过证书/,
    "signature_refused",
    "The merchant has no API certificate yet; apply for one in the merchant platform under API security.",
  ],
  [/未设置APIv3密钥/, "signature_refused", "The merchant has set no APIv3 key; set one in the merchant platform."],
];

/** The documented faults of form, in sentences and in the gateway's own grammar. */
const formFault = /为空|格式错误|过长|规则校验失败|^无法将/;

/**
 * Whether a signed refusal is about the parameters alone: then every send of them was refused. All others depend on the
 * moment (an order that was paid or assigned, a right that was withdrawn, a guide who left) or are documented nowhere.
 */
export function holdsWheneverSent({ code, message = "" }: UpstreamError): boolean {
  return code === "PARAM_ERROR" && formFault.test(message);
}

export function refusalOf(operation: Operation, status: number, error: UpstreamError): Refusal {
  const { code, message = "" } = error;
  if (status === 401 || code === "SIGN_ERROR") return credentialRefusal(message);
  if (operation === "certificates" && status === 404) return noCertificates;
  for (const [pattern, reason, detail] of keyFaults) {
    if (pattern.test(message)) return { code: "upstream_unauthorized", reason, detail };
  }
  if (code === "NO_AUTH") {
    return {
      code: "upstream_unauthorized",
      reason: "product_not_opened",
      detail:
        "WeChat Pay grants no right to 支付即服务: the merchant must open and configure the product, and a sub-merchant must authorise the service provider.",
    };
  }
  if (error.parameter === "sub_mchid" || /子商户|二级商户|受理机构|受理关系|sub_mch/i.test(message)) {
    return {
      code: "upstream_unauthorized",
      reason: "sub_merchant_invalid",
      detail: "WeChat Pay does not accept the sub-merchant of this session for the configured merchant.",
    };
  }
  if (code === "MCH_NOT_EXISTS") {
    return {
      code: "upstream_unauthorized",
      reason: "merchant_unknown",
      detail: "WeChat Pay does not know the merchant number; check wechat.mchid and wechat.mode.",
    };
  }
  return inputRefusal(operation, status, error);
}

function credentialRefusal(message: string): Refusal {
  for (const [pattern, reason, detail] of credentialFaults) {
    if (pattern.test(message)) return { code: "upstream_unauthorized", reason, detail };
  }
  return {
    code: "upstream_unauthorized",
    reason: "signature_refused",
    detail:
      "WeChat Pay refused the request's signature: wechat.mchid, wechat.serialNo and wechat.privateKey must belong to one merchant API certificate.",
  };
}

const noCertificates: Refusal = {
  code: "upstream_unauthorized",
  reason: "platform_key_missing",
  detail:
    "This merchant has no platform certificate: apply for the WeChat Pay public key (merchant platform, API security) and configure it in wechat.publicKeys.",
};

function inputRefusal(operation: Operation, status: number, error: UpstreamError): Refusal {
  const { code, message = "" } = error;
  const rule = sentences.find(([pattern]) => pattern.test(message));
  const parameter = parameterFor(operation, status, error) ?? rule?.[1] ?? "";
  const field = fieldOf(operation, parameter);
  const reason = reasonOf(status, error, parameter, rule?.[2]);
  return {
    code: "upstream_rejected",
    detail: field
      ? `WeChat Pay did not accept ${field}.`
      : `WeChat Pay refused the request${code ? ` with ${code}` : ` with HTTP ${status}`}.`,
    ...(field && { field }),
    ...(reason && { reason }),
  };
}

function parameterFor(operation: Operation, status: number, { code, parameter }: UpstreamError): string | undefined {
  if (parameter !== undefined) return parameter;
  if (code === "ORDER_NOT_EXIST" || code === "ORDER_CLOSED") return "out_trade_no";
  // The guide is the only resource that these two name in their path.
  const namesGuide = operation === "assign" || operation === "update";
  return status === 404 && code === "RESOURCE_NOT_EXISTS" && namesGuide ? "guide_id" : undefined;
}

function fieldOf(operation: Operation, parameter: string): string | undefined {
  if (parameter === "guide_id") return operation === "assign" ? "guide.id" : "id";
  return Object.hasOwn(fields, parameter) ? fields[parameter] : undefined;
}

function reasonOf(
  status: number,
  { code, message = "" }: UpstreamError,
  parameter: string,
  named: ProblemReason | undefined,
): ProblemReason | undefined {
  if (named) return named;
  if (code === "ORDER_NOT_EXIST") return "order_not_found";
  if (code === "ORDER_CLOSED") return "order_closed";
  if (status === 404 && parameter === "guide_id") return "guide_not_found";
  if (parameter === "name" && tooLong.test(message)) return "name_too_long";
  if (Object.hasOwn(reasons, parameter)) return reasons[parameter];
  return code === "PARAM_ERROR" || code === "INVALID_REQUEST" ? "parameter_invalid" : undefined;
}
