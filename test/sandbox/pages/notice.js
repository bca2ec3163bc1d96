/** One line on top of the till when something it cannot do without is missing, with a way to try again. */
import { el, fill } from "./common/dom.js";

/**
 * @param {HTMLElement} place
 * @param {import("./strings.js").Key} key
 * @param {(key: import("./strings.js").Key) => string} text
 * @param {() => void} onretry
 */
export function showNotice(place, key, text, onretry) {
  fill(place, el("span", {}, text(key)), el("button", { type: "button", onclick: onretry }, text("retry")));
  place.hidden = false;
}
