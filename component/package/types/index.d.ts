/**
 * The element as partners see it. The manifest for editors and the attribute tables of frameworks are made from this file;
 * a test holds it against the source.
 */
import type { ElementCode, ProblemCode, ProblemReason, StaffAssignTextKey } from "./codes.js";
import type {
  Assignment,
  ChannelName,
  Fetch,
  GuideSource,
  OrderKind,
  Problem,
  SessionCallback,
  SubmitResult,
} from "./contract.js";
import type { StaffAssignEventMap } from "./events.js";

export type * from "./codes.js";
export type * from "./contract.js";
export type { StaffAssignEventMap } from "./events.js";

/** The edge's problem codes and those that only the element reports. */
export type StaffAssignCode = ProblemCode | ElementCode;

/** Texts in place of the element's own: sentences by code or reason, labels by name; `{guide}` and the like are filled in. */
export type StaffAssignStrings = Record<StaffAssignTextKey | ProblemCode | ElementCode | ProblemReason, string>;

/** The only error that the element's methods reject with. `message` is for developers, in English. */
export declare class StaffAssignError extends Error {
  /** one of the closed set of codes */
  readonly code: StaffAssignCode;
  /** the edge's RFC 9457 answer, where there was one */
  readonly problem: Problem | undefined;
  /** for support */
  readonly requestId: string | undefined;
  /** the member of the request that is wrong: `order`, `guide.id` */
  readonly field: string | undefined;
  /** whether the same call may succeed later */
  readonly retryable: boolean;
  constructor(code: StaffAssignCode, message?: string, problem?: Problem, field?: string);
}

/** The state on show. */
export type StaffAssignState = "idle" | "busy" | "done" | "pending" | "queued" | "error" | "expired";

/**
 * A cashier says who served an order. The element takes order and guide, calls the edge, and shows one plain answer.
 *
 * @tag staff-assign
 * @tagname staff-assign
 *
 * @slot - Shown until the element works and where it cannot; `<option value="id">Name</option>` in it are the people to choose from.
 * @slot before-submit - Above the button.
 * @slot done - Below the receipt of a confirmed assignment.
 *
 * @event {StaffAssignReadyEvent} staff-assign-ready - The element has rendered and can be used.
 * @event {StaffAssignScanEvent} staff-assign-scan - A scanner delivered a code; cancel it to keep the element from taking it.
 * @event {StaffAssignChangeEvent} staff-assign-change - The cashier changed order or guide; not sent for what the page sets.
 * @event {StaffAssignSubmitEvent} staff-assign-submit - Before an assignment is asked for; cancel it to stop that.
 * @event {StaffAssignSuccessEvent} staff-assign-success - The platform has confirmed the assignment.
 * @event {StaffAssignPendingEvent} staff-assign-pending - The edge has the assignment and goes on with it; an outcome follows.
 * @event {StaffAssignQueuedEvent} staff-assign-queued - The network is gone; the intent waits on this till.
 * @event {StaffAssignErrorEvent} staff-assign-error - Something failed; `code` is of the closed set.
 * @event {StaffAssignSessionExpiredEvent} staff-assign-session-expired - No session works any more: the page has to sign in again.
 *
 * @csspart form - The whole of it.
 * @csspart label - The caption of a field.
 * @csspart input - The text field of a field.
 * @csspart order - The field of the order.
 * @csspart guide - The field of the guide.
 * @csspart listbox - The list of people.
 * @csspart option - One person of the list.
 * @csspart submit - The main button.
 * @csspart message - The line that says how things stand.
 *
 * @cssstate idle - Waits for order, guide or the button.
 * @cssstate busy - Asks the edge.
 * @cssstate done - Confirmed.
 * @cssstate pending - The edge goes on; the outcome follows.
 * @cssstate queued - Recorded on this till until the network is back.
 * @cssstate error - Failed; the message says what to do.
 * @cssstate expired - Waits for a session that works.
 *
 * @cssproperty --staff-assign-accent - Main button and marks.
 * @cssproperty --staff-assign-on-accent - Text on the accent.
 * @cssproperty --staff-assign-ink - Text.
 * @cssproperty --staff-assign-secondary - Quieter text.
 * @cssproperty --staff-assign-line - Borders.
 * @cssproperty --staff-assign-surface - Ground.
 * @cssproperty --staff-assign-sunk - Ground of fields.
 * @cssproperty [--staff-assign-radius=8px] - Corners of fields and buttons.
 * @cssproperty --staff-assign-font - Font family.
 * @cssproperty [--staff-assign-width=480px] - Greatest width.
 */
export declare class StaffAssignElement extends HTMLElement {
  static readonly version: string;
  /** where the script came from */
  static readonly scriptUrl: string | undefined;
  static readonly formAssociated: true;
  /** Names of all attributes. */
  static get observedAttributes(): string[];
  constructor();

