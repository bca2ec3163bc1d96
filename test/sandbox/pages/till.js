/** The demo till: a partner's POS page, as plain as one can be written, around one `<staff-assign>`. */

import { readBook, readConfig, readGuides, readOrders, renewOrders, resetSandbox } from "./backend.js";
import { byId } from "./common/dom.js";
import { logEvents } from "./common/event-log.js";
import { loadElement } from "./edge-script.js";
import { clockTime } from "./format.js";
import { hideNotice, showNotice } from "./notice.js";
import { loadPreferences, savePreferences } from "./preferences.js";
import { renderQueue } from "./queue.js";
import { followServices, restoreServices } from "./services.js";
import { renderSettings } from "./settings.js";
import { translator } from "./strings.js";
import { renderPayment, renderTicket } from "./ticket.js";
import { wireTools } from "./tools.js";
import { renderUpstream } from "./upstream.js";

const staffAssign = /** @type {import("./services.js").StaffAssign} */ (byId("assign").querySelector("staff-assign"));

let preferences = loadPreferences();
let online = true;
/** @type {import("./backend.js").Order[]} */
let orders = [];
/** @type {import("./backend.js").Guide[]} */
let guides = [];
/** @type {import("./backend.js").Book | undefined} */
let book;
/** @type {string | undefined} */
let chosen;
/** @type {Map<string, import("./queue.js").Service>} */
const services = new Map();
/** @type {Map<string, number>} order to the moment of its payment */
const paid = new Map();
/** @type {Set<() => Promise<void>>} what the backend has not answered */
const unanswered = new Set();
let isCatchingUp = false;

function render() {
  const text = translator(preferences.language);
  const view = { services, paid, chosen, language: preferences.language, text };
  const root = document.documentElement;
  root.lang = preferences.language;
  root.dataset.theme = preferences.theme;
  root.dataset.density = preferences.density;
  document.title = text("title");
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-text]"))) {
    place.textContent = text(/** @type {import("./strings.js").Key} */ (place.dataset.text));
  }

  const listed = orders.filter(({ channel }) => preferences.channel === "all" || channel === preferences.channel);
  byId("count").textContent = String(listed.filter(({ order }) => !paid.has(order)).length);
  renderQueue(byId("queue"), listed, view, choose);

  const order = orders.find((candidate) => candidate.order === chosen);
  document.body.dataset.view = order ? "order" : "queue";
  renderTicket(byId("ticket"), order, view, () => choose(undefined));
  renderPayment(byId("payment"), order, view, () => {
    if (chosen) paid.set(chosen, Date.now());
    render();
  });
  renderAssign(order, text);
  renderUpstream(byId("upstream"), book, text);
}

/**
 * @param {import("./backend.js").Order | undefined} order
 * @param {(key: import("./strings.js").Key) => string} text
 */
function renderAssign(order, text) {
  byId("assign").hidden = !order;
  byId("assign-title").textContent = text(order?.channel === "tmall" ? "dispatch" : "serve");
  staffAssign.setAttribute("lang", preferences.language);
  if (preferences.theme === "auto") staffAssign.removeAttribute("theme");
  else staffAssign.setAttribute("theme", preferences.theme);
  staffAssign.toggleAttribute("compact", preferences.density === "compact");
  if (!order || staffAssign.getAttribute("order") === order.order) return;
  staffAssign.setAttribute("channel", order.channel);
  if (order.orderKind) staffAssign.setAttribute("order-kind", order.orderKind);
  else staffAssign.removeAttribute("order-kind");
  staffAssign.setAttribute("order", order.order);
  // another order, another guide: what was chosen but not submitted does not move along
  staffAssign.guide = undefined;
  staffAssign.guideName = undefined;
  staffAssign.guides = guides.filter(({ channel }) => channel === order.channel).map(({ id, name }) => ({ id, name }));
}

function renderTools() {
  renderSettings(byId("settings"), {
    preferences,
    online,
    text: translator(preferences.language),
    onchange(change) {
      preferences = { ...preferences, ...change };
      savePreferences(preferences);
      if (change.language) renderTools();
      render();
    },
    ononline(wanted) {
      online = wanted;
      if (online) staffAssign.flush?.();
    },
    onreset: () => reset().catch(failed),
    onfailed: failed,
  });
}

/** @param {string | undefined} order */
function choose(order) {
  chosen = order;
  render();
}

async function reset() {
  await resetSandbox();
  services.clear();
  paid.clear();
  chosen = undefined;
  staffAssign.reset?.();
  [orders, book] = await Promise.all([renewOrders(), readBook()]);
  renderTools();
  choose(orders[0]?.order);
}

async function start() {
  [orders, guides, book] = await Promise.all([readOrders(), readGuides(), readBook()]);
  restoreServices(services, book, guides);
  // on a narrow screen the list comes first, a wide one has room for both
  if (matchMedia("(min-width: 960px)").matches) chosen ??= orders[0]?.order;
  render();
}

async function refreshBook() {
  book = await readBook();
  renderUpstream(byId("upstream"), book, translator(preferences.language));
}

/**
 * @param {unknown} error
 * @param {() => Promise<void>} [again] asks the backend once more, and changes nothing there
 */
function failed(error, again = refreshBook) {
  console.error(error);
  unanswered.add(again);
  showNotice(byId("notices"), "backendDown", translator(preferences.language), () => location.reload());
}

/** @param {() => Promise<void>} work */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    failed(error, work);
    return;
  }
  unanswered.delete(work);
  if (unanswered.size === 0) hideNotice(byId("notices"), "backendDown");
}

/** Asks again for what the backend has not answered, and takes the notice away once it has. */
async function catchUp() {
  if (isCatchingUp) return;
  isCatchingUp = true;
  await Promise.all([...unanswered].map(attempt));
  isCatchingUp = false;
}

async function connectEdge() {
  const config = await readConfig();
  staffAssign.setAttribute("endpoint", config.edgeOrigin);
  try {
    await loadElement(config);
  } catch (error) {
    console.error(error);
    showNotice(byId("notices"), "edgeDown", translator(preferences.language), () => location.reload());
  }
}

function tick() {
  byId("clock").textContent = clockTime(Date.now());
  catchUp();
}

staffAssign.fetch = (...call) => (online ? fetch(...call) : Promise.reject(new TypeError("the till is cut off")));
logEvents(document, byId("events"));
followServices(staffAssign, services, () => {
  render();
  attempt(refreshBook);
});
wireTools(byId("tools"), byId("tools-toggle"), byId("tools-close"), () => attempt(refreshBook));
render();
renderTools();
tick();
setInterval(tick, 5000);
addEventListener("online", catchUp);
attempt(start);
attempt(connectEdge);
