/** What the platforms received, as the sandbox's book has it. */
import { el, fill } from "./common/dom.js";

/**
 * @param {HTMLElement} place
 * @param {import("./backend.js").Book | undefined} book
 * @param {(key: import("./strings.js").Key) => string} text
 */
export function renderUpstream(place, book, text) {
  const requests = (book?.requests ?? []).slice(0, 50);
  if (requests.length === 0) {
    fill(place, el("p", { class: "empty" }, text("noRequests")));
    return;
  }
  fill(
    place,
    el(
      "ol",
      { class: "event-log", reversed: true },
      ...requests.map((request) => el("li", {}, entryOf(request, text))),
    ),
  );
}

/**
 * @param {import("./backend.js").BookRequest} request
 * @param {(key: import("./strings.js").Key) => string} text
 */
function entryOf(request, text) {
  const operation = request.operation.replace(/^tmall\.servicecenter\./, "");
  return el(
    "details",
    {},
    el(
      "summary",
      {},
      el("time", {}, new Date(request.at).toLocaleTimeString("en-GB")),
      el("code", { class: `event ${request.channel}` }, operation),
      el("span", { class: "gist" }, request.order),
      el(
        "span",
        { class: request.executed ? "executed" : "" },
        [request.status, request.answer, request.fault].filter(Boolean).join(" "),
        " ",
        text(request.executed ? "executed" : "notExecuted"),
      ),
    ),
    el("pre", { tabindex: "0" }, JSON.stringify(request, null, 2)),
  );
}
