/** The playground: the real element on a stage, and an edge inside the page that answers as one likes. */

import { renderAttributes } from "./attributes.js";
import { cannedSession, createCannedEdge } from "./canned-edge.js";
import { choice } from "./common/choice.js";
import { byId, el, fill } from "./common/dom.js";
import { logEvents } from "./common/event-log.js";
import { applyLook, renderLooks } from "./looks.js";
import { snippetFor } from "./snippet.js";
import { translator } from "./strings.js";

const guides = [
  { id: "LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic", name: "林晓梅", workId: "1001" },
  { id: "01008370080000000001", name: "陈志强", workId: "1002" },
  { id: "01008370080000000003", name: "李建国", workId: "1004" },
  { id: "01008370080000000009", name: "欧阳静怡", workId: "1010" },
];
const workers = [
  { id: "20210627490142", name: "张师傅" },
  { id: "20210627490143", name: "刘伟" },
];
const exampleOrders = { wechat: "POS2026112200014402", tmall: "1763793600123401" };

const frequent = /** @type {const} */ ([
  "assigned",
  "slow",
  "pending",
  "offline",
  "portal",
  "already_assigned",
  "upstream_rejected",
  "rate_limited",
  "upstream_unavailable",
  "upstream_unauthorized",
  "session_expired",
  "internal_error",
]);

/**
 * @typedef {HTMLElement & {
 *   order?: string | undefined, guide?: string | undefined, guideName?: string | undefined, guides?: unknown,
 *   fetch?: unknown, session?: unknown, submit(): Promise<unknown>, reset(): void,
 * }} StaffAssign
 */

const element = /** @type {StaffAssign} */ (document.querySelector("staff-assign"));
const scriptTag = /** @type {HTMLScriptElement} */ (document.querySelector('script[src*="/staff-assign.js"]'));

/** @type {Record<string, import("./canned-edge.js").CodeFacts>} */
const codes = await (await fetch("problem-codes.json")).json();
const advice = await (await fetch("advice.json")).json();
const edge = createCannedEdge(codes, advice, location.origin);
const script = { src: scriptTag.src, integrity: await readIntegrity() };
const chosen = {
  language: new URLSearchParams(location.search).get("language") === "en" ? "en" : "zh-CN",
  look: "own",
  scheme: "auto",
};

/** Without it the snippet still works, only unpinned. */
async function readIntegrity() {
  const answer = await fetch(new URL("integrity.json", scriptTag.src));
  return answer.ok ? (await answer.json()).integrity["staff-assign.js"] : undefined;
}

function render() {
  const text = translator(chosen.language);
  document.documentElement.lang = chosen.language;
  document.documentElement.dataset.theme = chosen.scheme;
  document.title = text("title");
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-text]"))) {
    place.textContent = text(/** @type {import("./strings.js").Key} */ (place.dataset.text));
  }
  element.setAttribute("lang", chosen.language);
  if (chosen.scheme === "auto") element.removeAttribute("theme");
  else element.setAttribute("theme", chosen.scheme);
  fill(
    byId("language"),
    choice({
      label: text("language"),
      options: [
        ["zh-CN", "中文"],
        ["en", "English"],
      ],
      value: chosen.language,
      onchoose(language) {
        chosen.language = language;
        render();
      },
    }),
  );
  renderAnswers(text);
  renderAttributes(byId("attributes"), element, text, showChange);
  renderLooks(byId("themes"), chosen, text, (change) => {
    Object.assign(chosen, change);
    applyLook(element, chosen.look);
    render();
  });
  showChange();
}

/** @param {(key: import("./strings.js").Key) => string} text */
function renderAnswers(text) {
  const others = Object.keys(codes).filter((code) => !frequent.some((answer) => answer === code));
  const select = el(
    "select",
    { id: "any-code", onchange: () => select.value && submitFor(select.value) },
    el("option", { value: "" }, "…"),
    ...others.map((code) => el("option", { value: code }, code)),
  );
  fill(
    byId("answers"),
    el(
      "div",
      { class: "answers" },
      ...frequent.map((answer) =>
        el("button", { type: "button", class: "outlined", onclick: () => submitFor(answer) }, text(`answer.${answer}`)),
      ),
    ),
    el("div", { class: "field" }, el("label", { for: "any-code" }, text("anyCode")), select),
  );
}

function showChange() {
  element.guides = element.getAttribute("channel") === "tmall" ? workers : guides;
  byId("snippet").textContent = snippetFor(element, chosen.look, script);
}

/** @param {string} answer */
async function submitFor(answer) {
  const { order, guide, guideName } = element;
  const [first] = element.getAttribute("channel") === "tmall" ? workers : guides;
  edge.answerWith(answer);
  element.reset();
  element.order = order || exampleOrders[element.getAttribute("channel") === "tmall" ? "tmall" : "wechat"];
  element.guide = guide || first?.id;
  element.guideName = guide ? guideName : first?.name;
  // the outcome is on the stage and in the list of events; a refusal is what some buttons are for
  await element.submit().catch(() => undefined);
}

byId("copy").addEventListener("click", async () => {
  const text = translator(chosen.language);
  await navigator.clipboard.writeText(byId("snippet").textContent ?? "");
  byId("copy").textContent = text("copied");
  setTimeout(() => {
    byId("copy").textContent = text("copy");
  }, 2000);
});

element.fetch = edge.fetch;
element.session = cannedSession;
logEvents(document, byId("events"));
render();
