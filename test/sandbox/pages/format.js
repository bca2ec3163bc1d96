/** How the till writes money, times and numbers. */
import { el } from "./common/dom.js";

/**
 * @param {number} fen
 * @param {string} language
 */
export const money = (fen, language) =>
  new Intl.NumberFormat(language, { style: "currency", currency: "CNY", currencyDisplay: "narrowSymbol" }).format(
    fen / 100,
  );

/** @param {string | number} moment RFC 3339 or epoch milliseconds */
export const clockTime = (moment) =>
  new Date(moment).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });

/**
 * An order number in groups of four, counted from its end, the last one strong: that is what people compare. The gaps
 * are margins, so that a copied number has none.
 *
 * @param {string} order
 */
export function orderNumber(order) {
  const groups = order.match(/.{1,4}(?=(?:.{4})*$)/g) ?? [order];
  return el(
    "span",
    { class: "order-number" },
    ...groups.map((group, index) => el(index === groups.length - 1 ? "strong" : "span", {}, group)),
  );
}
