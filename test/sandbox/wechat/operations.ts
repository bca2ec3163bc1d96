/** What each call does once its sender is proven: documented fields in, documented answer out. */
import type { GuidePatch } from "../book/guide-store.ts";
import { readMarker } from "../faults/fault.ts";
import { type Answer, json, noContent, outOfRange, type ParameterName, refusal, row } from "./answer.ts";
import {
  accountOf,
  avatar,
  type Call,
  decrypted,
  fieldsFor,
  groupQrcode,
  inBody,
  link,
  mobile,
  name,
  qrCode,
  required,
  storeId,
  userid,
} from "./call-parameters.ts";
import { certificateList } from "./certificates.ts";
import { keysOfMerchant } from "./merchant-keys.ts";
import { type Field, isAnswer, parseBody, readBody, readQuery } from "./parameters.ts";
import { decryptionKey } from "./platform-keys.ts";
import { encryptField } from "./sensitive-fields.ts";

function checkGuideId({ guideId }: Call): Answer | undefined {
  const at: ParameterName = { location: "uri_template", name: "guide_id", title: "服务人员ID" };
  if (guideId === "") return row("服务人员ID为空", at);
  return /^[0-9A-Za-z_-]{1,64}$/.test(guideId) ? undefined : row("服务人员ID格式错误", at, guideId);
}

/** The documents have one row for a guide id that will not do. */
async function unknownGuide(call: Call, account: string): Promise<Answer | undefined> {
  if (readMarker(call.guideId) || (await call.book.guideExists(account, call.guideId))) return undefined;
  const at: ParameterName = { location: "uri_template", name: "guide_id", title: "服务人员ID" };
  return row("服务人员ID格式错误", at, call.guideId);
}

function guideIdInBody(body: Record<string, unknown>): Answer | undefined {
  if (!Object.hasOwn(body, "guide_id")) return undefined;
  return refusal(
    400,
    "PARAM_ERROR",
    "无法将输入源“/body/guide_id”映射到目标字段“服务人员ID”中，此字段并非多重字段但被输入源“/uri_template/guide_id”映射过了",
    { detail: { location: "body", value: "" } },
  );
}

export async function assign(call: Call): Promise<Answer> {
  const body = parseBody(call.body);
  if (isAnswer(body)) return body;
  const wrong = checkGuideId(call) ?? guideIdInBody(body);
  if (wrong) return wrong;
  const outTradeNo: Field = {
    name: "out_trade_no",
    title: "商户订单号",
    type: "text",
    required: true,
    most: 32,
    pattern: /^[0-9a-zA-Z_\-|*]+$/,
  };
  const values = readBody(body, fieldsFor(call, [outTradeNo]));
  if (isAnswer(values)) return values;
  const account = accountOf(call, values, "body");
  if (typeof account !== "string") return account;
  const unknown = await unknownGuide(call, account);
  if (unknown) return unknown;
  if (!call.dry) await call.book.assignGuide(account, values.get("out_trade_no") ?? "", call.guideId);
  return noContent;
}

export async function register(call: Call): Promise<Answer> {
  const body = parseBody(call.body);
  if (isAnswer(body)) return body;
  const corpid: Field = { name: "corpid", title: "企业ID", type: "text", required: true, most: 32 };
  const fields = [
    corpid,
    storeId,
    required(userid),
    required(name),
    required(mobile),
    required(qrCode),
    required(avatar),
    groupQrcode,
  ];
  const values = readBody(body, fieldsFor(call, fields));
  if (isAnswer(values)) return values;
  const account = accountOf(call, values, "body");
  if (typeof account !== "string") return account;
  const plain = await decrypted(call, values, fields, "body");
  if (isAnswer(plain)) return plain;
  if (call.dry) return json({});
  const groupCode = plain.get("group_qrcode");
  const guideId = await call.book.registerGuide(account, {
    corpid: plain.get("corpid") ?? "",
    storeId: plain.get("store_id") ?? "",
    userid: plain.get("userid") ?? "",
    name: plain.get("name") ?? "",
    mobile: plain.get("mobile") ?? "",
    qrCode: plain.get("qr_code") ?? "",
    avatar: plain.get("avatar") ?? "",
    ...(groupCode !== undefined && { groupQrcode: groupCode }),
  });
  return json({ guide_id: guideId });
}

export async function update(call: Call): Promise<Answer> {
  // Required by the documents on this call, whether or not a field of it is encrypted.
  if (call.serial === undefined) return row("缺少平台证书序列号");
  const body = parseBody(call.body);
  if (isAnswer(body)) return body;
  const wrong = checkGuideId(call) ?? guideIdInBody(body);
  if (wrong) return wrong;
  const fields = [name, mobile, qrCode, avatar, groupQrcode];
  const values = readBody(body, fieldsFor(call, fields));
  if (isAnswer(values)) return values;
  const account = accountOf(call, values, "body");
  if (typeof account !== "string") return account;
  if (!fields.some((field) => values.has(field.name))) return row("所有可更新的参数都没有填");
  const plain = await decrypted(call, values, fields, "body");
  if (isAnswer(plain)) return plain;
  const unknown = await unknownGuide(call, account);
  if (unknown) return unknown;
  if (plain.has("qr_code") && (await call.book.guideIsPersonal(account, call.guideId))) {
    return row("个人微信商家不能改二维码", inBody(qrCode));
  }
  const members = { name: "name", mobile: "mobile", qrCode: "qr_code", avatar: "avatar", groupQrcode: "group_qrcode" };
  const patch: GuidePatch = Object.fromEntries(
    Object.entries(members).flatMap(([member, field]) => {
      const value = plain.get(field);
      return value === undefined ? [] : [[member, value]];
    }),
  );
  if (!call.dry) await call.book.updateGuide(account, call.guideId, patch);
  return noContent;
}

