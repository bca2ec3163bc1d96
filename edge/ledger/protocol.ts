/** What crosses RPC between the Worker and the Ledger object: plain data only. */
import type {
  Assignment,
  AssignmentQuery,
  AssignmentRequest,
  GuideQuery,
  GuideRegistration,
  GuideSearch,
  GuideUpdate,
} from "../../shared/contract.ts";
import type { Caller } from "../access/caller.ts";
import type { Limits } from "../config.ts";
import type { Failure } from "../problem.ts";
import type { TraceParent } from "../trace-parent.ts";

/** Every call carries who makes it; the object admits it in the same turn in which it acts. */
export interface Call {
  caller: Caller;
  limits: Limits;
  requestId: string;
  /** set when the session's home shard has admitted the call already */
  admitted?: boolean;
}

export interface AssignCall extends Call {
  request: AssignmentRequest;
  idempotencyKey?: string;
  /** the caller's trace, for the log alone */
  trace?: TraceParent;
}

export interface ListCall extends Call {
  query: AssignmentQuery;
}

/** An assignment as the ledger tells it; the route turns the failure into a problem document. */
export type AssignmentRecord = Omit<Assignment, "problem"> & {
  failure?: Failure;
  /** pending only: seconds until the next attempt */
  retryAfterSeconds?: number;
};

export interface RecordPage {
  data: AssignmentRecord[];
  nextCursor?: string;
}

export type GuideOperation =
  | { kind: "list"; query: GuideQuery }
  | { kind: "search"; query: GuideSearch }
  | { kind: "register"; guide: GuideRegistration }
  | { kind: "update"; id: string; update: GuideUpdate };

/** The part of a tenant that an object's name holds. */
export interface LedgerName {
  merchant: string;
  subMchid?: string;
  shard: number;
}
