/**
 * Assigns without any visible part: the element's session, outbox and idempotency for pages that draw for themselves.
 * Entry `staff-assign/client` of the npm package; no part of the script-tag file.
 */
import type { Assignment, AssignmentRequest } from "../shared/contract.ts";
import type { SubmitResult } from "./assignment-flow.ts";
import type { Dispatcher, Job } from "./dispatcher.ts";
import { StaffAssignError } from "./errors.ts";
import type { Fetch } from "./http.ts";
import { type Choice, wrongMember } from "./order.ts";
import { isText } from "./own.ts";
import { dispatcherFor } from "./page.ts";
import type { SessionCallback } from "./session.ts";

export { StaffAssignError };

export interface ClientOptions {
  endpoint: string;
  session: string | SessionCallback;
  dpop?: boolean;
  /** seconds */
  queueMaxAge?: number;
  fetch?: Fetch;
}

export type ClientUpdate = { request: AssignmentRequest } & (
  | { status: "busy" | "queued" | "pending"; assignment: Assignment | undefined }
  | { status: "assigned"; assignment: Assignment }
  | { status: "expired" | "failed"; error: StaffAssignError }
);

export type ClientResult = Exclude<SubmitResult, { status: "canceled" }>;

type TmallRequest = Extract<AssignmentRequest, { channel: "tmall" }>;

/** seconds; the element's default too */
const defaultQueueMaxAge = 900;

export class StaffAssignClient {
  readonly #dispatcher: Dispatcher;
  readonly #maxAgeMs: number;
  /** what is under way, by its key */
  readonly #running = new Map<string, Job>();
  readonly #endings: (() => void)[] = [];

  /** @throws TypeError when `endpoint` or `session` is missing */
  constructor({ endpoint, session, dpop, queueMaxAge, fetch }: ClientOptions) {
    if (!isText(endpoint)) throw new TypeError("endpoint must be the origin of the edge");
    if (!isText(session) && typeof session !== "function") throw new TypeError("session must be a URL or a function");
    this.#dispatcher = dispatcherFor(endpoint.replace(/\/+$/, ""), session, Boolean(dpop), fetch);
    this.#maxAgeMs = 1000 * (Number(queueMaxAge) || defaultQueueMaxAge);
    // Somebody has to listen, or what is under way is given back to the outbox.
    this.#endings.push(
      this.#dispatcher._subscribe((job) => {
        if (!job) return;
        if (job._phase === "done" || job._phase === "error") this.#running.delete(job._intent.key);
        else this.#running.set(job._intent.key, job);
      }),
    );
    this.#takeUp();
  }

  /** @param options `timeoutMs`: answers at the latest then, while the work goes on  @throws StaffAssignError */
  async submit(request: AssignmentRequest, { timeoutMs }: { timeoutMs?: number } = {}): Promise<ClientResult> {
    const job = this.#dispatcher._submit(checked(request), this.#maxAgeMs);
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (late: boolean) => {
        const update = updateOf(job);
        if (settled || (update.status === "busy" && !late)) return;
        settled = true;
        if (update.status === "assigned") resolve({ status: "assigned", assignment: update.assignment });
        else if (update.status === "queued") resolve({ status: "queued", stored: job._stored });
        else if (!("error" in update)) resolve({ status: "pending", assignment: update.assignment });
        else {
          if (update.status === "failed") this.#dispatcher._acknowledge(job._intent.key);
          reject(update.error);
        }
      };
      job._waiters.push(() => settle(false));
      if (timeoutMs !== undefined && timeoutMs >= 0) setTimeout(() => settle(true), timeoutMs);
      settle(false);
    });
  }

  /**
   * Takes up what earlier pages left, and tries what waits.
   * @returns what is not done; a failure is told once and forgotten then. What earlier pages left for a shop is named
   * once that shop's session is there
   */
  async flush(): Promise<ClientUpdate[]> {
    await this.#takeUp();
    const told = this.#dispatcher
      ._leftovers()
      .filter((intent) => !intent.tenant || this.#dispatcher._mayShow(intent) || this.#running.has(intent.key));
    return told.map(({ key, request, failure }): ClientUpdate => {
      const job = this.#running.get(key);
      if (job) return updateOf(job);
      if (!failure) return { request, status: "queued", assignment: undefined };
      this.#dispatcher._acknowledge(key);
      return { request, status: "failed", error: new StaffAssignError(failure.code) };
    });
  }

  /** Hears of every change of every intent. @returns ends it */
  subscribe(listener: (update: ClientUpdate) => void): () => void {
    const end = this.#dispatcher._subscribe((job) => {
      try {
        if (job) listener(updateOf(job));
      } catch (cause) {
        // The page's own mistake is told to the page; the intent goes on.
        setTimeout(() => {
          throw cause;
        });
      }
    });
    this.#endings.push(end);
    return end;
  }

  /** Ends the client; what is not done stays in the outbox. */
  close() {
    for (const end of this.#endings.splice(0)) end();
  }

  #takeUp(): Promise<void> {
    // without storage or session nothing is taken up; a submit tells why
    return this.#dispatcher._flush().catch(() => {});
  }
}

/** In the one form that is stored, compared and sent, whatever the order of its members. @throws StaffAssignError `invalid_request` */
function checked(request: AssignmentRequest): AssignmentRequest {
  const { channel, order, guide } = request;
  const wrong =
    channel !== "wechat" && channel !== "tmall"
      ? "channel"
      : !isText(order)
        ? "order"
        : !guide || Object.values(guide).some((value) => value !== undefined && !isText(value))
          ? "guide"
          : wrongMember(request);
  if (wrong) throw new StaffAssignError("invalid_request", `${wrong} is not right`, undefined, wrong);
  const { id, mobile, name }: Choice = guide;
  const {
    replaces,
    orderKind,
    operator,
    storeId,
    extension,
    checkReason,
  }: Partial<Omit<TmallRequest, "channel" | "guide">> = request;
  const of = id ? { id, name } : { mobile, name };
  const ordered = { channel, order, guide: of, replaces, orderKind, operator, storeId, extension, checkReason };
  return JSON.parse(JSON.stringify(ordered));
}

function updateOf({ _intent: { request }, _phase, _assignment, _error }: Job): ClientUpdate {
  if (_phase === "done" && _assignment) return { request, status: "assigned", assignment: _assignment };
  if (_phase === "busy" || _phase === "queued" || _phase === "pending") {
    return { request, status: _phase, assignment: _assignment };
  }
  const error = _error ?? new StaffAssignError("internal_error");
  return { request, status: _phase === "expired" ? "expired" : "failed", error };
}
