/** The switches of the demonstration: how the till looks, what it lists, and what goes wrong. */
import { choice } from "./common/choice.js";
import { el, fill } from "./common/dom.js";
import { failureControl } from "./failures.js";

/**
 * @param {HTMLElement} place
 * @param {{
 *   preferences: import("./preferences.js").Preferences,
 *   online: boolean,
 *   text: (key: import("./strings.js").Key) => string,
 *   onchange: (change: Partial<import("./preferences.js").Preferences>) => void,
 *   ononline: (online: boolean) => void,
 *   onreset: () => void,
 *   onfailed: (error: unknown) => void,
 * }} settings
 */
export function renderSettings(place, { preferences, online, text, onchange, ononline, onreset, onfailed }) {
  fill(
    place,
    choice({
      label: text("language"),
      options: [
        ["zh-CN", "中文"],
        ["en", "English"],
      ],
      value: preferences.language,
      onchoose: (language) => onchange({ language }),
    }),
    choice({
      label: text("theme"),
      options: [
        ["auto", text("auto")],
        ["light", text("light")],
        ["dark", text("dark")],
      ],
      value: preferences.theme,
      onchoose: (theme) => onchange({ theme }),
    }),
    choice({
      label: text("density"),
      options: [
        ["roomy", text("roomy")],
        ["compact", text("compact")],
      ],
      value: preferences.density,
      onchoose: (density) => onchange({ density }),
    }),
    choice({
      label: text("channel"),
      options: [
        ["all", text("all")],
        ["wechat", text("wechatShort")],
        ["tmall", text("tmallShort")],
      ],
      value: preferences.channel,
      onchoose: (channel) => onchange({ channel }),
    }),
    choice({
      label: text("network"),
      options: [
        ["online", text("online")],
        ["offline", text("offline")],
      ],
      value: online ? "online" : "offline",
      onchoose: (network) => ononline(network === "online"),
    }),
    failureControl(text, onfailed),
    el("button", { type: "button", class: "quiet outlined", onclick: onreset }, text("reset")),
  );
}
