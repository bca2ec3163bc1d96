/**
 * Carries intents to their outcome, for all elements of a page that share an endpoint and a session. One order and
 * guide is one job: who submits it again joins it. A timeout is not a failure; only an answer ends a job.
 */
import type { Assignment, AssignmentRequest } from "../shared/contract.ts";
import type { AssignmentAnswer, AssignmentClient } from "./assignment-client.ts";
import { backoff, monotonicNow, randomId } from "./clock.ts";
import { StaffAssignError } from "./errors.ts";
import { deleteIntent, exclusively, type Intent, putIntent, readIntents } from "./outbox.ts";

/** `expired`: waits for a session that works */
export type Phase = "busy" | "queued" | "pending" | "expired" | "done" | "error";

export interface Job {
  _intent: Intent;
  _identity: string;
  _phase: Phase;
  /** survives a reload */
  _stored: boolean;
  _assignment?: Assignment;
  _error: StaffAssignError | undefined;
  /** monotonic ms of its making; undefined when it came from an earlier page */
  _bornAt: number | undefined;
  /** an element shows it */
  _shown?: boolean;
  /** called when the phase changes */
  _waiters: (() => void)[];
  /** ends the present pause */
  _wake?: (() => void) | undefined;
}

export type Listener = (job?: Job) => void;

/** ms for which another tab may ask for an outcome */
const resultKeptMs = 60_000;
/** ms between questions about a pending assignment, when the edge names none */
const pollMs = 2_000;
/** ms by which a clock may be set back without making an intent's age unknown */
const clockToleranceMs = 60_000;

/** keys of the intents that some dispatcher of this page carries: no other takes them up */
const carried = new Set<string>();

const jsonWithout = (value: unknown, dropped: string) =>
  JSON.stringify(value, (name, member) => (name === dropped ? undefined : member));

const wiped = (intent: Intent): Intent => JSON.parse(jsonWithout(intent, "mobile"));

/** What makes two requests the same assignment; the name is for display. */
export const identityOf = (request: AssignmentRequest) => jsonWithout(request, "name");

export const isOpen = ({ _phase }: Job) => _phase !== "done" && _phase !== "error";

export class Dispatcher {
  readonly _client: AssignmentClient;
  readonly _jobs = new Map<string, Job>();
  /** ended without success and not seen yet, from this page or an earlier one */
  readonly _failures = new Map<string, Intent>();
  private readonly _listeners = new Set<Listener>();

  constructor(client: AssignmentClient) {
    this._client = client;
  }

  /** @returns ends the subscription; when the last one ends, sends in flight are aborted and stay in the outbox */
  _subscribe(listener: Listener): () => void {
    this._listeners.add(listener);
    return () => {
      this._listeners.delete(listener);
      // A move in the DOM ends one subscription and begins another in the same task.
      Promise.resolve().then(() => {
        if (this._listeners.size) return;
        const jobs = [...this._jobs.values()];
        this._jobs.clear();
        this._client._abort();
        for (const job of jobs) {
          // Not a failure: the outbox has it, and the next page takes it up.
          if (job._phase === "busy") this._enter(job, "queued");
          job._wake?.();
        }
      });
    };
  }

  _submit(request: AssignmentRequest, maxAgeMs: number): Job {
    const identity = identityOf(request);
    const running = this._jobs.get(identity);
    if (running) {
      this._retry(running);
      return running;
    }
    const { _endpoint: endpoint, _session } = this._client;
    const createdAt = Date.now();
    const intent: Intent = { key: randomId(), endpoint, tenant: _session._tenant, request, createdAt, maxAgeMs };
    return this._start(intent, "busy", monotonicNow());
  }

  /** Tries a waiting job at once. */
  _retry(job: Job) {
    if (job._phase === "expired" || job._phase === "queued") this._enter(job, "busy");
    job._wake?.();
  }

