/** Assigns without any visible part, with the same session, outbox and idempotency as the element. */
import type { Assignment, AssignmentRequest, Fetch, SessionCallback, SubmitResult } from "./contract.js";
import type { StaffAssignError } from "./index.js";

export { StaffAssignError } from "./index.js";

export interface ClientOptions {
  /** Origin of the edge: `https://edge.example`. */
  endpoint: string;
  /** Address on the page's own origin that answers a POST with a session, or a function that obtains one. */
  session: string | SessionCallback;
  /** Bind the session to a key of this page (RFC 9449); needs https. */
  dpop?: boolean;
  /** Seconds after which a queued intent is no longer sent; 900 when not set. */
  queueMaxAge?: number;
  /** Stands in for `fetch`. */
  fetch?: Fetch;
}

/** How an intent of this till stands. */
export type ClientUpdate = { request: AssignmentRequest } & (
  | { status: "busy" | "queued" | "pending"; assignment: Assignment | undefined }
  | { status: "assigned"; assignment: Assignment }
  /** `expired`: waits for a session that works */
  | { status: "expired" | "failed"; error: StaffAssignError }
);

export type ClientResult = Exclude<SubmitResult, { status: "canceled" }>;

export declare class StaffAssignClient {
  /** @throws TypeError when `endpoint` or `session` is missing */
  constructor(options: ClientOptions);
  /**
   * Assigns; the same order and guide again joins what is under way. With `timeoutMs` (milliseconds) it answers at the
   * latest then, while the work goes on. Rejects only with a `StaffAssignError`.
   */
  submit(request: AssignmentRequest, options?: { timeoutMs?: number }): Promise<ClientResult>;
  /**
   * Takes up what earlier pages left in the outbox, and tries what waits. Resolves to what is not done; a failure is told
   * once and forgotten then.
   */
  flush(): Promise<ClientUpdate[]>;
  /** Hears of every change of every intent, also of those that earlier pages left. @returns ends it */
  subscribe(listener: (update: ClientUpdate) => void): () => void;
  /** Ends the client; what is not done stays in the outbox for the next page. */
  close(): void;
}
