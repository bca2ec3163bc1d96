/**
 * How an assignment goes: from what is filled in, over the dispatcher, to the state on show and the events. Everything
 * that a page can ask for without a cashier is here.
 */
import type { Assignment, AssignmentRequest } from "../shared/contract.ts";
import type { Dispatcher, Job, Phase } from "./dispatcher.ts";
import { StaffAssignError } from "./errors.ts";
import {
  type JobFields,
  StaffAssignErrorEvent,
  StaffAssignPendingEvent,
  StaffAssignQueuedEvent,
  StaffAssignSessionExpiredEvent,
  StaffAssignSubmitEvent,
  StaffAssignSuccessEvent,
} from "./events.ts";
import { StaffAssignInputs } from "./inputs.ts";
import { type Intent, identityOf } from "./intent.ts";
import { sentenceOf, type Told } from "./locales/text.ts";
import { type Choice, labelOf } from "./order.ts";
import { own } from "./own.ts";
import { dispatcherFor } from "./page.ts";
import { scriptUrl } from "./script-url.ts";
import { recentGuides, rememberGuide } from "./till-memory.ts";

export type State = "idle" | Phase;

export type SubmitResult =
  | { status: "assigned"; assignment: Assignment }
  /** the edge has it, or may have it: an event tells the outcome */
  | { status: "pending"; assignment: Assignment | undefined }
  /** waits for the network on this till; `stored`: also over a reload */
  | { status: "queued"; stored: boolean }
  /** a listener cancelled `staff-assign-submit` */
  | { status: "canceled" };

/** ms of busy after which the cashier is told that it goes on */
const slowMs = 3_000;
const phaseEvents: { [phase in Phase]?: new (fields: JobFields) => Event } = {
  done: StaffAssignSuccessEvent,
  pending: StaffAssignPendingEvent,
  queued: StaffAssignQueuedEvent,
  expired: StaffAssignSessionExpiredEvent,
};
const [scriptOrigin = ""] = /^https?:..[^/]+/.exec(scriptUrl) || [];

export abstract class AssignmentFlow extends StaffAssignInputs {
  _job: Job | undefined;
  /** what kept the element from asking the edge at all */
  protected _refused: StaffAssignError | undefined;
  protected _dispatcher: Dispatcher | undefined;
  protected _endings: (() => void)[] = [];
  /** the last that `auto` asked for */
  protected _autoDone?: string;
  /** the jobs that this element took, and what it last told of them: the page hears how each of them ends */
  private readonly _told = new WeakMap<Job, Phase | undefined>();
  /** has been drawn in a page */
  protected _ready?: boolean;
  _slow?: boolean;
  _unsaved?: boolean;
  /** how it stands with an intent that is not on show, and which of them is the next to be told */
  _notice?: string | undefined;
  private _turn = 0;

  /** Makes what is being typed the order. */
  abstract _commit(code?: string): void;
  /** Begins to listen, when a session is there to work with. */
  protected abstract _connected(): void;
  /** Tells the page what the cashier has made of its properties. */
  protected abstract _tellChange(): void;

  /** `idle`, `busy`, `done`, `pending`, `queued`, `error` or `expired`; also `:state()` and `data-state`. */
  get state(): State {
    return this._job ? this._job._phase : this._refused ? "error" : "idle";
  }

  /** The confirmed or pending assignment. */
  get assignment(): Assignment | undefined {
    return this._job && this._job._assignment;
  }

  /** How many intents of this till are not done yet, the present one not counted. */
  get unfinished(): number {
    return this._leftovers.length;
  }

  /**
   * Assigns. With `timeoutMs` it answers at the latest then, while the work goes on.
   * @throws StaffAssignError
   */
  async submit(options?: { timeoutMs?: number }): Promise<SubmitResult> {
    this._commit();
    const request = this._request;
    if (typeof request === "string") throw this._refuse("invalid_request", `${request} is not right`, request);
    if (this._off) throw this._refuse("invalid_request", "disabled");
    const dispatcher = this._connect();
    if (!dispatcher) throw this._refuse("session_unavailable", "no session-url or endpoint");
    const identity = identityOf(request);
    const known = this._job;
    const goesOn = known && (known._phase === "done" || dispatcher._isRunning(known));
    if (known && goesOn && known._identity === identity) dispatcher._retry(known);
    else {
      if (!this.dispatchEvent(new StaffAssignSubmitEvent({ request }))) return { status: "canceled" };
      this._autoDone = identity;
      this._take(dispatcher._submit(request, 1000 * (Number(this._option("queueMaxAge")) || 900)));
    }
    return outcomeOf(this._job as Job, own(options, "timeoutMs") as number);
  }

