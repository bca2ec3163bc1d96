/** Lets the next call of a platform go wrong, through the sandbox's control interface. */

import { clearFaults, queueFault } from "./backend.js";
import { el } from "./common/dom.js";

/** What a shop meets, a few of many: every fault the sandbox knows has a name that its control interface takes. */
const offered = /** @type {const} */ ({
  wechat: [
    "SLOW",
    "RESET_AFTER",
    "HTML_502",
    "UNSIGNED",
    "WRONG_SIGNATURE",
    "SYSTEM_ERROR",
    "RATE_LIMIT",
    "ORDER_FORMAT",
    "NO_AUTH",
    "SIGN_ERROR",
  ],
  tmall: [
    "SLOW",
    "HTML_502",
    "REMOTE_TIMEOUT_AFTER",
    "WORKER_UNKNOWN",
    "SERVICE_EXPIRED",
    "TAKEN",
    "APP_CALL_LIMITED",
    "INVALID_SESSION",
  ],
});

/**
 * @param {(key: import("./strings.js").Key) => string} text
 * @param {(error: unknown) => void} onfailed
 */
export function failureControl(text, onfailed) {
  const status = el("p", { class: "hint", role: "status" });
  const select = el(
    "select",
    { id: "failure", onchange: () => set(select.value) },
    el("option", { value: "" }, text("noFailure")),
    .../** @type {const} */ (["wechat", "tmall"]).map((channel) =>
      el(
        "optgroup",
        { label: text(channel) },
        ...offered[channel].map((fault) => el("option", { value: `${channel} ${fault}` }, text(`failure.${fault}`))),
      ),
    ),
  );

  /** @param {string} choice */
  async function set(choice) {
    const [channel, fault] = choice.split(" ");
    try {
      await clearFaults();
      if (fault) await queueFault(channel === "tmall" ? "tmall" : "wechat", fault);
      status.textContent = fault ? text("failureQueued") : "";
    } catch (error) {
      onfailed(error);
    }
  }

  return el("div", { class: "field" }, el("label", { for: "failure" }, text("failure")), select, status);
}