  /** Takes up what earlier pages left behind, and tries what waits. @throws StaffAssignError of the session */
  async _flush(): Promise<void> {
    for (const job of this._jobs.values()) job._wake?.();
    const { _endpoint, _session } = this._client;
    const intents = (await readIntents()).filter(({ endpoint }) => endpoint === _endpoint);
    if (!intents.length) return;
    await _session._get();
    for (const intent of intents) {
      const { key, tenant, result, failure, endedAt } = intent;
      // Another shop's intents wait for that shop's session; those of no shop are shown, never sent.
      if (carried.has(key) || (tenant && tenant !== _session._tenant)) continue;
      if (result) {
        if (Math.abs(Date.now() - (endedAt || 0)) > resultKeptMs) await deleteIntent(key);
      } else if (failure) this._failures.set(key, intent);
      else if (!tenant && isTooOld(intent)) await this._keepFailure(intent, new StaffAssignError("queue_expired"));
      // A job under way for the same order and guide finds the older intent by itself.
      else if (tenant && this._listeners.size && !this._jobs.has(identityOf(intent.request))) {
        this._start(intent, "queued");
      }
    }
    this._tell();
  }

  /** A cashier has seen this failure. */
  _acknowledge(key: string) {
    this._failures.delete(key);
    deleteIntent(key).catch(() => {});
    this._tell();
  }

  private _tell(job?: Job) {
    for (const listener of [...this._listeners]) listener(job);
  }

  private _start(intent: Intent, phase: Phase, bornAt?: number): Job {
    const identity = identityOf(intent.request);
    const job: Job = {
      _intent: intent,
      _identity: identity,
      _phase: phase,
      _stored: bornAt === undefined,
      _error: undefined,
      _bornAt: bornAt,
      _waiters: [],
    };
    this._jobs.set(identity, job);
    carried.add(intent.key);
    const dropped = () => carried.delete(intent.key);
    this._run(job)
      .catch((cause) => this._end(job, new StaffAssignError("internal_error", String(cause))))
      .then(dropped, dropped);
    return job;
  }

  private _enter(job: Job, phase: Phase, error?: StaffAssignError) {
    job._phase = phase;
    job._error = error;
    for (const waiter of job._waiters) waiter();
    this._tell(job);
  }

  private async _run(job: Job) {
    let failures = 0;
    await this._store(job);
    while (this._jobs.get(job._identity) === job) {
      let pauseMs: number | undefined;
      try {
        const intent = job._intent;
        const late = !intent.assignmentId && isTooOld(intent, job._bornAt);
        if (late && !intent.sent) throw new StaffAssignError("queue_expired");
        const { _session } = this._client;
        await _session._get();
        const tenant = _session._tenant;
        if (!intent.tenant) {
          intent.tenant = tenant;
          await this._store(job);
        }
        // Another shop's session: this intent waits for its own.
        if (intent.tenant !== tenant) break;
        const answer = await exclusively(tenant + job._identity, async () => {
          const found = await this._attempt(job, late);
          // before the lock is free: the next to hold it finds the outcome and sends nothing
          if (found._assignment.status === "assigned") await this._keepResult(job, found._assignment);
          return found;
        });
        const { _assignment } = answer;
        const { status, problem } = _assignment;
        job._assignment = _assignment;
        failures = 0;
        if (status !== "pending") {
          const code = status === "superseded" ? "already_assigned" : problem ? problem.code : "internal_error";
          const error = status === "assigned" ? undefined : new StaffAssignError(code, status, problem);
          return await this._end(job, error);
        }
        job._intent.assignmentId = _assignment.id;
        await this._store(job);
        this._enter(job, "pending");
        pauseMs = Math.max(500, answer._retryAfterMs || pollMs);
      } catch (cause) {
        if (!(cause instanceof StaffAssignError)) throw cause;
        if (this._jobs.get(job._identity) !== job) return;
        const { code, problem } = cause;
        if (/^(unauthenticated|session_\w+)$/.test(code)) this._enter(job, "expired", cause);
        else if (/^(network|timeout|rate_limited|internal_error)$/.test(code)) {
          // The first failure is often a line that was asleep: it is tried once more before anyone is told.
          if (++failures > 1) this._enter(job, job._intent.assignmentId ? "pending" : "queued", cause);
          pauseMs = Math.max(backoff(failures), (problem?.retryAfter || 0) * 1000);
        } else return await this._end(job, cause);
      }
      await this._pause(job, pauseMs);
    }
    if (this._jobs.get(job._identity) === job) this._jobs.delete(job._identity);
    this._tell();
  }

