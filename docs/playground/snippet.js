/** The lines that a partner copies: the script pinned by its hash, the tag as it stands on the stage, its colours. */
import { attributes } from "./attributes.js";
import { looks } from "./looks.js";

/**
 * @param {Element} element
 * @param {string} look
 * @param {{ src: string, integrity: string | undefined }} script
 */
export function snippetFor(element, look, { src, integrity }) {
  const pinned = integrity ? ` integrity="${integrity}"` : "";
  const shown = [...attributes.map(({ name }) => name), "lang", "theme"].filter((name) => element.hasAttribute(name));
  const written = shown.map((name) => {
    const value = element.getAttribute(name) ?? "";
    return value === "" ? ` ${name}` : ` ${name}="${escapeAttribute(value)}"`;
  });
  const colours = Object.entries(looks[look]?.properties ?? {}).map(([name, value]) => `  ${name}: ${value};\n`);
  return [
    `<script src="${src}"${pinned} crossorigin></script>`,
    `<staff-assign${written.join("")} session-url="/staff-assign/session"></staff-assign>`,
    ...(colours.length ? ["", `/* CSS */\nstaff-assign {\n${colours.join("")}}`] : []),
  ].join("\n");
}

/** @param {string} value */
const escapeAttribute = (value) => value.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
