/** `window.staffAssign.defaults`: what a page says once for all its elements. Read when needed, own members only. */

import type { StaffAssignInputs } from "./inputs.ts";
import { own } from "./own.ts";

export type PageDefaults = Partial<
  Pick<
    StaffAssignInputs,
    | "endpoint"
    | "channel"
    | "storeId"
    | "operator"
    | "sessionUrl"
    | "session"
    | "dpop"
    | "lang"
    | "theme"
    | "scanner"
    | "auto"
    | "remember"
    | "queueMaxAge"
    | "guides"
    | "strings"
    | "fetch"
  >
>;

export const defaultsOf = <K extends keyof PageDefaults>(name: K): PageDefaults[K] =>
  own(own(own(self, "staffAssign"), "defaults"), name) as PageDefaults[K];
