/** Chooses the language and fills in the blanks. */
import { own } from "../own.ts";
import { sentences } from "./sentences.ts";
import type { Strings } from "./zh-CN.ts";

export type { Strings };
export type Text = (key: keyof Strings, values?: Record<string, string | number>) => string;

/** Language of the element itself, else of its nearest ancestor (also across shadow roots), else of the browser. */
export function languageOf(element: HTMLElement, wanted: string | undefined): string {
  let tag = wanted;
  for (let node: Node | null = element; node && !tag; node = node.parentNode || (node as ShadowRoot).host) {
    tag = (node as HTMLElement).lang;
  }
  return /^zh\b/i.test(tag || navigator.language) ? "zh-CN" : "en";
}

export function textIn(language: string, overrides: unknown): Text {
  const strings = sentences[language] as Strings;
  return (key, values) =>
    String(own(overrides, key) || strings[key]).replace(/\{(\w+)\}/g, (_, name) => String(own(values, name)));
}

/** The sentence for a failure: that of the reason, else of the code, else the general one. */
export function sentenceFor(text: Text, code: string, reason: string | undefined): string {
  const known = [reason, code].find((key) => key && own(sentences.en, key));
  return text((known || "internal_error") as keyof Strings);
}
