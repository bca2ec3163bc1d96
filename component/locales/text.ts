/** Chooses the language and fills in the blanks. */
import type { ElementCode, ProblemCode } from "../../shared/problem-codes.ts";
import type { ProblemReason } from "../../shared/problem-reasons.ts";
import { own } from "../own.ts";
import { sentences } from "./sentences.ts";
import type { Strings } from "./zh-CN.ts";

export type { Strings };
/** A partner's own texts: by key of the element's, by code, or by the platform's reason. */
export type OwnTexts = Partial<Record<keyof Strings | ProblemCode | ElementCode | ProblemReason, string>>;
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
    ((own(overrides, key) || strings[key]) as string).replace(
      /\{(\w+)\}/g,
      (_, name) => `\u2068${own(values, name)}\u2069`,
    );
}

/** What went wrong, and what the edge advises. */
export interface Told {
  code: string;
  retryable?: boolean;
  problem?: { reason?: string | undefined; advice?: unknown } | undefined;
}

/** The sentence for a failure: the partner's own for its reason or code, else the edge's, else the element's. */
export function sentenceOf({ code, problem, retryable }: Told, language: string, overrides: unknown): string {
  const said =
    own(overrides, problem && problem.reason) || own(overrides, code) || own(problem && problem.advice, language);
  const ours =
    own(sentences[language], code) ||
    (sentences[language] as Strings)[retryable ? "internal_error" : "invalid_request"];
  return (said || ours) as string;
}
