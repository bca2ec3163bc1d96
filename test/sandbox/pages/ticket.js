/** The chosen order: what was bought, and what is to be paid. */
import { el, fill } from "./common/dom.js";
import { clockTime, money, orderNumber } from "./format.js";

/**
 * @typedef {import("./backend.js").Order} Order
 * @typedef {import("./queue.js").View} View
 */

/**
 * @param {HTMLElement} place
 * @param {Order | undefined} order
 * @param {View} view
 * @param {() => void} onback
 */
export function renderTicket(place, order, { text, language }, onback) {
  // a long order scrolls, with the keyboard too
  place.tabIndex = 0;
  if (!order) {
    fill(place, el("p", { class: "empty" }, text("choose")));
    return;
  }
  fill(
    place,
    el("button", { type: "button", class: "quiet back", onclick: onback }, `‹ ${text("back")}`),
    el(
      "header",
      { class: `ticket-head ${order.channel}` },
      el("span", { class: "badge" }, text(order.channel)),
      el("h2", { id: "ticket-title" }, order.title),
      orderNumber(order.order),
      el(
        "p",
        { class: "placed" },
        `${text("placed")} `,
        el("time", { datetime: order.placedAt }, clockTime(order.placedAt)),
      ),
    ),
    el(
      "table",
      { class: "items" },
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", { scope: "col" }, text(order.channel === "tmall" ? "jobs" : "items")),
          el("th", { scope: "col", class: "number" }, text("quantity")),
          el("th", { scope: "col", class: "number" }, text("subtotal")),
        ),
      ),
      el(
        "tbody",
        {},
        ...order.items.map((item) =>
          el(
            "tr",
            {},
            el("td", {}, item.name),
            el("td", { class: "number" }, item.quantity),
            el("td", { class: "number" }, money(item.amount, language)),
          ),
        ),
      ),
    ),
  );
}

/**
 * @param {HTMLElement} place
 * @param {Order | undefined} order
 * @param {View} view
 * @param {() => void} onpay
 */
export function renderPayment(place, order, { services, paid, text, language }, onpay) {
  place.hidden = !order;
  if (!order) return;
  const served = services.get(order.order)?.kind === "served";
  const paidAt = paid.get(order.order);
  const byTmall = order.channel === "tmall";
  const hint = byTmall ? "settled" : served ? "payReady" : "payHint";
  fill(
    place,
    el(
      "p",
      { class: "total" },
      el("span", {}, text(byTmall ? "fee" : "total")),
      el("strong", {}, money(order.amount, language)),
    ),
    paidAt === undefined && el("p", { class: "hint" }, text(hint)),
    !byTmall &&
      (paidAt === undefined
        ? el("button", { type: "button", class: served ? "pay ready" : "pay", onclick: onpay }, text("pay"))
        : el("p", { class: "pay-done" }, `✓ ${text("paid")} · ${clockTime(paidAt)}`)),
  );
}
