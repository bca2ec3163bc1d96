/**
 * Sends assignments and takes in what comes back. A job lives as long as its assignment is open in this process; the
 * outbox row on disk outlives it, and the alarm brings it back.
 */

import type { ChannelName } from "../../shared/contract.ts";
import type { AssignmentIntent, Channel, GuideReference, Verdict } from "../channels/channel.ts";
import type { Result } from "../problem.ts";
import type { Telemetry } from "../telemetry.ts";
import type { TraceParent } from "../trace-parent.ts";
import type { AuditLog } from "./audit.ts";
import { auditSubject, outcomeFields } from "./audit-fields.ts";
import type { Book } from "./book.ts";
import { Inbox } from "./inbox.ts";
import type { Lane, Lanes } from "./lanes.ts";
import { assignmentFields } from "./log-line.ts";
import { conclude, giveUp } from "./outcome.ts";
import { attemptMs, foregroundMs, giveUpAfterMs } from "./schedule.ts";
import { transition } from "./state.ts";
import type { Row, Store } from "./store.ts";

/** Who asked, for the audit of what follows; unknown after a restart. */
export interface Origin {
  session?: string;
  origin?: string;
  requestId?: string;
}

export interface Job {
  row: Row;
  readonly intent: AssignmentIntent;
  readonly from: Origin;
  /** of the call that began it, where it told one */
  readonly trace: TraceParent | undefined;
  inFlight: boolean;
  /** when the attempt under way left, undefined between attempts */
  sentAt: number | undefined;
  nextAttemptAt: number | undefined;
  /** settles when the attempt under way has ended; a later attempt has a promise of its own */
  attempt: Promise<void>;
  /** settles when the assignment has ended */
  readonly ended: Promise<void>;
  readonly end: () => void;
}

export interface RunnerOptions {
  store: Store;
  book: Book;
  audit: AuditLog;
  lanes: Lanes;
  openChannel: (name: ChannelName) => Promise<Result<Channel>>;
  telemetry: Telemetry;
  now: () => number;
  random: () => number;
  /** asks for the alarm at this time, or earlier */
  wake: (at: number) => void;
  identityKey: Uint8Array;
  merchant: string;
}

/** After a crash an assignment that was being sent is taken up again this long after it began. */
export const recoverAfterMs = 20_000;
/** An outcome waits this long for a commit to join before it makes one of its own. */
const flushAfterMs = 50;

