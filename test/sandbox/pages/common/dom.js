/** Builds DOM by calls, never from text: the pages need no innerHTML and no policy for it. */

/** @typedef {string | number | boolean | undefined | null | ((event: Event) => void)} Value */

/** @typedef {Node | string | number | false | undefined | null} Child */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Value>} [properties] attributes; `on…` is a listener; false, undefined and null leave out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, String(value));
  }
  fill(element, ...children);
  return element;
}

/**
 * Puts these children in the place of those that are there.
 *
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  const wanted = children.filter((child) => child !== false && child !== undefined && child !== null);
  element.replaceChildren(...wanted.map((child) => (child instanceof Node ? child : String(child))));
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}