  /** Tries what failed or waits once more. @throws StaffAssignError */
  retry(): Promise<SubmitResult> {
    return this.submit();
  }

  /** Empties the element for the next order; what is under way goes on. With `remember` the guide stays. */
  reset() {
    this._let();
    this._draft = this.order = undefined;
    if (this._byHand.has("guide") && !this._option("remember")) this._adopt();
  }

  /** The cashier goes on to the next order. */
  _next() {
    this.reset();
    this._tellChange();
    this.focus();
  }

  /** Takes up what earlier pages left in the outbox. @returns how many intents are not done */
  async flush(): Promise<number> {
    const dispatcher = this._connect();
    if (dispatcher) await dispatcher._flush().catch(() => {});
    return this.unfinished;
  }

  get _error() {
    return this._job ? this._job._error : this._refused;
  }

  _sentence(failure: Told) {
    return sentenceOf(failure, this._language, this._option("strings"));
  }

  get _recent() {
    return this._dispatcher ? recentGuides(this._channel, this._dispatcher._session._tenant) : [];
  }

  /** Who the element speaks of: from the send to the receipt the one who was sent, else the chosen one. */
  get _label() {
    const job = this._job;
    return labelOf(job && job._phase !== "error" ? job._intent.request.guide : this._choice);
  }

  get _leftovers(): Intent[] {
    return this._dispatcher ? this._dispatcher._leftovers() : [];
  }

  /** The dispatcher for the present endpoint and session; while connected the element listens to it. */
  protected _connect(): Dispatcher | undefined {
    const source = this._option("session") || this._option("sessionUrl");
    const endpoint = (this._option("endpoint") || scriptOrigin).replace(/\/+$/, "");
    if (!source || !endpoint) return undefined;
    const dispatcher = dispatcherFor(endpoint, source, !!this._option("dpop"), this._option("fetch"));
    if (dispatcher !== this._dispatcher && this.isConnected) {
      this.disconnectedCallback();
      this._endings.push(dispatcher._subscribe((job) => this._hear(job)));
      this._dispatcher = dispatcher;
      // What was refused may have been for want of a session.
      this._refused = undefined;
      this._connected();
      // In tasks of their own: a page's first call and its first look into a database hold up a slow till.
      setTimeout(() => this._warm());
      setTimeout(() => this.flush());
    }
    return dispatcher;
  }

  connectedCallback() {
    this.requestUpdate();
    // Moved in the page: who listens again in the same task aborts nothing.
    if (this._ready) this._connect();
  }

  disconnectedCallback() {
    for (const end of this._endings.splice(0)) end();
    this._dispatcher = undefined;
  }

  /** Has a session ready before the cashier needs it. */
  _warm() {
    const dispatcher = this._dispatcher;
    if (!dispatcher) return;
    const restore = () => {
      const [last] = this._recent;
      // Who gives the order to somebody else does not look for the same person.
      const wanted = this._option("remember") && !this._replaces && !this.guide && !this.guideMobile;
      if (wanted && last) this._adopt(last);
      this.requestUpdate();
    };
    this._quietly(dispatcher._session._get().then(restore));
  }

  _quietly(promise: Promise<unknown>) {
    promise.catch(() => {});
  }

  protected _refuse(code: StaffAssignError["code"], message: string, field?: string): StaffAssignError {
    const error = new StaffAssignError(code, message, undefined, field);
    this._let();
    this._refused = error;
    this._tellError(error);
    return error;
  }

  private _tellError(error: StaffAssignError, request?: AssignmentRequest) {
    this.dispatchEvent(new StaffAssignErrorEvent(error, request));
  }

  /** Lets go of the present order; its intent goes on and counts among the unfinished. */
  _let() {
    if (this._job) this._job._shown.delete(this);
    this._job = this._refused = this._replaces = this._notice = undefined;
    this.requestUpdate();
  }

  /** From what took the place of the fields: a look at the unfinished leaves the present order as it was. */
  _back() {
    if (this._notice) this._notice = undefined;
    else this._let();
    this.requestUpdate();
  }

  protected _take(job: Job) {
    this._show(job);
    this._slow = false;
    setTimeout(() => {
      this._slow = true;
      this.requestUpdate();
    }, slowMs);
    this._hear(job);
  }

