/**
 * What an error answer says, cut down to what may be kept: code, message and the wire name of the parameter. The
 * platform echoes offending input (`detail.value`) and parts of the signed string (`sign_information`): neither leaves.
 */
import { isObject } from "../../is-object.ts";
import { replaceMobilesIn } from "../../mobile.ts";

export interface UpstreamError {
  code?: string;
  message?: string;
  /** wire name of the parameter: `out_trade_no` */
  parameter?: string;
}

/** Enough for every documented sentence; a gateway's page is not carried along. */
const maxMessageCharacters = 200;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** @returns undefined when the body is not a JSON object in UTF-8 */
export function parseObject(body: Uint8Array): Record<string, unknown> | undefined {
  // A 204, the answer of most calls: the parser's exception would cost as much as a signature check.
  if (body.length === 0) return undefined;
  try {
    const value: unknown = JSON.parse(utf8.decode(body));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function readError(body: Uint8Array): UpstreamError {
  const json = parseObject(body);
  if (!json) return {};
  // Some pages show the older envelope, `return_code` and `return_msg`.
  const code = codeOf(json.code) ?? codeOf(json.return_code);
  const rawMessage = textOf(json.message) ?? textOf(json.return_msg);
  const detail = isObject(json.detail) ? json.detail : {};
  const parameter = parameterOf(textOf(detail.field)) ?? parameterInMessage(rawMessage);
  const message = rawMessage === undefined ? undefined : cleanMessage(rawMessage, textOf(detail.value));
  return { ...(code && { code }), ...(message && { message }), ...(parameter && { parameter }) };
}

const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);
const codeOf = (value: unknown) =>
  typeof value === "string" && /^[0-9A-Za-z_.-]{1,64}$/.test(value) ? value : undefined;

/** `detail.field` is a JSON Pointer for body parameters and a bare name for those in the URL. */
function parameterOf(field: string | undefined): string | undefined {
  const name = field?.replace(/^\/(?:(?:body|query|uri_template|header)\/)?/, "").split("/")[0];
  return name !== undefined && /^[A-Za-z][0-9A-Za-z_-]{0,63}$/.test(name) ? name : undefined;
}

/** Live answers leave `detail.field` out and name the source in the message: 输入源“/body/out_trade_no”. */
function parameterInMessage(message: string | undefined): string | undefined {
  return parameterOf(/输入源“(\/(?:body|query|uri_template|header)[^”]*)”/.exec(message ?? "")?.[1]);
}

function cleanMessage(message: string, echoed: string | undefined): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
  const plain = message.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  const redacted = echoed && echoed.length > 1 ? plain.replaceAll(echoed, "…") : plain;
  // By characters, not code units: half a surrogate pair would not survive JSON.
  const impersonal = replaceMobilesIn(redacted, () => "…");
  return Array.from(impersonal.toWellFormed()).slice(0, maxMessageCharacters).join("");
}
