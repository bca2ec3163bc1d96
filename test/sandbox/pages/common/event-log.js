/** Lists the events of an element as they come, newest first, each with its fields to unfold. */
import { el } from "./dom.js";

const eventNames = [
  "ready",
  "scan",
  "change",
  "submit",
  "success",
  "pending",
  "queued",
  "error",
  "session-expired",
].map((name) => `staff-assign-${name}`);

/** Older ones leave the list, so that a long demonstration stays quick. */
const kept = 100;

/**
 * @param {EventTarget} target hears the events of every element below it
 * @param {HTMLElement} list an `ol`
 */
export function logEvents(target, list) {
  for (const name of eventNames) {
    target.addEventListener(name, (event) => {
      const fields = fieldsOf(event);
      const line = [
        el("time", {}, new Date().toLocaleTimeString("en-GB")),
        el("code", { class: `event ${name}` }, name.replace("staff-assign-", "")),
        el("span", { class: "gist" }, gistOf(fields)),
      ];
      const entry = Object.keys(fields).length
        ? el("details", {}, el("summary", {}, ...line), el("pre", { tabindex: "0" }, JSON.stringify(fields, null, 2)))
        : el("div", { class: "bare" }, ...line);
      list.prepend(el("li", {}, entry));
      while (list.childElementCount > kept) list.lastElementChild?.remove();
    });
  }
}

/**
 * @param {Event} event
 * @returns {Record<string, unknown>}
 */
function fieldsOf(event) {
  return Object.fromEntries(
    Object.entries(event).filter(([name, value]) => name !== "isTrusted" && value !== undefined),
  );
}

/** @param {Record<string, unknown>} fields */
function gistOf(fields) {
  const about = /** @type {{ order?: string, guide?: { name?: string, id?: string, mobile?: string } } | undefined} */ (
    fields.assignment ?? fields.request
  );
  if (about)
    return [about.order, about.guide?.name ?? about.guide?.id ?? about.guide?.mobile].filter(Boolean).join(" → ");
  return Object.values(fields)
    .filter((value) => typeof value === "string")
    .join(" · ");
}