  private _show(job: Job) {
    this._let();
    this._job = job;
    job._shown.add(this);
    this._told.set(job, undefined);
  }

  /** Something happened to a job of this page. */
  protected _hear(job?: Job) {
    this.requestUpdate();
    if (!job) return;
    const { _intent, _phase, _error, _assignment, _stored, _open } = job;
    const { key, request } = _intent;
    if (this._isLeftOf(job)) {
      if (!labelOf(this._choice)) this._adopt(request.guide);
      this._show(job);
    }
    if (!this._told.has(job) || _phase === this._told.get(job)) return;
    this._told.set(job, _phase);
    // with each phase, since the first submit may come before the session that says whose guide it is
    if (!_open) rememberGuide(request.channel, _intent.tenant, request.guide);
    const unsaved = !_stored && _phase === "queued";
    // What kept it from being sent is what a developer can mend.
    const cause = _error && _error.message;
    if (unsaved && !this._unsaved) this._tellError(new StaffAssignError("storage_unavailable", cause), request);
    this._unsaved = unsaved;
    const PhaseEvent = phaseEvents[_phase];
    if (PhaseEvent) this.dispatchEvent(new PhaseEvent({ request, assignment: _assignment, stored: _stored }));
    if (job === this._job) {
      this._notice = undefined;
      // One that is no longer on show stays among the unfinished until somebody has looked at it.
      if (_phase === "error" && this._dispatcher) this._dispatcher._acknowledge(key);
    }
    if (_error && /error|expired/.test(_phase)) this._tellError(_error, request);
  }

  /** Whether an earlier page left under way what this one is about, or this one did before it was removed for a while. */
  private _isLeftOf({ _intent, _identity, _old }: Job): boolean {
    const dispatcher = this._dispatcher as Dispatcher;
    const job = this._job;
    return (
      _old &&
      (job ? job._phase === "queued" && !dispatcher._isRunning(job) : !this._refused) &&
      dispatcher._mayShow(_intent) &&
      identityOf(this._requestFor(labelOf(this._choice) ? this._choice : _intent.request.guide)) === _identity
    );
  }

  /** Takes the order over from whom the edge named, or gives a done one to somebody else. */
  _reassign() {
    const problem = this._error && this._error.problem;
    const current = (problem && problem.current) || this.assignment;
    this._let();
    this._replaces = (current as Assignment).id;
    if (problem) this._quietly(this.submit());
    else {
      this._adopt();
      this.focus();
    }
  }

  protected _adopt({ id, mobile, name }: Choice = {}) {
    this.guide = id;
    this.guideMobile = mobile;
    this.guideName = name;
    this._byHand.add("guide").add("guideName");
  }

  /**
   * Says how it stands with the next of the others, in turn; a failed one has been seen then. A person is named to the
   * own shop only, an order also where it is nobody's.
   */
  _seen() {
    const left = this._leftovers;
    const intent = left[this._turn++ % left.length];
    if (!intent) return;
    const { key, tenant, request, failure, assignmentId } = intent;
    const dispatcher = this._dispatcher as Dispatcher;
    const isOurs = dispatcher._mayShow(intent);
    const said = failure ? this._sentence(failure) : this._text(assignmentId ? "pending" : "queued");
    const whom = isOurs ? `\u2068${labelOf(request.guide)}\u2069 ` : "";
    this._notice = (isOurs || !tenant ? `…${request.order.slice(-4)} ${whom}` : "") + said;
    if (failure) dispatcher._acknowledge(key);
    this.requestUpdate();
  }
}

/** What `submit()` answers, as soon as the job is no longer busy, or with `timeoutMs` at the latest then. */
const outcomeOf = (job: Job, timeoutMs: number): Promise<SubmitResult> =>
  new Promise((resolve, reject) => {
    const settle = (late?: boolean) => {
      const { _phase, _assignment, _stored } = job;
      if (_phase === "busy" && !late) return;
      if (_phase === "done") resolve({ status: "assigned", assignment: _assignment as Assignment });
      else if (_phase === "queued") resolve({ status: "queued", stored: _stored });
      else if (/pending|busy/.test(_phase)) resolve({ status: "pending", assignment: _assignment });
      else reject(job._error);
    };
    job._waiters.push(settle);
    if (timeoutMs >= 0) setTimeout(() => settle(true), timeoutMs);
    settle();
  });
