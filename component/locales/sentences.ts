/** Both languages by their tag. The build packs this file: each key once, the sentences as lines. */
import { en } from "./en.ts";
import { type Strings, zhCN } from "./zh-CN.ts";

export const sentences: Record<string, Strings> = { "zh-CN": zhCN, en };
