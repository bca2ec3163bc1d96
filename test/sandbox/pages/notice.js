/**
 * One line on top of the till for each thing that it cannot do without and misses, with a way to try again. A line goes
 * when its own trouble is over, and follows the language with the rest of the page.
 */
import { el } from "./common/dom.js";

/** @typedef {import("./strings.js").Key} Key */

/**
 * @param {HTMLElement} place
 * @param {Key} key
 * @param {(key: Key) => string} text
 * @param {() => void} onretry
 */
export function showNotice(place, key, text, onretry) {
  if (lineOf(place, key)) return;
  place.append(
    el(
      "p",
      { class: "notice", "data-notice": key },
      el("span", { "data-text": key }, text(key)),
      el("button", { type: "button", "data-text": "retry", onclick: onretry }, text("retry")),
    ),
  );
}

/**
 * @param {HTMLElement} place
 * @param {Key} key
 */
export function hideNotice(place, key) {
  lineOf(place, key)?.remove();
}

/**
 * @param {HTMLElement} place
 * @param {Key} key
 */
const lineOf = (place, key) => place.querySelector(`[data-notice="${key}"]`);
