/**
 * Who signs a request: `Authorization: WECHATPAY2-SHA256-RSA2048 mchid="…",nonce_str="…",…`. Parsing and the string to
 * sign are pure; only the signature needs a key. Whatever fails is a 401 that is never signed and never carried out.
 */
import { decodeBase64, utf8 } from "../encoding.ts";
import type { WechatMerchant } from "../settings.ts";
import { type Answer, refusal } from "./answer.ts";
import { keysOfMerchant } from "./merchant-keys.ts";
import { internalCodes } from "./wechat-faults.ts";

const scheme = "WECHATPAY2-SHA256-RSA2048";
const names = ["mchid", "nonce_str", "signature", "timestamp", "serial_no"] as const;
type Name = (typeof names)[number];
export type Authorization = Record<Name, string>;

/** APIv3, request signature: five minutes either way. */
const maxClockSkewSeconds = 300;

export interface SignedRequest {
  method: string;
  /** path and query exactly as they arrived */
  target: string;
  body: Uint8Array;
  authorization: string | null;
}

const unauthorized = (message: string, issue: string, more: Record<string, unknown> = {}): Answer =>
  refusal(401, "SIGN_ERROR", message, {
    detail: { detail: { issue }, field: "signature", location: "authorization", ...more },
    internalCode: internalCodes.authorization,
    signed: false,
  });

const malformed = (issue: string) => unauthorized("Http头Authorization格式错误", issue);

function parseAuthorization(header: string | null): Authorization | Answer {
  if (!header) return malformed("Authorization is missing");
  const space = header.indexOf(" ");
  if (space < 0) return malformed("Authorization has no parameters");
  if (header.slice(0, space) !== scheme) {
    return unauthorized("Http头Authorization认证类型不正确", "unknown authorization scheme");
  }
  const values: Partial<Authorization> = {};
  for (const part of header.slice(space + 1).split(",")) {
    const match = /^([a-z_]+)="([^"\s]*)"$/.exec(part);
    const name = names.find((known) => known === match?.[1]);
    if (!match || !name) return malformed('a parameter is not key="value"');
    if (values[name] !== undefined) return malformed(`${name} is repeated`);
    values[name] = match[2] ?? "";
  }
  const { mchid, nonce_str, signature, timestamp, serial_no } = values;
  if (!mchid || !nonce_str || !signature || !timestamp || !serial_no) return malformed("a parameter is missing");
  if (!/^[0-9]{1,16}$/.test(timestamp)) return malformed("timestamp is not in digits");
  if (!/^[0-9A-Za-z_-]{1,64}$/.test(nonce_str)) return malformed("nonce_str is not 1 to 64 letters and digits");
  return { mchid, nonce_str, signature, timestamp, serial_no };
}

/** APIv3, request signature: five lines, each ended, the last one too. */
function signedMessage(request: SignedRequest, { timestamp, nonce_str }: Authorization): Uint8Array<ArrayBuffer> {
  const head = utf8(`${request.method}\n${request.target}\n${timestamp}\n${nonce_str}\n`);
  const message = new Uint8Array(head.length + request.body.length + 1);
  message.set(head);
  message.set(request.body, head.length);
  message[message.length - 1] = 0x0a;
  return message;
}

export async function verifyRequest(
  request: SignedRequest,
  merchants: ReadonlyMap<string, WechatMerchant>,
  now: number,
): Promise<{ merchant: WechatMerchant; authorization: Authorization } | Answer> {
  const authorization = parseAuthorization(request.authorization);
  if ("status" in authorization) return authorization;
  const merchant = merchants.get(authorization.mchid);
  if (!merchant) return unauthorized("商户未申请过证书", "mchid is not known");
  const keys = await keysOfMerchant(merchant);
  if (authorization.serial_no !== keys.serialNo) return unauthorized("商户证书序列号有误", "serial_no is not known");
  if (Math.abs(now / 1000 - Number(authorization.timestamp)) > maxClockSkewSeconds) {
    return unauthorized("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟", "timestamp is not fresh");
  }
  const message = signedMessage(request, authorization);
  const signature = decodeBase64(authorization.signature);
  const valid =
    signature !== undefined && (await crypto.subtle.verify("RSASSA-PKCS1-v1_5", keys.verifier, signature, message));
  if (valid) return { merchant, authorization };
  return unauthorized("错误的签名，验签失败", "sign not match", {
    sign_information: {
      method: request.method,
      url: request.target,
      truncated_sign_message: new TextDecoder().decode(message.subarray(0, 64)),
      sign_message_length: message.length,
    },
  });
}

export const nonceReplayed: Answer = unauthorized(
  "Http头Authorization中的nonce_str已被使用",
  "nonce_str was used before",
);
