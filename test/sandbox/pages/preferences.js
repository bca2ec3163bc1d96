/** What the person at the till has chosen; survives a reload where the browser lets it. */

/**
 * @typedef {{
 *   language: "zh-CN" | "en",
 *   theme: "auto" | "light" | "dark",
 *   density: "roomy" | "compact",
 *   channel: "all" | "wechat" | "tmall",
 * }} Preferences
 */

const storageKey = "demo-till";

const allowed = {
  language: ["zh-CN", "en"],
  theme: ["auto", "light", "dark"],
  density: ["roomy", "compact"],
  channel: ["all", "wechat", "tmall"],
};

/** @type {Preferences} */
const initial = { language: "zh-CN", theme: "auto", density: "roomy", channel: "all" };

/**
 * The address outranks what was stored, so that a link can show the till in a certain way: `?language=en&theme=dark`.
 *
 * @returns {Preferences}
 */
export function loadPreferences() {
  const address = Object.fromEntries(new URLSearchParams(location.search));
  const chosen = { ...stored(), ...address };
  const kept = Object.entries(allowed).filter(([name, values]) => values.includes(chosen[name] ?? ""));
  return { ...initial, ...Object.fromEntries(kept.map(([name]) => [name, chosen[name]])) };
}

/** @param {Preferences} preferences */
export function savePreferences(preferences) {
  try {
    localStorage.setItem(storageKey, JSON.stringify(preferences));
  } catch {
    // a till without storage keeps its choices until it is reloaded
  }
}

/** @returns {Record<string, string>} */
function stored() {
  try {
    return JSON.parse(localStorage.getItem(storageKey) ?? "{}");
  } catch {
    return {};
  }
}
