/** What frameworks may set on the tag: attributes by their own names, and what only a property can carry. */
import type { StaffAssignElement } from "./index.js";

type Kebab<Name extends string> = Name extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `-${Lowercase<Head>}`}${Kebab<Tail>}`
  : Name;

type AttributeProperty =
  | "endpoint"
  | "channel"
  | "order"
  | "orderKind"
  | "guide"
  | "guideMobile"
  | "guideName"
  | "storeId"
  | "operator"
  | "checkReason"
  | "sessionUrl"
  | "dpop"
  | "theme"
  | "scanner"
  | "disabled"
  | "name"
  | "compact"
  | "auto"
  | "remember"
  | "queueMaxAge";

/** No attribute can carry them: the element has to be defined before the framework renders. */
type PropertyOnly = "session" | "strings" | "fetch" | "extension";

export type StaffAssignAttributes = {
  [Name in AttributeProperty as Kebab<Name>]?: StaffAssignElement[Name] | undefined;
} & {
  [Name in PropertyOnly]?: StaffAssignElement[Name] | undefined;
} & {
  /** A list or loader where the element is defined before rendering; JSON text works at any time. */
  guides?: StaffAssignElement["guides"] | string;
};

/** The same in camelCase, as Vue names them. */
export type StaffAssignProps = {
  [Name in AttributeProperty | PropertyOnly]?: StaffAssignElement[Name] | undefined;
} & {
  guides?: StaffAssignElement["guides"] | string;
};
