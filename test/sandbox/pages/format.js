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
 * Figures in groups of four, counted from the end, so that the last one, which people compare, is always whole. What stands
 * before them stays together.
 *
 * @param {string} order
 */
export const groupsOfFour = (order) =>
  [...order.slice(0, -4).split(/(?=(?:\d{4})+$)/), order.slice(-4)].filter(Boolean);

/**
 * An order number as people compare it. The gaps are margins, so that a copied number has none.
 *
 * @param {string} order
 */
export function orderNumber(order) {
  const groups = groupsOfFour(order);
  return el(
    "span",
    { class: "order-number" },
    ...groups.map((group, index) => el(index === groups.length - 1 ? "strong" : "span", {}, group)),
  );
}
