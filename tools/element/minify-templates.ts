/** Takes the white space and the long names out of css`…`, and the tag away: the minifier leaves template literals alone. */
import type { Plugin } from "vite";
import { nodesOf } from "./nodes-of.ts";

interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

/** The element's own dashed names get one letter, the first of theirs that is free; the page's `--staff-assign-*` stay. */
function createShortener() {
  const letters = new Map<string, string>();
  return (name: string) => {
    const isFree = (letter: string) => /[a-z]/.test(letter) && ![...letters.values()].includes(letter);
    const letter = letters.get(name) ?? Array.from(`${name}abcdefghijklmnopqrstuvwxyz`).find(isFree) ?? name;
    letters.set(name, letter);
    return letter;
  };
}

const minifyCss = (css: string, shorten: (name: string) => string) =>
  css
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,>]) ?/g, "$1")
    .replace(/: /g, ":")
    .replace(/;}/g, "}")
    .replace(/(?<![\w-])--(?!staff-assign-)([\w-]+)/g, (_, name: string) => `--${shorten(name)}`)
    .trim();

export function minifyTemplates(): Plugin {
  const shorten = createShortener();
  return {
    name: "minify-templates",
    enforce: "post",
    transform(code, id) {
      if (!/\/component\/.*\.ts$/.test(id)) return null;
      const edits: { start: number; end: number; text: string }[] = [];
      for (const node of nodesOf(this.parse(code) as unknown as Node)) {
        if (node.type !== "TaggedTemplateExpression") continue;
        const { tag, quasi } = node as unknown as { tag: Node; quasi: { quasis: Node[] } };
        if (tag.name !== "css") continue;
        edits.push({ start: tag.start, end: tag.end, text: "" });
        for (const { start, end } of quasi.quasis)
          edits.push({ start, end, text: minifyCss(code.slice(start, end), shorten) });
      }
      let minified = code;
      for (const { start, end, text } of edits.sort((a, b) => b.start - a.start)) {
        minified = minified.slice(0, start) + text + minified.slice(end);
      }
      return { code: minified, map: null };
    },
  };
}
