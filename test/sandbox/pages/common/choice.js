/** A row of radio buttons that looks like one switch: keyboard and screen readers come with the platform. */
import { el } from "./dom.js";

let rows = 0;

/**
 * @template {string} Name
 * @param {{ label: string, options: ReadonlyArray<readonly [Name, string]>, value: Name, onchoose: (value: Name) => void }} row
 */
export function choice({ label, options, value, onchoose }) {
  const name = `choice-${++rows}`;
  return el(
    "fieldset",
    { class: "choice" },
    el("legend", {}, label),
    el(
      "div",
      { class: "choice-row" },
      ...options.map(([option, text]) =>
        el(
          "label",
          {},
          el("input", {
            type: "radio",
            name,
            value: option,
            checked: option === value,
            onchange: () => onchoose(option),
          }),
          el("span", {}, text),
        ),
      ),
    ),
  );
}
