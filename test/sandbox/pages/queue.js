/** The list of waiting orders. */
import { el, fill } from "./common/dom.js";
import { clockTime, money, orderNumber } from "./format.js";

/**
 * @typedef {import("./backend.js").Order} Order
 * @typedef {{ kind: "served", name: string, at: string | number } | { kind: "pending" | "queued" | "failed" }} Service
 * @typedef {{ services: Map<string, Service>, paid: Map<string, number>, chosen: string | undefined, language: string,
 *   text: (key: import("./strings.js").Key) => string }} View
 */

/**
 * @param {HTMLElement} list
 * @param {Order[]} orders
 * @param {View} view
 * @param {(order: string) => void} onchoose
 */
export function renderQueue(list, orders, view, onchoose) {
  const hadFocus = list.contains(document.activeElement);
  fill(
    list,
    ...orders.map((order) => el("li", {}, entryOf(order, view, onchoose))),
    orders.length === 0 && el("li", { class: "empty" }, view.text("noOrders")),
  );
  if (hadFocus) /** @type {HTMLElement | null} */ (list.querySelector("[aria-current]"))?.focus();
}

/**
 * @param {Order} order
 * @param {View} view
 * @param {(order: string) => void} onchoose
 */
function entryOf(order, view, onchoose) {
  const { text, language } = view;
  return el(
    "button",
    {
      type: "button",
      class: `entry ${order.channel}`,
      "data-order": order.order,
      "aria-current": view.chosen === order.order && "true",
      onclick: () => onchoose(order.order),
    },
    el(
      "span",
      { class: "entry-row" },
      el("span", { class: "entry-title" }, order.title),
      el("span", { class: "amount" }, money(order.amount, language)),
    ),
    el(
      "span",
      { class: "entry-row" },
      orderNumber(order.order),
      el("time", { datetime: order.placedAt }, clockTime(order.placedAt)),
    ),
    el("span", { class: "entry-row" }, serviceOf(order, view), el("span", { class: "badge" }, text(order.channel))),
  );
}

/**
 * Who serves an order, in a word or two: icon and words, so that it does not hang on the colour.
 *
 * @param {Order} order
 * @param {View} view
 */
function serviceOf(order, { services, paid, text }) {
  const service = services.get(order.order);
  const paidAt = paid.get(order.order);
  const icons = { served: "✓", pending: "…", queued: "↑", failed: "!" };
  if (!service) return el("span", { class: "service waiting" }, paidAt ? text("paid") : text("waiting"));
  const words =
    service.kind === "served"
      ? text(order.channel === "tmall" ? "dispatched" : "served").replace("{name}", service.name)
      : text(service.kind);
  return el(
    "span",
    { class: `service ${service.kind}` },
    el("span", { class: "icon", "aria-hidden": "true" }, icons[service.kind]),
    paidAt ? `${words} · ${text("paid")}` : words,
  );
}
