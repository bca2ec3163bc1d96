/** Order numbers and guide ids as the channels write them, and how they are shown. The edge checks again. */

import { isText } from "./own.ts";

/** A person: an id, or for Tmall a mobile; the name is for display. */
export interface Choice {
  id?: string | undefined;
  mobile?: string | undefined;
  name?: string | undefined;
}

/** A positive 64-bit number, always as text: a number would lose digits. */
const int64 = /^[1-9]\d{0,18}$/;

export const isOrder = (order: string, channel: string, kind: string | undefined): boolean =>
  (channel === "wechat" ? /^[\w|*-]{1,32}$/ : kind === "outer" ? /^[\w.|*-]{1,64}$/ : int64).test(order);

/** One number may be that of several orders at Tmall, one of each kind. */
export const kindOf = (order: object) => (order as { orderKind?: string }).orderKind || "workcard";

export const isGuideId = (id: string, channel: string) => (channel === "wechat" ? /^[\w-]{1,64}$/ : int64).test(id);

/**
 * What a scanner or keyboard delivered, without what is not the number: control and format characters, blanks, the
 * symbology prefix of AIM (`]C1`), and the full-width forms that a Chinese input method types. A page's number is no
 * order: beyond 2^53 it would be another one.
 */
export const cleanCode = (text: unknown) =>
  (isText(text) ? text : "")
    .normalize("NFKC")
    .replace(/[\0- \x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g, "")
    .replace(/^\][A-Za-z]\w/, "");

/** What a cashier calls this person: the name, else the id, else the masked mobile. */
export const labelOf = ({ id, mobile, name }: Choice): string =>
  name || id || (mobile || "").replace(/\d{4}(?=\d{4}$)/, "****");

interface Parts {
  channel: string;
  order: string;
  orderKind?: string | undefined;
  guide: Choice;
  operator?: string | undefined;
  storeId?: string | undefined;
}

/** The member of a request that is missing or wrong, if there is one. */
export const wrongMember = ({ channel, order, orderKind, guide, operator, storeId }: Parts): string | undefined =>
  channel !== "wechat" && channel !== "tmall"
    ? "channel"
    : !isOrder(order, channel, orderKind)
      ? "order"
      : !(guide.id ? isGuideId(guide.id, channel) : channel === "tmall" && /^\+?\d{5,20}$/.test(guide.mobile || ""))
        ? "guide"
        : operator === "store" && !storeId
          ? "storeId"
          : undefined;
