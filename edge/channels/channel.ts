/**
 * The one interface that a channel implements. A channel turns an intent into one exchange with its platform and the
 * platform's answer into a verdict; it keeps no assignment, schedules no retry and knows no HTTP request of ours.
 */
import type {
  ChannelName,
  Guide,
  GuidePage,
  GuideQuery,
  GuideRegistration,
  GuideSearch,
  GuideUpdate,
  GuideView,
  OrderKind,
  OrderState,
} from "../../shared/contract.ts";
import type { Failure, Result } from "../problem.ts";
import type { Telemetry } from "../telemetry.ts";

/** Who is to serve: identity is the id, else the mobile, never the name. */
export type GuideReference = { id: string; name?: string } | { mobile: string; name?: string };

/** What is to be assigned: everything a send, a resend and a read-back need. */
export interface AssignmentIntent {
  channel: ChannelName;
  order: string;
  /** Tmall only */
  orderKind?: OrderKind;
  guide: GuideReference;
  /** WeChat partner mode: the sub-merchant that the session names */
  subMchid?: string;
  /** Tmall: who acts; `store` comes with `storeId` */
  operator?: "provider" | "store";
  storeId?: string;
  extension?: Record<string, string>;
  checkReason?: string;
}

export interface AttemptOptions {
  /** An earlier send may have taken effect: a channel whose resend is not safe reads back first. */
  uncertain: boolean;
  /** Whose place this assignment takes, if anybody's: finding one of them on the order is no conflict. */
  replaced?: readonly GuideReference[];
  /** Epoch milliseconds after which the attempt must have ended, headers and body included. */
  deadline: number;
}

/**
 * What one attempt brought. `unsent`: certainly not executed, sending again is safe. `unknown`: sent, no trustworthy
 * answer. `rejected`: a definite no. `taken`: a read-back found another worker on the order, whose
 * name is masked.
 */
export type Verdict =
  | { kind: "assigned"; evidence: "answer" | "read-back"; upstreamRequestId?: string }
  | { kind: "rejected"; failure: Failure }
  | { kind: "unsent"; failure: Failure; retryAfterMs?: number }
  | { kind: "unknown"; failure: Failure; retryAfterMs?: number }
  | { kind: "taken"; guide: GuideReference; upstreamRequestId?: string };

/** The guides of a store, where the platform keeps them. Each call answers at once: a value or a failure. */
export interface GuideDirectory {
  list(query: GuideQuery & { subMchid?: string }): Promise<Result<GuidePage>>;
  search(query: GuideSearch & { subMchid?: string }): Promise<Result<GuidePage>>;
  register(guide: GuideRegistration & { subMchid?: string }): Promise<Result<Pick<Guide, "id">>>;
  update(id: string, update: GuideUpdate & { subMchid?: string }): Promise<Result<null>>;
}

/**
 * An order as the platform has it, card by card: whose store, and who is on it, masked. No member: the platform tells none.
 * Who may see which card is the ledger's to decide.
 */
export interface OrderSight extends Omit<OrderState, "guide"> {
  cards: readonly { storeId?: string; guide?: GuideView }[];
}

/** An order by which a platform can be asked. */
export interface OrderReference {
  order: string;
  orderKind: OrderKind;
}

export interface Channel {
  readonly name: ChannelName;
  /** @returns why this is not to be sent at all: asked before the order is taken from whom it belongs to */
  refusal?(intent: AssignmentIntent): Failure | undefined;
  assign(intent: AssignmentIntent, options: AttemptOptions): Promise<Verdict>;
  readonly guides?: GuideDirectory;
  /** @returns null when the platform has no such order */
  readOrder?(order: OrderReference): Promise<Result<OrderSight | null>>;
}

/** What a channel is given by the object that runs it, so that tests can give something else. */
export interface ChannelRuntime {
  fetch: typeof fetch;
  /** epoch milliseconds */
  now: () => number;
  /** random in [0, 1): jitter and probe choice only, never a nonce */
  random: () => number;
  telemetry: Telemetry;
}
