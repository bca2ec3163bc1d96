/**
 * Carries intents to their outcome, for all elements of a page that share an endpoint and a session. One order and
 * guide is one job: who submits it again joins it. A timeout is not a failure; only an answer ends a job.
 */
import type { Assignment, AssignmentRequest } from "../shared/contract.ts";
import type { AssignmentAnswer, Client } from "./assignment-client.ts";
import { backoff, monotonicNow, randomId } from "./clock.ts";
import { StaffAssignError } from "./errors.ts";
import { type Choice, kindOf } from "./order.ts";
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
  _wake: () => void;
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

export type Dispatcher = ReturnType<typeof createDispatcher>;

export function createDispatcher(client: Client) {
  const { _endpoint: endpoint, _session: session } = client;
  const jobs = new Map<string, Job>();
  /** ended without success and not seen yet, from this page or an earlier one */
  const failures = new Map<string, Intent>();
  const listeners = new Set<Listener>();

  const isCurrent = (job: Job) => jobs.get(job._identity) === job;

  const tell = (job?: Job) => {
    for (const listener of Array.from(listeners)) listener(job);
  };

  const wake = (job: Job) => job._wake();

  const enter = (job: Job, phase: Phase, error?: StaffAssignError) => {
    job._phase = phase;
    job._error = error;
    for (const waiter of job._waiters) waiter();
    tell(job);
  };

  const store = async (job: Job) => {
    job._stored = await putIntent(job._intent).then(
      () => true,
      () => false,
    );
  };

  /** Personal data goes with the outcome. */
  const keepResult = ({ _intent }: Job, assignment: Assignment) => {
    const ended = wiped(_intent);
    ended.result = assignment;
    ended.endedAt = Date.now();
    setTimeout(() => forget(ended.key), resultKeptMs);
    return putIntent(ended).catch(() => {});
  };

  const keepFailure = (intent: Intent, { code, problem }: StaffAssignError) => {
    intent.failure = { code, problem: problem && { reason: problem.reason, advice: problem.advice } };
    failures.set(intent.key, intent);
    return putIntent(intent).catch(() => {});
  };

  async function end(job: Job, error?: StaffAssignError) {
    jobs.delete(job._identity);
    if (error) await keepFailure(wiped(job._intent), error);
    enter(job, error ? "error" : "done", error);
  }

  /**
   * An old intent that may have reached the edge is looked up, not sent again. Who was named by mobile cannot be told
   * from four digits: that intent is shown as not done.
   */
  async function findSent(intent: Intent): Promise<AssignmentAnswer> {
    const { request } = intent;
    const { id }: Choice = request.guide;
    const found = (await client._find(intent)).find(
      (known) =>
        /^(assigned|pending)$/.test(known.status) &&
        kindOf(known) === kindOf(request) &&
        id &&
        known.guide &&
        known.guide.id === id,
    );
    if (!found) throw new StaffAssignError("queue_expired");
    return { _assignment: found, _retryAfterMs: 0 };
  }

  /** One exchange with the edge under the lock, or the outcome that another tab has had meanwhile. */
  async function attempt(job: Job, late: boolean, hold: () => Promise<void>): Promise<AssignmentAnswer> {
    if (job._stored) {
      const { key, tenant, createdAt } = job._intent;
      const kin = (await readIntents()).filter(
        (other) => other.tenant === tenant && identityOf(other.request) === job._identity,
      );
      const own = kin.find((other) => other.key === key);
      if (own && own.failure) throw new StaffAssignError(own.failure.code);
      const { result } = kin.find(({ endedAt }) => endedAt && endedAt >= createdAt) || {};
      const [elder] = kin.filter((other) => !other.result && !other.failure).sort((a, b) => a.createdAt - b.createdAt);
      if (result || (elder && elder.key !== key)) await deleteIntent(key);
      if (result) return { _assignment: result, _retryAfterMs: 0 };
      job._intent = elder || job._intent;
      // Its outcome has come and gone.
      if (!own && job._bornAt === undefined) late = true;
    }
    const intent = job._intent;
    if (intent.assignmentId) return client._read(intent);
    if (late) return findSent(intent);
    intent.sent = true;
    await store(job);
    return client._assign(intent, hold);
  }

  /** One round. @returns ms to wait before the next; undefined when there is none: it has ended, or is another shop's */
  async function step(job: Job): Promise<number | undefined> {
    const intent = job._intent;
    const late = !intent.assignmentId && isTooOld(intent, job._bornAt);
    if (late && !intent.sent) throw new StaffAssignError("queue_expired");
    await session._get();
    const tenant = session._tenant;
    if (!intent.tenant) {
      intent.tenant = tenant;
      await store(job);
    }
    // Another shop's session: this intent waits for its own.
    if (intent.tenant !== tenant) return undefined;
    const { _assignment, _retryAfterMs } = await exclusively(
      intent.request.channel + intent.request.order,
      async (hold) => {
        const answer = await attempt(job, late, hold);
        // before the lock is free: the next to hold it finds the outcome and sends nothing
        if (answer._assignment.status === "assigned") await keepResult(job, answer._assignment);
        return answer;
      },
    );
    const { id, status, problem } = _assignment;
    job._assignment = _assignment;
    if (status === "assigned") await end(job);
    else if (status !== "pending") {
      const code = status === "superseded" ? "already_assigned" : problem ? problem.code : "internal_error";
      await end(job, new StaffAssignError(code, status, problem));
    } else {
      job._intent.assignmentId = id;
      await store(job);
      enter(job, "pending");
      return Math.max(500, _retryAfterMs || pollMs);
    }
    return undefined;
  }

  async function run(job: Job) {
    let failed = 0;
    let pauseMs: number | undefined;
    // What an earlier page wrote is not written again: another tab may have had the outcome meanwhile.
    if (!job._stored) await store(job);
    while (isCurrent(job)) {
      try {
        pauseMs = await step(job);
        failed = 0;
        if (pauseMs === undefined) break;
      } catch (cause) {
        if (!isCurrent(job)) return;
        const error = cause instanceof StaffAssignError ? cause : new StaffAssignError("internal_error", String(cause));
        const { code, problem } = error;
        pauseMs = 0;
        if (/^(unauthenticated|session_\w+)$/.test(code)) enter(job, "expired", error);
        else if (cause === error && /^(network|timeout|rate_limited|internal_error)$/.test(code)) {
          // The first failure is often a line that was asleep: it is tried once more before anyone is told.
          if (++failed > 1) enter(job, job._intent.assignmentId ? "pending" : "queued", error);
          pauseMs = Math.max(backoff(failed), (problem?.retryAfter || 0) * 1000);
        } else return end(job, error);
      }
      await pause(job, pauseMs);
    }
    if (isCurrent(job)) jobs.delete(job._identity);
    tell();
  }

  /** @param bornAt monotonic ms; undefined for an intent of an earlier page */
  const start = (intent: Intent, phase: Phase, bornAt?: number): Job => {
    const job: Job = {
      _intent: intent,
      _identity: identityOf(intent.request),
      _phase: phase,
      _stored: bornAt === undefined,
      _error: undefined,
      _bornAt: bornAt,
      _waiters: [],
      _wake: () => {},
    };
    jobs.set(job._identity, job);
    carried.add(intent.key);
    run(job).then(() => carried.delete(intent.key));
    return job;
  };

  /** Tries a waiting job at once. */
  const retry = (job: Job) => {
    if (/expired|queued/.test(job._phase)) enter(job, "busy");
    wake(job);
  };

  return {
    _client: client,
    _session: session,

    /** What is not done: the failures that nobody has seen, and the jobs that no element shows. */
    _leftovers: (): Intent[] =>
      Array.from(failures.values()).concat(
        Array.from(jobs.values())
          .filter((job) => !job._shown)
          .map(({ _intent }) => _intent),
      ),

    /** @returns ends the subscription; when the last one ends, sends in flight are aborted and stay in the outbox */
    _subscribe(listener: Listener): () => void {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        // A move in the DOM ends one subscription and begins another in the same task.
        Promise.resolve().then(() => {
          if (listeners.size) return;
          const left = Array.from(jobs.values());
          jobs.clear();
          client._abort();
          for (const job of left) {
            // Not a failure: the outbox has it, and the next page takes it up.
            if (job._phase === "busy") enter(job, "queued");
            wake(job);
          }
        });
      };
    },

    _submit(request: AssignmentRequest, maxAgeMs: number): Job {
      const running = jobs.get(identityOf(request));
      if (running) {
        retry(running);
        return running;
      }
      const { _tenant: tenant } = session;
      return start(
        { key: randomId(), endpoint, tenant, request, createdAt: Date.now(), maxAgeMs },
        "busy",
        monotonicNow(),
      );
    },

    _retry: retry,

    /** Takes up what earlier pages left behind, and tries what waits. @throws StaffAssignError of the session */
    async _flush(): Promise<void> {
      jobs.forEach(wake);
      if (!listeners.size) return;
      const intents = (await readIntents()).filter((intent) => intent.endpoint === endpoint);
      if (!intents.length) return;
      await session._get();
      for (const intent of intents) {
        const { key, tenant, result, failure, endedAt, request } = intent;
        // Another shop's intents wait for that shop's session; those of no shop are shown, never sent.
        if (carried.has(key) || (tenant && tenant !== session._tenant)) continue;
        if (result) {
          if (Math.abs(Date.now() - (endedAt || 0)) > resultKeptMs) await forget(key);
        } else if (failure) failures.set(key, intent);
        else if (!tenant) {
          if (isTooOld(intent)) await keepFailure(intent, new StaffAssignError("queue_expired"));
          // A job under way for the same order and guide finds the older intent by itself.
        } else if (!jobs.has(identityOf(request))) start(intent, "queued");
      }
      tell();
    },

    /** A cashier has seen this failure. */
    _acknowledge(key: string) {
      failures.delete(key);
      forget(key);
      tell();
    },
  };
}

const forget = (key: string) => deleteIntent(key).catch(() => {});

/** Until the time has come, or someone wakes the job; without a time only that. */
const pause = (job: Job, milliseconds: number) =>
  new Promise<void>((resolve) => {
    const timer = milliseconds ? setTimeout(resolve, milliseconds) : 0;
    job._wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });

/** Within a page the monotonic clock counts; across pages only the device's, and one set back tells no age. */
function isTooOld({ createdAt, maxAgeMs }: Intent, bornAt?: number): boolean {
  const age = bornAt === undefined ? Date.now() - createdAt : monotonicNow() - bornAt;
  return age > maxAgeMs || age < -clockToleranceMs;
}
