/** What a cashier reads, by language and key: the one place where tests learn where the element keeps its sentences. */
import { en } from "../../component/locales/en.ts";
import { zhCN } from "../../component/locales/zh-CN.ts";

export const sentences: Record<"zh-CN" | "en", Record<string, string>> = { "zh-CN": zhCN, en };
