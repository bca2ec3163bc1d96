/** Order numbers and guide ids as the channels write them, and how they are shown. The edge checks again. */
import type { AssignmentRequest, ChannelName } from "../shared/contract.ts";

/** A person: an id, or for Tmall a mobile; the name is for display. */
export interface Choice {
  id?: string | undefined;
  mobile?: string | undefined;
  name?: string | undefined;
}

/** `1` … `9223372036854775807`; compared as text, since a number would lose digits. */
const isInt64 = (id: string) => /^[1-9]\d{0,18}$/.test(id) && (id.length < 19 || id <= "9223372036854775807");

export function isOrder(order: string, channel: string, kind: string | undefined): boolean {
  if (channel === "wechat") return /^[\w\-|*]{1,32}$/.test(order);
  if (kind !== "outer") return isInt64(order);
  return order.length < 65 && /^[\w|*-]+(\.[\w|*-]+)*$/.test(order);
}

export const isGuideId = (id: string, channel: string) =>
  channel === "wechat" ? /^[\w-]{1,64}$/.test(id) : isInt64(id);

export const isMobile = (text: string) => /^\+?\d{5,20}$/.test(text);

/**
 * What a scanner or keyboard delivered, without what is not the number: control and format characters, blanks, the
 * symbology prefix of AIM (`]C1`), and the full-width forms that a Chinese input method types.
 */
const noise = /[\0- \x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+/g;
export const cleanCode = (text: string) =>
  text
    .normalize("NFKC")
    .replace(noise, "")
    .replace(/^\][A-Za-z]\w/, "");

/** What a cashier calls this person: the name, else the id, else the masked mobile. */
export const labelOf = ({ id, mobile, name }: Choice): string =>
  name || id || (mobile || "").replace(/\d{4}(?=\d{4}$)/, "****");

export interface RequestParts {
  channel: ChannelName;
  order: string;
  orderKind: string | undefined;
  guide: Choice;
  operator: string | undefined;
  storeId: string | undefined;
  extension: Record<string, string> | undefined;
  checkReason: string | undefined;
  replaces: string | undefined;
}

/** The body of `POST /v1/assignments`, or the name of the member that is missing or wrong. */
export function buildRequest(parts: RequestParts): AssignmentRequest | string {
  const { channel, order, orderKind, guide, operator, storeId, extension, checkReason, replaces } = parts;
  const { id, mobile } = guide;
  const name = guide.name || undefined;
  const isTmall = channel === "tmall";
  if (!isOrder(order, channel, orderKind)) return "order";
  if (!(isTmall && !id && mobile ? isMobile(mobile) : isGuideId(id || "", channel))) return "guide";
  if (isTmall && operator === "store" && !storeId) return "storeId";
  const request = { channel, order, guide: id ? { id, name } : { mobile, name }, replaces };
  if (isTmall) Object.assign(request, { orderKind, operator, storeId: operator && storeId, extension, checkReason });
  // without members that are undefined: the form that is stored, compared and sent
  return JSON.parse(JSON.stringify(request));
}
