/** Ready colours for the element, each a few of its custom properties. */
import { choice } from "./common/choice.js";
import { fill } from "./common/dom.js";

/** @typedef {{ label: string, properties: Record<string, string> }} Look */

/** @type {Record<string, Look>} */
export const looks = {
  own: { label: "staff-assign", properties: {} },
  blue: {
    label: "TDesign",
    properties: {
      "--staff-assign-accent": "#0052d9",
      "--staff-assign-on-accent": "#ffffff",
      "--staff-assign-radius": "6px",
    },
  },
  violet: {
    label: "Violet",
    properties: {
      "--staff-assign-accent": "#6a3fc8",
      "--staff-assign-on-accent": "#ffffff",
      "--staff-assign-radius": "16px",
    },
  },
  square: {
    label: "Square",
    properties: {
      "--staff-assign-accent": "#1d2129",
      "--staff-assign-on-accent": "#ffffff",
      "--staff-assign-radius": "0px",
    },
  },
};

const properties = [...new Set(Object.values(looks).flatMap((look) => Object.keys(look.properties)))];

/**
 * @param {HTMLElement} element
 * @param {string} name
 */
export function applyLook(element, name) {
  for (const property of properties) {
    const value = looks[name]?.properties[property];
    if (value === undefined) element.style.removeProperty(property);
    else element.style.setProperty(property, value);
  }
}

/**
 * @param {HTMLElement} place
 * @param {{ look: string, scheme: string }} chosen
 * @param {(key: import("./strings.js").Key) => string} text
 * @param {(change: { look?: string, scheme?: string }) => void} onchange
 */
export function renderLooks(place, chosen, text, onchange) {
  fill(
    place,
    choice({
      label: text("scheme"),
      options: [
        ["auto", text("auto")],
        ["light", text("light")],
        ["dark", text("dark")],
      ],
      value: chosen.scheme,
      onchoose: (scheme) => onchange({ scheme }),
    }),
    choice({
      label: text("accent"),
      options: Object.entries(looks).map(([name, { label }]) => /** @type {const} */ ([name, label])),
      value: chosen.look,
      onchoose: (look) => onchange({ look }),
    }),
  );
}
