/** The fields that the guide calls share, whose account they mean, and how their encrypted ones are read. */
import type { bookOf } from "../book/book.ts";
import type { WechatMerchant } from "../settings.ts";
import { type Answer, missing, type ParameterName, refusal, row } from "./answer.ts";
import { type Field, isAnswer, type Values } from "./parameters.ts";
import { decryptionKey, type KeysInForce } from "./platform-keys.ts";
import { decryptField } from "./sensitive-fields.ts";
import { internalCodes } from "./wechat-faults.ts";

export interface Call {
  merchant: WechatMerchant;
  keys: KeysInForce;
  book: ReturnType<typeof bookOf>;
  guideId: string;
  /** the part after `?`, exactly as it arrived */
  query: string;
  body: Uint8Array;
  /** `Wechatpay-Serial` of the request */
  serial: string | undefined;
  /** a fault strikes before the call is carried out: everything is checked, nothing is done */
  dry: boolean;
}

export const subMchid: Field = { name: "sub_mchid", title: "子商户号", type: "text", most: 64 };
export const storeId: Field = { name: "store_id", title: "门店ID", type: "integer", required: true };
export const name: Field = { name: "name", title: "员工姓名", type: "encrypted", most: 64 };
export const mobile: Field = { name: "mobile", title: "手机号码", type: "encrypted", most: 32 };
export const link = /^https?:\/\/[^\s]+$/;
export const url = (field: string, title: string, complaint: string): Field => ({
  name: field,
  title,
  type: "text",
  most: 1024,
  pattern: link,
  complaint,
});
export const qrCode = url("qr_code", "员工个人二维码", "二维码串格式错误");
export const avatar = url("avatar", "头像URL", "头像URL不是合法链接");
export const groupQrcode = url("group_qrcode", "群二维码URL", "群二维码URL格式错误");
export const userid: Field = { name: "userid", title: "员工ID", type: "text", most: 64 };

const mobileForm = /^\+?[0-9][0-9-]{4,30}$/;
export const inBody = (field: Field): ParameterName => ({ location: "body", name: field.name, title: field.title });
export const required = (field: Field): Field => ({ ...field, required: true });

/** The account whose guides are meant, once the relation of provider and sub-merchant holds. */
export function accountOf({ merchant }: Call, values: Values, location: "body" | "query"): string | Answer {
  const sub = values.get("sub_mchid");
  const at: ParameterName = { location, name: "sub_mchid", title: "子商户号/二级商户号" };
  if (merchant.role === "direct") return merchant.mchid;
  if (sub === undefined) return { ...missing(at), internalCode: internalCodes.subMchidMissing };
  if (sub === merchant.mchid) {
    return refusal(400, "PARAM_ERROR", "子商户mchid不能与自身mchid相同", { internalCode: internalCodes.subMchidIsOwn });
  }
  if (!/^[0-9]{1,32}$/.test(sub)) {
    return refusal(400, "MCH_NOT_EXISTS", "子商户号格式错误", { internalCode: internalCodes.merchantUnavailable });
  }
  if (!merchant.subMchids.includes(sub)) {
    return refusal(403, "NO_AUTH", "受理关系不存在", { internalCode: internalCodes.noRelation });
  }
  return `${merchant.mchid}/${sub}`;
}

/** A direct merchant has no sub-merchant, so the field is one of the undefined ones for it. */
export const fieldsFor = ({ merchant }: Call, fields: readonly Field[]) =>
  merchant.role === "partner" ? [subMchid, ...fields] : fields;

export async function decrypted(
  call: Call,
  values: Values,
  fields: readonly Field[],
  location: "body" | "query",
): Promise<Map<string, string> | Answer> {
  const plain = new Map(values);
  for (const field of fields) {
    const value = values.get(field.name);
    if (field.type !== "encrypted" || value === undefined) continue;
    const at: ParameterName = { location, name: field.name, title: field.title };
    if (call.serial === undefined) return row("缺少平台证书序列号");
    const key = decryptionKey(call.keys, call.serial);
    if (!key) return row("平台证书序列号Wechatpay-Serial错误");
    const result = await decryptField(at, value, key, field.most ?? 64);
    if (isAnswer(result)) return result;
    if (field.name === "mobile" && !mobileForm.test(result.plain)) return row("手机号码格式错误", at);
    if (field.name === "name" && result.plain.trim() === "") return row("员工姓名格式错误", at);
    plain.set(field.name, result.plain);
  }
  return plain;
}