  /** One exchange with the edge under the lock, or the outcome that another tab has had meanwhile. */
  private async _attempt(job: Job, late: boolean): Promise<AssignmentAnswer> {
    const { key, tenant, createdAt } = job._intent;
    if (job._stored) {
      const kin = (await readIntents()).filter(
        (other) => other.tenant === tenant && identityOf(other.request) === job._identity,
      );
      const failure = kin.map((other) => other.key === key && other.failure).find(Boolean);
      if (failure) throw new StaffAssignError(failure.code);
      const { result } = kin.find(({ endedAt }) => endedAt && endedAt >= createdAt) || {};
      const [elder] = kin.filter((other) => !other.result && !other.failure).sort((a, b) => a.createdAt - b.createdAt);
      if (result || (elder && elder.key !== key)) await deleteIntent(key);
      if (result) return { _assignment: result, _retryAfterMs: 0 };
      job._intent = elder || job._intent;
    }
    const intent = job._intent;
    if (intent.assignmentId) return this._client._read(intent.assignmentId);
    if (late) return this._findSent(intent);
    intent.sent = true;
    await this._store(job);
    return this._client._assign(intent.request, intent.key);
  }

  /** An old intent that may have reached the edge is looked up, not sent again. */
  private async _findSent({ request }: Intent): Promise<AssignmentAnswer> {
    const wanted: { id?: string; mobile?: string } = request.guide;
    const tail = (mobile = "") => mobile.slice(-4);
    const found = (await this._client._find(request)).find(
      ({ guide, status }) =>
        /^(assigned|pending)$/.test(status) &&
        guide &&
        (wanted.id ? guide.id === wanted.id : tail(guide.mobile) === tail(wanted.mobile)),
    );
    if (!found) throw new StaffAssignError("queue_expired");
    return { _assignment: found, _retryAfterMs: 0 };
  }

  private async _store(job: Job) {
    job._stored = await putIntent(job._intent).then(
      () => true,
      () => false,
    );
  }

  /** Personal data goes with the outcome. */
  private _keepResult({ _intent }: Job, assignment: Assignment) {
    const ended = wiped(_intent);
    ended.result = assignment;
    ended.endedAt = Date.now();
    setTimeout(() => deleteIntent(ended.key).catch(() => {}), resultKeptMs);
    return putIntent(ended).catch(() => {});
  }

  private async _end(job: Job, error?: StaffAssignError) {
    this._jobs.delete(job._identity);
    if (error) await this._keepFailure(wiped(job._intent), error);
    this._enter(job, error ? "error" : "done", error);
  }

  private async _keepFailure(intent: Intent, { code, problem }: StaffAssignError) {
    intent.failure = { code, reason: problem?.reason };
    this._failures.set(intent.key, intent);
    await putIntent(intent).catch(() => {});
  }

  /** Until the time has come, or someone wakes the job. */
  private _pause(job: Job, milliseconds?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = milliseconds === undefined ? 0 : setTimeout(resolve, milliseconds);
      job._wake = () => {
        clearTimeout(timer);
        job._wake = undefined;
        resolve();
      };
    });
  }
}

/** Within a page the monotonic clock counts; across pages only the device's, and one set back tells no age. */
function isTooOld({ createdAt, maxAgeMs }: Intent, bornAt?: number): boolean {
  const age = bornAt === undefined ? Date.now() - createdAt : monotonicNow() - bornAt;
  return age > maxAgeMs || age < -clockToleranceMs;
}
