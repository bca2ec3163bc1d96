/**
 * Carries intents to their outcome, for all elements of a page that share an endpoint and a session. One order and
 * guide is one job: who submits it again joins it. A timeout is not a failure; only an answer ends a job.
 */
import type { Assignment, AssignmentRequest } from "../shared/contract.ts";
import type { AssignmentAnswer, Client } from "./assignment-client.ts";
import { backoff, monotonicNow, randomId } from "./clock.ts";
import { StaffAssignError } from "./errors.ts";
import { type Intent, identityOf, isTooOld, wiped } from "./intent.ts";
import { type Choice, kindOf } from "./order.ts";
import { deleteIntent, exclusively, putIntent, readIntents } from "./outbox.ts";

/** `expired`: waits for a session that works */
export type Phase = "busy" | "queued" | "pending" | "expired" | "done" | "error";

export interface Job {
  _intent: Intent;
  _identity: string;
  _phase: Phase;
  /** survives a reload */
  _stored: boolean;
  /** Made here while no session ran: the page's next session decides whose it is. */
  _open: boolean;
  _assignment?: Assignment;
  _error?: StaffAssignError | undefined;
  /** left by an earlier page */
  _old: boolean;
  /** monotonic ms of its making, which no change of the device's clock moves while the page lives */
  _bornAt: number;
  /** the elements that show it */
  _shown: Set<Node>;
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
/** keys of the intents that some dispatcher of this page carries: no other takes them up */
const carried = new Set<string>();

export type Dispatcher = ReturnType<typeof createDispatcher>;

export function createDispatcher(client: Client) {
  const { _endpoint: endpoint, _session: session } = client;
  const jobs = new Set<Job>();
  /** ended without success and not seen yet, from this page or an earlier one */
  const failures = new Map<string, Intent>();
  /** of earlier pages, when the outbox was last looked at */
  let waiting: Intent[] = [];
  const listeners = new Set<Listener>();
  let later = 0;

  /** The job that does what is asked for here; that of another shop's does not. */
  const jobFor = (request: AssignmentRequest) =>
    [...jobs].find(
      ({ _identity, _intent, _open }) =>
        _identity === identityOf(request) && (_open || _intent.tenant === session._tenant),
    );

  const recorded = async () => (await readIntents()).filter((intent) => intent.endpoint === endpoint);

  const tell = (job?: Job) => {
    for (const listener of [...listeners]) listener(job);
  };

  const enter = (job: Job, phase: Phase, error?: StaffAssignError) => {
    job._phase = phase;
    job._error = error;
    for (const waiter of job._waiters) waiter();
    tell(job);
  };

  /** What has no tenant yet is on record, so that it is shown; the next page cannot send it. */
  const store = async (job: Job) => {
    job._stored = await putIntent(job._intent).then(
      () => !!job._intent.tenant,
      () => false,
    );
  };

  const keep = (intent: Intent, outcome: Partial<Intent>) => putIntent(Object.assign(intent, outcome)).catch(() => {});

  async function end(job: Job, error?: StaffAssignError) {
    jobs.delete(job);
    if (error) {
      const { code, problem } = error;
      const intent = wiped(job._intent);
      failures.set(intent.key, intent);
      await keep(intent, { failure: { code, problem: problem && { reason: problem.reason, advice: problem.advice } } });
    }
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

  /** One exchange with the edge under the lock, about what another tab has done meanwhile where it was quicker. */
  async function attempt(
    job: Job,
    tenant: string,
    late: boolean,
    hold: () => Promise<void>,
  ): Promise<AssignmentAnswer> {
    const { key, createdAt } = job._intent;
    const intents = await recorded().catch((): Intent[] => []);
    const own = intents.find((other) => other.key === key);
    if (own && own.failure) throw new StaffAssignError(own.failure.code);
    if (job._open) {
      // Unless another tab has sent it already, as one of the shop that this page was of before.
      job._intent.tenant = own && own.sent ? own.tenant : tenant;
      job._open = false;
    }
    const kin = intents.filter(
      (other) => other.tenant === job._intent.tenant && identityOf(other.request) === job._identity,
    );
    const { result } = kin.find(({ endedAt }) => endedAt && endedAt >= createdAt) || {};
    const [elder] = kin.filter((other) => !other.result && !other.failure).sort((a, b) => a.createdAt - b.createdAt);
    // Asked about, not taken over: it may have been given to somebody else since.
    if (result) job._intent.assignmentId = result.id;
    else if (elder && elder.key !== key) {
      await deleteIntent(key);
      job._intent = elder;
    }
    const intent = job._intent;
    if (intent.assignmentId) return client._read(intent);
    // An earlier page's that is not on record any more has had its outcome.
    if (late || (!own && job._old)) return findSent(intent);
    intent.sent = true;
    await store(job);
    return client._assign(intent, hold);
  }

  /** One round, under the session of the intent's tenant. @returns ms to wait before the next, if it has not ended */
  async function step(job: Job): Promise<number> {
    const intent = job._intent;
    const { channel, order } = intent.request;
    const late = !intent.assignmentId && isTooOld(intent, monotonicNow() - job._bornAt);
    if (late && !intent.sent) throw new StaffAssignError("queue_expired");
    const { _tenant } = await session._get(job._open ? "" : intent.tenant);
    const { _assignment, _retryAfterMs } = await exclusively(channel + order, async (hold) => {
      const answer = await attempt(job, _tenant, late, hold);
      // before the lock is free: the next to hold it finds the outcome and sends nothing
      const result = answer._assignment;
      if (result.status === "assigned") {
        await keep(wiped(job._intent), { result, endedAt: Date.now() });
        forgetLater(job._intent);
      }
      return answer;
    });
    const { id, status, problem } = _assignment;
    job._assignment = _assignment;
    if (status === "assigned") await end(job);
    else if (status !== "pending") {
      const code = status === "superseded" ? "already_assigned" : problem ? problem.code : "internal_error";
      await end(job, new StaffAssignError(code, status, problem));
    } else {
      job._intent.assignmentId = id;
      await store(job);
    }
    return Math.max(500, _retryAfterMs || pollMs);
  }

  async function run(job: Job) {
    let failed = 0;
    // What an earlier page wrote is not written again: another tab may have had the outcome meanwhile.
    if (!job._old) await store(job);
    while (jobs.has(job)) {
      let phase: Phase | undefined = "pending";
      let pauseMs = 0;
      let error: StaffAssignError | undefined;
      try {
        pauseMs = await step(job);
        failed = 0;
      } catch (cause) {
        error = cause instanceof StaffAssignError ? cause : new StaffAssignError("internal_error", String(cause));
        const { code, problem } = error;
        if (/^(unauthenticated|session_\w+)$/.test(code)) phase = "expired";
        else if (cause === error && /^(network|timeout|rate_limited|internal_error)$/.test(code)) {
          // The first failure is often a line that was asleep: it is tried once more before anyone is told.
          if (++failed < 2) phase = undefined;
          else if (!job._intent.assignmentId) phase = "queued";
          pauseMs = Math.max(backoff(failed), ((problem && problem.retryAfter) || 0) * 1000);
        } else phase = "error";
      }
      if (!jobs.has(job)) return;
      if (phase === "error") return end(job, error);
      // Before anyone is told, who may want it woken at once.
      const woken = new Promise<void>((resolve) => {
        job._wake = resolve;
        if (pauseMs) setTimeout(resolve, pauseMs);
      });
      if (phase) enter(job, phase, error);
      await woken;
    }
  }

  const start = (intent: Intent, phase: Phase, old: boolean): Job => {
    const job: Job = {
      _intent: intent,
      _identity: identityOf(intent.request),
      _phase: phase,
      _stored: old,
      _open: !old && !session._isLive(),
      _old: old,
      _bornAt: monotonicNow() - Date.now() + intent.createdAt,
      _shown: new Set(),
      _waiters: [],
      _wake: () => {},
    };
    jobs.add(job);
    carried.add(intent.key);
    run(job).then(() => carried.delete(intent.key));
    return job;
  };

  /** Tries a waiting job at once. */
  const retry = (job: Job) => {
    if (/expired|queued/.test(job._phase)) enter(job, "busy");
    job._wake();
  };

  /** Takes up what earlier pages left behind, and tries what waits. @throws StaffAssignError of the session */
  async function flush(): Promise<void> {
    for (const job of jobs) job._wake();
    if (!listeners.size) return;
    const found: Intent[] = [];
    clearTimeout(later);
    try {
      for (const intent of await recorded()) {
        const { key, tenant, result, failure } = intent;
        if (carried.has(key)) continue;
        if (result) forgetLater(intent);
        else if (tenant && !failure) found.push(intent);
        // Nobody knows whose it is: shown as not done, never sent. Not written so, since the page that made it may live.
        else failures.set(key, Object.assign({ failure: { code: "queue_expired" } }, intent));
      }
      // Counted before there is a session: without a line there will be none.
      waiting = found;
      tell();
      if (!found.length) return;
      await session._get();
    } catch (error) {
      // A line that is back is not always told, and a slow storage answers another time.
      if ((error as StaffAssignError).retryable) later = setTimeout(() => flush().catch(() => {}), backoff(8));
      throw error;
    }
    waiting = [];
    for (const intent of found) {
      // Another shop's wait for that shop's session. A job for the same order and guide finds the older intent by itself.
      const { key, tenant, request } = intent;
      if (tenant === session._tenant && !carried.has(key) && !jobFor(request)) start(intent, "queued", true);
    }
    tell();
  }

  return {
    _client: client,
    _session: session,

    /**
     * What is not done: the failures that nobody has seen, what waits for the line, and the jobs that no element shows.
     * What earlier pages left for another shop is not this one's to count, once it is known who is here.
     */
    _leftovers: (): Intent[] =>
      [...failures.values(), ...waiting.filter(({ request }) => !jobFor(request))]
        .filter(({ tenant }) => !tenant || !session._tenant || tenant === session._tenant)
        .concat(
          [...jobs]
            .filter((job) => ![...job._shown].some(({ isConnected }) => isConnected))
            .map(({ _intent }) => _intent),
        ),

    /** @returns ends the subscription; when the last one ends, sends in flight are aborted and stay in the outbox */
    _subscribe(listener: Listener): () => void {
      listeners.add(listener);
      return async () => {
        listeners.delete(listener);
        await undefined;
        // A move in the DOM ends one subscription and begins another in the same task.
        if (listeners.size) return tell();
        client._abort();
        for (const job of [...jobs]) {
          jobs.delete(job);
          // Not a failure: the outbox has it, and the next page takes it up.
          if (job._phase === "busy") enter(job, "queued");
          job._wake();
        }
      };
    },

    _submit(request: AssignmentRequest, maxAgeMs: number): Job {
      const running = jobFor(request);
      if (running) {
        retry(running);
        return running;
      }
      const { _tenant: tenant } = session;
      return start({ key: randomId(), endpoint, tenant, request, createdAt: Date.now(), maxAgeMs }, "busy", false);
    },

    _retry: retry,

    /** Not when it has ended, nor when it was given back to the outbox. */
    _isRunning: (job: Job) => jobs.has(job),

    /** Whether the present session is of the tenant that it belongs to. */
    _mayShow: ({ tenant }: Intent) => !!tenant && tenant === session._tenant,

    _flush: flush,

    /** A cashier has seen this failure. */
    _acknowledge(key: string) {
      failures.delete(key);
      forget(key);
      tell();
    },
  };
}

const forget = (key: string) => deleteIntent(key).catch(() => {});

const forgetLater = ({ key }: Intent) => setTimeout(forget, resultKeptMs, key);
