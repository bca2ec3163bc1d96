/** Answers of WeChat Pay before they are signed, and the refusals of its documents. */
import { internalCodes } from "./wechat-faults.ts";

export interface Answer {
  status: number;
  /** exact text of the body; empty for a 204 */
  body: string;
  /** digits after the `-` of the Request-ID */
  internalCode: string;
  signed: boolean;
  /** the error code, where this is one */
  code?: string;
}

export const json = (body: unknown): Answer => ({
  status: 200,
  body: JSON.stringify(body),
  internalCode: internalCodes.ok,
  signed: true,
});

export const noContent: Answer = { status: 204, body: "", internalCode: internalCodes.ok, signed: true };

export function refusal(
  status: number,
  code: string,
  message: string,
  more: { detail?: unknown; internalCode?: string; signed?: boolean } = {},
): Answer {
  return {
    status,
    code,
    body: JSON.stringify({ code, ...(more.detail !== undefined && { detail: more.detail }), message }),
    internalCode: more.internalCode ?? internalCodes.paramInvalid,
    signed: more.signed ?? true,
  };
}

/** Where a parameter stands; live answers name it in the message, not in `detail.field`. */
export type Location = "body" | "query" | "uri_template";

export interface ParameterName {
  location: Location;
  name: string;
  /** its name in the documents */
  title: string;
}

const source = ({ location, name }: ParameterName) => `输入源“/${location}/${name}”`;

const paramError = (at: ParameterName, message: string, value: unknown, internalCode?: string): Answer =>
  refusal(400, "PARAM_ERROR", message, {
    detail: { location: at.location, value },
    ...(internalCode !== undefined && { internalCode }),
  });

export const missing = (at: ParameterName) =>
  paramError(at, `${source(at)}映射到字段“${at.title}”必填性规则校验失败，此字段为必填项`, "");

export const tooLong = (at: ParameterName, bytes: number, most: number) =>
  paramError(
    at,
    `${source(at)}映射到值字段“${at.title}”字符串规则校验失败，字节数 ${bytes}，大于最大值 ${most}`,
    bytes,
    internalCodes.paramTooLong,
  );

export const tooShort = (at: ParameterName, bytes: number, least: number) =>
  paramError(
    at,
    `${source(at)}映射到值字段“${at.title}”字符串规则校验失败，字节数 ${bytes}，小于最小值 ${least}`,
    bytes,
    internalCodes.paramTooShort,
  );

export const mismatch = (at: ParameterName, pattern: RegExp, value: string) =>
  paramError(
    at,
    `${source(at)}映射到值字段“${at.title}”字符串规则校验失败，字符串必须匹配正则表达式“${pattern.source}”`,
    value,
  );

export const outOfRange = (at: ParameterName, value: string, problem: string) =>
  paramError(
    at,
    `${source(at)}映射到数值字段“${at.title}”规则校验失败，${problem}`,
    value,
    internalCodes.paramOutOfRange,
  );

export const notText = (at: ParameterName) =>
  paramError(at, `无法将 JSON ${source(at)}映射到目标字段“${at.title}”中，此字段需要一个 string 类型的 Json 值`, "");

export const notInteger = (at: ParameterName, value: unknown) =>
  at.location === "body"
    ? paramError(
        at,
        `无法将 JSON ${source(at)}映射到目标字段“${at.title}”中，此字段需要一个合法的 64 位有符号整数`,
        value,
      )
    : paramError(at, `无法将${source(at)}映射到目标字段“${at.title}”中，此字段需要一个合法的 64 位有符号整数`, value);

export const extraParameter = (location: Location, name: string) =>
  refusal(400, "PARAM_ERROR", "参数中含有非法的额外参数", {
    detail: { location, value: name },
    internalCode: internalCodes.extraParameter,
  });

/** The documents' own rows, for checks that are not about one field's form. */
export const row = (message: string, at?: ParameterName, value: unknown = "") =>
  refusal(400, "PARAM_ERROR", message, at && { detail: { location: at.location, value } });

export const invalidRequest = (message: string) => refusal(400, "INVALID_REQUEST", message);