export class Runner {
  readonly #options: RunnerOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #lanes: Lanes;
  readonly #inbox = new Inbox();
  #flushTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#lanes = options.lanes;
  }

  job(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  /** What a call waits for before the turn in which it acts; undefined when its send could leave at once. */
  turn(lane: Lane): Promise<void> | undefined {
    return this.#lanes.hasPlace(lane) ? undefined : this.#inbox.join();
  }

  /**
   * Begins a new assignment within the caller's turn: row, outbox and audit entry are one commit, and the send leaves
   * only when that commit is on disk (the runtime's output gate holds it). On disk it is being sent even while it waits
   * for a place: after a crash it then counts as perhaps sent, which costs a repeat or a read-back and saves a commit.
   * @param row in state `intent`
   * @param stored the intent as it goes to disk, sealed where it is personal
   */
  begin(row: Row, intent: AssignmentIntent, stored: string | Uint8Array, from: Origin, trace?: TraceParent): Job {
    const { store, book, now, wake } = this.#options;
    const recoverAt = now() + recoverAfterMs;
    const placed = this.#lanes.tryEnter(row);
    const onDisk = sending(row);
    const job = this.#open(placed ? onDisk : row, intent, from, trace);
    book.insert(onDisk);
    store.putOutbox({ id: row.id, intent: stored, nextAttemptAt: recoverAt });
    wake(recoverAt);
    if (placed) {
      this.#recordSend(job);
      this.#send(job);
    } else {
      this.#queue(job, () => {
        job.row = sending(job.row);
        const at = now();
        book.writeLater(() => this.#recordSend(job, at));
        this.#flushSoon();
      });
    }
    return job;
  }

  /**
   * What a process that is gone was sending: nobody will hear its answer, so it may or may not have taken effect.
   * @returns the row as it is from now on
   */
  interrupted(row: Row): Row {
    if (row.state !== "sending" || this.#jobs.has(row.id)) return row;
    const unknown: Row = { ...row, state: transition(row.state, "no-answer"), uncertain: true };
    this.#options.book.update(unknown);
    return unknown;
  }

  /** Takes up an assignment from disk, or one whose time has come. @returns when its attempt has ended */
  async resume(row: Row, intent: AssignmentIntent): Promise<void> {
    const known = this.#jobs.get(row.id);
    if (known?.inFlight) return known.attempt;
    const job = known ?? this.#open(row, intent, {});
    if (this.#isTimeOver(job.row)) return this.#finish(job, giveUp(job.row));
    this.#try(job);
    return job.attempt;
  }

  /**
   * Another guide is named: the old assignment ends and is never sent again.
   * @param by the assignment that takes its place, and who asked for it
   */
  supersede(row: Row, by: Origin & { id: string }): void {
    const { store, book, audit, now } = this.#options;
    const { id, ...from } = by;
    const superseded: Row = { ...row, state: transition(row.state, "replaced") };
    book.update(superseded);
    store.dropOutbox(row.id);
    audit.append(now(), { event: "superseded", ...auditSubject(row), ...from, by: id, state: superseded.state });
    const job = this.#jobs.get(row.id);
    if (job) {
      job.row = superseded;
      this.#jobs.delete(row.id);
      job.end();
    }
  }

  /** An assignment whose parameters cannot be read any more ends as given up. */
  abandon(row: Row): void {
    const { store, book, audit, now } = this.#options;
    const ended = giveUp(row);
    book.update(ended);
    store.dropOutbox(row.id);
    audit.append(now(), { event: "outcome", ...auditSubject(ended), ...outcomeFields(ended) });
  }

  #open(row: Row, intent: AssignmentIntent, from: Origin, trace?: TraceParent): Job {
    const { promise, resolve } = Promise.withResolvers<void>();
    const job: Job = {
      row,
      intent,
      from,
      trace,
      inFlight: false,
      sentAt: undefined,
      nextAttemptAt: undefined,
      attempt: Promise.resolve(),
      ended: promise,
      end: resolve,
    };
    this.#jobs.set(row.id, job);
    return job;
  }

  /** An open assignment whose turn it is: sends now if there is a place, else when there is one. */
  #try(job: Job): void {
    if (this.#lanes.tryEnter(job.row)) {
      this.#markSending(job);
      this.#send(job);
    } else {
      this.#queue(job, () => this.#markSending(job));
    }
  }

  #queue(job: Job, markSending: () => void): void {
    job.inFlight = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    job.attempt = promise;
    this.#lanes.whenFree(job.row, () => {
      if (this.#isTimeOver(job.row)) {
        // It stood in line for all of its time: sending it now would surprise everybody.
        job.inFlight = false;
        this.#finish(job, giveUp(job.row));
        resolve();
        return false;
      }
      markSending();
      this.#send(job);
      void job.attempt.then(resolve);
      return true;
    });
  }

  /** On disk before the send: from here on a crash means that it may have taken effect. */
  #markSending(job: Job): void {
    job.row = sending(job.row);
    this.#options.book.update(job.row);
    this.#recordSend(job);
  }

  #recordSend({ row, from }: Job, at = this.#options.now()): void {
    this.#options.audit.append(at, { event: "sent", ...auditSubject(row), ...from, attempt: row.attempts });
  }

  #send(job: Job): void {
    job.inFlight = true;
    job.sentAt = this.#options.now();
    job.nextAttemptAt = undefined;
    job.attempt = this.#attempt(job).finally(() => this.#leave(job.row));
  }

  #leave(lane: Lane): void {
    this.#lanes.leave(lane);
    // Nobody in line took the place: whoever waits to get in line may act now.
    if (this.#lanes.hasPlace(lane)) this.#inbox.release();
  }

  async #attempt(job: Job): Promise<void> {
    const { now, random, identityKey } = this.#options;
    const verdict = await this.#verdict(job);
    job.inFlight = false;
    const outcome = conclude(job.row, verdict, now(), random(), identityKey);
    if (outcome.nextAttemptAt === undefined) this.#finish(job, outcome.row, outcome.observed);
    else this.#wait(job, outcome.row, outcome.nextAttemptAt);
  }

  async #verdict(job: Job): Promise<Verdict> {
    const { openChannel, now, telemetry, merchant } = this.#options;
    try {
      const channel = await openChannel(job.row.channel);
      if (!channel.ok) return { kind: "unsent", failure: channel.failure };
      const replaced = this.#replacedBy(job.row);
      return await channel.value.assign(job.intent, {
        uncertain: job.row.uncertain,
        ...(replaced.length > 0 && { replaced }),
        deadline: now() + attemptMs,
      });
    } catch (error) {
      // A bug of ours, and it may have struck after the send: the outcome is unknown, not failed.
      telemetry.log("error", "attempt_threw", { merchant, assignment: job.row.id, error: nameOf(error) });
      return {
        kind: "unknown",
        failure: { code: "internal_error", detail: "The attempt ended with an internal error" },
      };
    }
  }

  /**
   * Whom a read-back may still find without that being a conflict: those replaced one after another, back to the one whose
   * assignment was proved. A mobile is wiped with its outcome, so only ids are known.
   */
  #replacedBy({ replaces }: Row): GuideReference[] {
    const before = replaces === undefined ? undefined : this.#options.book.byId(replaces);
    if (!before) return [];
    const { guide, assignedAt } = before;
    const earlier = assignedAt === undefined ? this.#replacedBy(before) : [];
    return guide.id === undefined ? earlier : [{ id: guide.id }, ...earlier];
  }

  #wait(job: Job, row: Row, nextAttemptAt: number): void {
    const { store, book, audit, now, wake, telemetry, merchant } = this.#options;
    job.row = row;
    job.sentAt = undefined;
    job.nextAttemptAt = nextAttemptAt;
    const labels = { merchant, channel: row.channel, code: row.failure?.code };
    if (row.state === "unknown") telemetry.count("assignment_unknown", labels);
    telemetry.count("assignment_retry", labels);
    book.update(row);
    store.postpone(row.id, nextAttemptAt);
    const at = now();
    audit.append(at, { event: "outcome", ...auditSubject(row), ...job.from, ...outcomeFields(row) });
    wake(nextAttemptAt);
    const delay = nextAttemptAt - at;
    if (delay > foregroundMs) return;
    setTimeout(() => {
      // An alarm may have been here first: then this attempt has been made, and the next one has a time of its own.
      const isDue = this.#jobs.get(row.id) === job && !job.inFlight && job.nextAttemptAt === nextAttemptAt;
      if (isDue) this.#try(job);
    }, delay);
  }

  #finish(job: Job, row: Row, observed?: Row): void {
    const { store, book, audit, telemetry, merchant, now } = this.#options;
    job.row = row;
    this.#jobs.delete(row.id);
    const at = now();
    const record = () =>
      audit.append(at, { event: "outcome", ...auditSubject(row), ...job.from, ...outcomeFields(row) });
    if (observed) {
      book.update(row);
      store.dropOutbox(row.id);
      record();
      book.insert(observed);
      audit.append(at, { event: "observed", ...auditSubject(observed), state: observed.state });
    } else {
      book.updateLater(row, record);
      this.#flushSoon();
    }
    telemetry.log("info", "assignment", assignmentFields(job, merchant, now()));
    job.end();
  }

  #isTimeOver(row: Row): boolean {
    return this.#options.now() >= row.createdAt + giveUpAfterMs;
  }

  #flushSoon(): void {
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = undefined;
      this.#options.book.flush();
    }, flushAfterMs);
  }
}

const sending = (row: Row): Row => ({ ...row, state: transition(row.state, "send"), attempts: row.attempts + 1 });

const nameOf = (error: unknown) => (error instanceof Error ? error.name : typeof error);
