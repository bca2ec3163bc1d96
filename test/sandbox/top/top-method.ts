/** What a method of TOP is to the gateway. */
import type { bookOf } from "../book/book.ts";
import type { TopApp } from "../settings.ts";
import type { TopAnswer } from "./top-answer.ts";

export type ParameterType = "text" | "number" | "numbers" | "boolean" | "date" | "json";

export interface TopMethod {
  name: string;
  needsSession: boolean;
  parameters: Readonly<Record<string, ParameterType>>;
  required: readonly string[];
  run: (call: TopCall) => Promise<TopAnswer>;
}

export interface TopCall {
  app: TopApp;
  method: string;
  values: ReadonlyMap<string, string>;
  book: ReturnType<typeof bookOf>;
  /** a fault strikes before the call is carried out: everything is checked, nothing is done */
  dry: boolean;
  /** epoch milliseconds on TOP's clock */
  now: number;
}
