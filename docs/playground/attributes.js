/** A field for each attribute of the element. */
import { el, fill } from "./common/dom.js";

/** @typedef {{ name: string, values?: readonly string[], flag?: boolean }} Attribute */

/** @type {readonly Attribute[]} */
export const attributes = [
  { name: "channel", values: ["wechat", "tmall"] },
  { name: "order" },
  { name: "order-kind", values: ["workcard", "outer", "fulfil-task"] },
  { name: "guide" },
  { name: "guide-name" },
  { name: "scanner", values: ["field", "page", "off"] },
  { name: "queue-max-age" },
  { name: "compact", flag: true },
  { name: "disabled", flag: true },
  { name: "auto", flag: true },
  { name: "remember", flag: true },
];

/**
 * @param {HTMLElement} place
 * @param {Element} element
 * @param {(key: import("./strings.js").Key) => string} text
 * @param {() => void} onchange
 */
export function renderAttributes(place, element, text, onchange) {
  /**
   * @param {Attribute} attribute
   * @param {string} value
   */
  const set = ({ name, flag }, value) => {
    if (flag) element.toggleAttribute(name, value === "on");
    else if (value === "") element.removeAttribute(name);
    else element.setAttribute(name, value);
    onchange();
  };

  /** @param {Attribute} attribute */
  const control = (attribute) => {
    const { name, flag } = attribute;
    const id = `attribute-${name}`;
    const now = flag ? (element.hasAttribute(name) ? "on" : "") : (element.getAttribute(name) ?? "");
    /** @param {Event} event */
    const onchange = (event) =>
      set(attribute, /** @type {HTMLInputElement | HTMLSelectElement} */ (event.target).value.trim());
    const options = flag ? ["on"] : attribute.values;
    return el(
      "div",
      { class: "field" },
      el("label", { for: id }, el("code", {}, name)),
      options
        ? el(
            "select",
            { id, onchange },
            el("option", { value: "" }, text(flag ? "off" : "unset")),
            ...options.map((value) => el("option", { value, selected: value === now }, flag ? text("on") : value)),
          )
        : el("input", { id, value: now, autocomplete: "off", spellcheck: "false", onchange }),
    );
  };

  fill(place, ...attributes.map(control));
}
