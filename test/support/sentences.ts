/** What a cashier reads, by language and code: the one place where tests learn where the sentences are kept. */
import { en } from "../../component/locales/en.ts";
import { sentenceOf } from "../../component/locales/text.ts";
import { zhCN } from "../../component/locales/zh-CN.ts";
import { adviceOf } from "../../edge/advice.ts";
import { elementCodes } from "../../shared/problem-codes.ts";

type Language = "zh-CN" | "en";

const advised = (language: Language) =>
  Object.fromEntries(Object.entries(adviceOf).map(([code, advice]) => [code, advice[language]]));
const byTheElement = (language: Language) =>
  Object.fromEntries(
    elementCodes.map((code) => [code, sentenceOf({ code, retryable: /^(network|timeout)$/.test(code) }, language, {})]),
  );

export const sentences: Record<Language, Record<string, string>> = {
  "zh-CN": { ...zhCN, ...byTheElement("zh-CN"), ...advised("zh-CN") },
  en: { ...en, ...byTheElement("en"), ...advised("en") },
};