  /**
   * Origin of the edge; default: where the script came from. With the npm package it has to be set.
   * @attr endpoint
   */
  endpoint: string | undefined;
  /**
   * The platform; `wechat` when not set.
   * @attr channel
   * @type {"wechat" | "tmall"}
   */
  channel: ChannelName | undefined;
  /**
   * The order to assign: WeChat `out_trade_no`; for Tmall what `orderKind` says.
   * @attr order
   */
  order: string | undefined;
  /**
   * Tmall only: what `order` is; `workcard` when not set.
   * @attr order-kind
   * @type {"workcard" | "outer" | "fulfil-task"}
   */
  orderKind: OrderKind | undefined;
  /**
   * Id of the guide or worker, as text.
   * @attr guide
   */
  guide: string | undefined;
  /**
   * Tmall only: the worker's mobile, instead of an id.
   * @attr guide-mobile
   */
  guideMobile: string | undefined;
  /**
   * Name shown to the cashier.
   * @attr guide-name
   */
  guideName: string | undefined;
  /**
   * Store whose guides are offered; default: the session's.
   * @attr store-id
   */
  storeId: string | undefined;
  /**
   * Tmall only: `provider` or `store` (then with `store-id`).
   * @attr operator
   * @type {"provider" | "store"}
   */
  operator: string | undefined;
  /**
   * Tmall only: a check reason that the merchant allows.
   * @attr check-reason
   */
  checkReason: string | undefined;
  /** Tmall only: `ext_json`, a flat object of strings. */
  extension: Record<string, string> | undefined;
  /**
   * Address on the page's own origin that answers a POST with a session.
   * @attr session-url
   */
  sessionUrl: string | undefined;
  /** Obtains a session; instead of `sessionUrl`. */
  session: SessionCallback | undefined;
  /**
   * Bind the session to a key of this page (RFC 9449); needs https.
   * @attr dpop
   */
  dpop: boolean;
  /**
   * `zh-CN` or `en`; default: the nearest ancestor's, then the browser's.
   * @attr lang
   * @type {"zh-CN" | "en"}
   */
  lang: string;
  /**
   * `light` or `dark`; default: what the page's `color-scheme` says.
   * @attr theme
   * @type {"light" | "dark"}
   */
  theme: string | undefined;
  /**
   * Where scans are taken: `field` (default), `page` or `off`.
   * @attr scanner
   * @type {"field" | "page" | "off"}
   */
  scanner: string | undefined;
  /**
   * As on form fields.
   * @attr disabled
   */
  disabled: boolean;
  /**
   * Name in the form; the value is the id of the assignment once it is done.
   * @attr name
   */
  name: string | undefined;
  /**
   * One row of 56 px.
   * @attr compact
   */
  compact: boolean;
  /**
   * Assign as soon as order and guide are known, without a tap.
   * @attr auto
   */
  auto: boolean;
  /**
   * Keep the guide for the next order on this till.
   * @attr remember
   */
  remember: boolean;
  /**
   * Seconds after which a queued intent is no longer sent; 900 when not set.
   * @attr queue-max-age
   */
  queueMaxAge: number | string | undefined;
  /**
   * The people to choose from: an array, or a function that loads them; as an attribute JSON.
   * @attr guides
   */
  guides: GuideSource | undefined;
  /** Texts of the partner's own, by key. */
  strings: Partial<StaffAssignStrings> | undefined;
  /** Stands in for `fetch` in calls to the edge and to `sessionUrl`. */
  fetch: Fetch | undefined;

  /** The state on show; also `:state()` and `data-state`. */
  get state(): StaffAssignState;
  /** The confirmed or pending assignment. */
  get assignment(): Assignment | undefined;
  /** How many intents of this till are not done yet, the present one not counted. */
  get unfinished(): number;
  /** Resolves after the next rendering. */
  updateComplete: Promise<void>;

  /**
   * Assigns; the same order and guide again joins what is under way. With `timeoutMs` it answers at the latest then, while
   * the work goes on. Rejects only with a `StaffAssignError`.
   */
  submit(options?: { timeoutMs?: number }): Promise<SubmitResult>;
  /** Tries what failed or waits once more. Rejects only with a `StaffAssignError`. */
  retry(): Promise<SubmitResult>;
  /** Empties the element for the next order; what is under way goes on. */
  reset(): void;
  /** Takes up what earlier pages left; resolves to the number of intents that are not done. */
  flush(): Promise<number>;
  /** Focuses the field that is to be filled next, else the button. */
  focus(options?: FocusOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "staff-assign": StaffAssignElement;
  }
  /** The events bubble: `document` and every ancestor hear them too. */
  interface GlobalEventHandlersEventMap extends StaffAssignEventMap {}
  interface Window {
    /** What a page says once for all its elements, and what the script adds. */
    staffAssign?: StaffAssignPage;
  }
}

export interface StaffAssignPage {
  defaults?: StaffAssignDefaults;
  readonly version?: string;
  readonly StaffAssignElement?: typeof StaffAssignElement;
  readonly StaffAssignError?: typeof StaffAssignError;
}

/** Defaults for all elements of a page: `window.staffAssign = { defaults }`, before or after the script. */
export type StaffAssignDefaults = Partial<
  Pick<
    StaffAssignElement,
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