/** At most ten guides a page; the documents give no default, so a page is full. */
const largestPage = 10;

export async function query(call: Call): Promise<Answer> {
  // The header is required on this call even where no parameter is encrypted.
  if (call.serial === undefined) return row("缺少平台证书序列号");
  if (!decryptionKey(call.keys, call.serial) && call.serial !== call.keys.dormant?.serial) {
    return row("平台证书序列号Wechatpay-Serial错误");
  }
  const limitField: Field = { name: "limit", title: "最大资源条数", type: "integer" };
  const offsetField: Field = { name: "offset", title: "请求资源起始位置", type: "integer" };
  const workId: Field = { name: "work_id", title: "服务人员工号", type: "text", most: 64 };
  const fields = [storeId, userid, mobile, workId, limitField, offsetField];
  const values = readQuery(call.query, fieldsFor(call, fields));
  if (isAnswer(values)) return values;
  const account = accountOf(call, values, "query");
  if (typeof account !== "string") return account;
  const plain = await decrypted(call, values, fields, "query");
  if (isAnswer(plain)) return plain;
  const limit = Number(plain.get("limit") ?? largestPage);
  const offset = Number(plain.get("offset") ?? 0);
  const at = (field: Field): ParameterName => ({ location: "query", name: field.name, title: field.title });
  if (limit > largestPage) return outOfRange(at(limitField), String(limit), `值高于最大值 ${largestPage}`);
  if (limit < 1) return outOfRange(at(limitField), String(limit), "值低于最小值 1");
  if (offset < 0) return outOfRange(at(offsetField), String(offset), "值低于最小值 0");
  const wanted = { userid: plain.get("userid"), mobile: plain.get("mobile"), workId: plain.get("work_id") };
  const { data, total } = await call.book.findGuides(account, {
    storeId: plain.get("store_id") ?? "",
    limit,
    offset,
    ...(wanted.userid !== undefined && { userid: wanted.userid }),
    ...(wanted.mobile !== undefined && { mobile: wanted.mobile }),
    ...(wanted.workId !== undefined && { workId: wanted.workId }),
  });
  const { encryptor } = await keysOfMerchant(call.merchant);
  const rows = await Promise.all(
    data.map(async (guide) => ({
      guide_id: guide.guideId,
      store_id: rawNumber(guide.storeId),
      name: await encryptField(guide.name, encryptor),
      mobile: await encryptField(guide.mobile, encryptor),
      ...(guide.userid !== undefined && { userid: guide.userid }),
      ...(guide.workId !== undefined && { work_id: guide.workId }),
    })),
  );
  return json({ data: rows, total_count: total, limit, offset });
}

interface RawJson {
  rawJSON(text: string): unknown;
}

/** Writes 64-bit numbers digit by digit. */
const rawNumber = (digits: string): unknown => (JSON as unknown as RawJson).rawJSON(digits);

/** The self-test call: signature, encryption and decryption without any business behind it. */
export async function echo(call: Call): Promise<Answer> {
  const body = parseBody(call.body);
  if (isAnswer(body)) return body;
  const message: Field = { name: "echo_message", title: "回显信息", type: "text", required: true, most: 1024 };
  const secret: Field = { name: "encrypted_echo_message", title: "加密回显信息", type: "encrypted", most: 214 };
  const notifyUrl: Field = { name: "notify_url", title: "商户回调地址", type: "text", most: 256, pattern: link };
  const fields = [message, secret, notifyUrl];
  const values = readBody(body, fields);
  if (isAnswer(values)) return values;
  const plain = await decrypted(call, values, fields, "body");
  if (isAnswer(plain)) return plain;
  const { encryptor } = await keysOfMerchant(call.merchant);
  const encrypted = plain.get("encrypted_echo_message");
  return json({
    echo_message: plain.get("echo_message"),
    ...(encrypted !== undefined && { encrypted_echo_message: await encryptField(encrypted, encryptor) }),
  });
}

export function certificates(call: Call): Promise<Answer> | Answer {
  const algorithm: Field = { name: "algorithm_type", title: "算法类型", type: "text", pattern: /^(RSA|SM2|ALL)$/ };
  const values = readQuery(call.query, [algorithm]);
  if (isAnswer(values)) return values;
  return certificateList(call.merchant, call.keys, values.get("algorithm_type") ?? "RSA");
}
