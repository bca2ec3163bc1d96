/** What travels between a page and the edge. Every id is a string: a JSON number would lose digits. */
import type { ProblemCode, ProblemReason } from "./codes.js";

export type ChannelName = "wechat" | "tmall";
export type OrderKind = "workcard" | "outer" | "fulfil-task";
export type AssignmentStatus = "assigned" | "pending" | "failed" | "superseded";

export interface WechatAssignmentRequest {
  channel: "wechat";
  /** `out_trade_no` */
  order: string;
  /** `name` is for display and is never sent to the platform */
  guide: { id: string; name?: string };
  /** id of the assignment that holds the order and is to give way */
  replaces?: string;
}

interface TmallAssignment {
  channel: "tmall";
  order: string;
  /** an id or a mobile, not both */
  guide: { id?: string; mobile?: string; name?: string };
  /** `store` needs `storeId` */
  operator?: "provider" | "store";
  storeId?: string;
  /** `ext_json`, flat */
  extension?: Record<string, string>;
  checkReason?: string;
  /** id of the assignment that holds the order and is to give way */
  replaces?: string;
}

/** `order` is a work card (default), an id of the tenant's own, or a fulfil task. */
export type TmallAssignmentRequest =
  | (TmallAssignment & { orderKind?: "workcard" })
  | (TmallAssignment & { orderKind: "outer" })
  | (TmallAssignment & { orderKind: "fulfil-task" });

/** The body of `POST /v1/assignments`. */
export type AssignmentRequest = WechatAssignmentRequest | TmallAssignmentRequest;

export interface GuideView {
  id?: string;
  /** masked: 138****5678 */
  mobile?: string;
  name?: string;
}

/** The fact that a guide serves an order. Times are RFC 3339. */
export interface Assignment {
  id: string;
  status: AssignmentStatus;
  channel: ChannelName;
  order: string;
  orderKind?: OrderKind;
  guide?: GuideView;
  createdAt: string;
  assignedAt?: string;
  attempts: number;
  replayed?: boolean;
  /** found on the platform, not made here */
  observed?: boolean;
  upstreamRequestId?: string;
  problem?: Problem;
}

/** What to tell a cashier: a sentence of what happened and one of what to do, by language tag. */
export interface Advice {
  "zh-CN": string;
  en: string;
}

/** RFC 9457 problem document of the edge. */
export interface Problem {
  /** address of a page that explains the code */
  type: string;
  title: string;
  status: number;
  /** for developers, in English */
  detail: string;
  code: ProblemCode;
  /** for support */
  requestId: string;
  retryable: boolean;
  /** what to tell a cashier */
  advice: Advice;
  /** seconds */
  retryAfter?: number;
  /** the member of the request that is wrong, dotted: `guide.id` */
  field?: string;
  /** why the platform refused, where that has a remedy of its own */
  reason?: ProblemReason;
  /** with `already_assigned`: what holds the order, as far as the session may know */
  current?: Partial<Assignment>;
  /** what the platform said; proves nothing, show it as text only */
  upstream?: { code?: string; message?: string; requestId?: string };
  /** the server's clock, when a proof was refused for its time */
  serverTime?: string;
}

/** What `POST /v1/sessions` answered. */
export interface SessionAnswer {
  token: string;
  tokenType: "Bearer" | "DPoP";
  id: string;
  issuedAt: string;
  /** seconds */
  expiresIn: number;
  scope: string;
  merchant: string;
  subMchid?: string;
  storeId?: string;
}

/** Asks the partner's own server for a session; `jkt` is there with `dpop` and must be passed on. */
export type SessionCallback = (need: { jkt?: string }) => Promise<SessionAnswer>;

/** Stands in for `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A person to choose: an id, or on Tmall a mobile. */
export interface GuideOption {
  id?: string | undefined;
  mobile?: string | undefined;
  name?: string | undefined;
  /** number on the badge, or account name: found by search and by scan */
  workId?: string | undefined;
  userId?: string | undefined;
}

/** Called with what was typed; may answer with all or with what fits. */
export type GuideLoader = (query: string) => Promise<readonly GuideOption[]> | readonly GuideOption[];
export type GuideSource = readonly GuideOption[] | GuideLoader;

export type SubmitResult =
  | { status: "assigned"; assignment: Assignment }
  /** the edge has it, or may have it: an event tells the outcome */
  | { status: "pending"; assignment: Assignment | undefined }
  /** waits for the network on this till; `stored`: also over a reload */
  | { status: "queued"; stored: boolean }
  /** a listener cancelled `staff-assign-submit` */
  | { status: "canceled" };
