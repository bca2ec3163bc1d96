/**
 * The element `<staff-assign>`: attributes, states and events. It holds no key and keeps its session in memory; what
 * has to survive a reload is in the outbox. Attributes and properties are the source of truth, what a cashier chooses
 * is written to the properties. Members that begin with "_" are for the other files of this folder.
 */
import type { Assignment, AssignmentRequest, ChannelName, OrderKind } from "../shared/contract.ts";
import { defaultsOf, type PageDefaults } from "./defaults.ts";
import { type Dispatcher, identityOf, isOpen, type Job, type Phase } from "./dispatcher.ts";
import { StaffAssignError } from "./errors.ts";
import {
  StaffAssignChangeEvent,
  StaffAssignErrorEvent,
  StaffAssignPendingEvent,
  StaffAssignQueuedEvent,
  StaffAssignReadyEvent,
  StaffAssignScanEvent,
  StaffAssignSessionExpiredEvent,
  StaffAssignSubmitEvent,
  StaffAssignSuccessEvent,
} from "./events.ts";
import { FormPart } from "./form-part.ts";
import { GuideList, type GuideSource, readLightList } from "./guide-list.ts";
import { GuidePicker } from "./guide-picker.ts";
import type { Fetch } from "./http.ts";
import { languageOf, type Strings, sentenceFor, type Text, textIn } from "./locales/text.ts";
import { buildRequest, type Choice, cleanCode, labelOf } from "./order.ts";
import type { Intent } from "./outbox.ts";
import { own } from "./own.ts";
import { dispatcherFor } from "./page.ts";
import { ReactiveElement } from "./reactive-element.ts";
import { Burst, watchPage } from "./scanner.ts";
import type { SessionCallback } from "./session.ts";
import { recentGuides, rememberGuide } from "./till-memory.ts";
import { renderView } from "./view.ts";

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
const scriptOrigin = /^https?:/.test(__SCRIPT_URL__ || "") ? new URL(__SCRIPT_URL__ || "").origin : "";

export class StaffAssignElement extends ReactiveElement {
  static readonly version = __VERSION__;
  static readonly scriptUrl = __SCRIPT_URL__;
  static readonly formAssociated = true;

  /** Origin of the edge; default: where the script came from. */
  declare endpoint: string | undefined;
  /** `wechat` (default) or `tmall`. */
  declare channel: ChannelName | undefined;
  /** The order to assign: WeChat `out_trade_no`; for Tmall what `orderKind` says. */
  declare order: string | undefined;
  /** Tmall only: `workcard` (default), `outer` or `fulfil-task`. */
  declare orderKind: OrderKind | undefined;
  /** Id of the guide or worker, as text. */
  declare guide: string | undefined;
  /** Tmall only: the worker's mobile, instead of an id. */
  declare guideMobile: string | undefined;
  /** Name shown to the cashier. */
  declare guideName: string | undefined;
  /** Store whose guides are offered; default: the session's. */
  declare storeId: string | undefined;
  /** Tmall only: `provider` or `store` (then with `storeId`). */
  declare operator: string | undefined;
  /** Tmall only: a check reason that the merchant allows. */
  declare checkReason: string | undefined;
  /** Tmall only: `ext_json`, a flat object of strings. */
  declare extension: Record<string, string> | undefined;
  /** Address on the partner's own origin that answers a POST with a session. */
  declare sessionUrl: string | undefined;
  /** Obtains a session; instead of `sessionUrl`. */
  declare session: SessionCallback | undefined;
  /** Bind the session to a key of this page (RFC 9449). */
  declare dpop: boolean;
  /** `light`, `dark`, or by default what the page's `color-scheme` says. */
  declare theme: string | undefined;
  /** Where scans are taken: `field` (default), `page` or `off`. */
  declare scanner: string | undefined;
  declare disabled: boolean;
  /** Name in the form; the value is the id of the assignment once it is done. */
  declare name: string | undefined;
  /** One row of 56 px. */
  declare compact: boolean;
  /** Assign as soon as order and guide are known. */
  declare auto: boolean;
  /** Keep the guide for the next order on this till. */
  declare remember: boolean;
  /** Seconds after which a queued intent is no longer sent; default 900. */
  declare queueMaxAge: number | string | undefined;
  /** The people to choose from: an array, or a function that loads them. */
  declare guides: GuideSource | undefined;
  /** Texts of the partner's own, by key. */
  declare strings: Partial<Strings> | undefined;
  /** Replaces `fetch` for calls to the edge and to `sessionUrl`. */
  declare fetch: Fetch | undefined;

  /** what is being typed as order; undefined while the order stands */
  _draft: string | undefined;
  _job: Job | undefined;
  /** what kept the element from asking the edge at all */
  private _refused: StaffAssignError | undefined;
  private _replaces: string | undefined;
  private _dispatcher: Dispatcher | undefined;
  private _endings: (() => void)[] = [];
  private _light: GuideSource | undefined;
  private _autoDone = "";
  private _chosenHere = false;
  private _composing = false;
  private _told: Phase | undefined;
  _slow = false;
  _unsaved = false;
  /** what became of intents that are not on show */
  _notice = "";
  private readonly _form = new FormPart(this);
  private readonly _list = new GuideList(() => this.requestUpdate());
  readonly _picker = new GuidePicker(this, this._list);
  private readonly _burst = new Burst((code) => this._scan(code, this._picker._query !== undefined));

  /** `idle`, `busy`, `done`, `pending`, `queued`, `error` or `expired`; also `:state()` and `data-state`. */
  get state(): State {
    return this._job ? this._job._phase : this._refused ? "error" : "idle";
  }

  /** The confirmed or pending assignment. */
  get assignment(): Assignment | undefined {
    return this._assignment;
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
    if (typeof request === "string") throw this._refuse("invalid_request", `${request} is missing or wrong`, request);
    if (this.disabled) throw this._refuse("invalid_request", "the element is disabled");
    const dispatcher = this._connect();
    if (!dispatcher) throw this._refuse("session_unavailable", "set session or session-url, and endpoint");
    const identity = identityOf(request);
    const known = this._job;
    if (!known || known._phase === "error" || known._identity !== identity) {
      if (!this.dispatchEvent(new StaffAssignSubmitEvent(request))) return { status: "canceled" };
      this._autoDone = identity;
      rememberGuide(dispatcher._client._session._tenant, this._choice);
      this._take(dispatcher._submit(request, 1000 * (Number(this._option("queueMaxAge")) || 900)));
    } else if (isOpen(known)) dispatcher._retry(known);
    return this._outcome(this._job as Job, Number(own(options, "timeoutMs")));
  }

  /** Tries what failed or waits once more. @throws StaffAssignError */
  retry(): Promise<SubmitResult> {
    return this.submit();
  }

  /** Empties the element for the next order; what is under way goes on. With `remember` the guide stays. */
  reset() {
    this._let();
    this._draft = this.order = undefined;
    if (this._chosenHere && !this._option("remember")) this._adopt();
  }

  /** Takes up what earlier pages left in the outbox. @returns how many intents are not done */
  async flush(): Promise<number> {
    const dispatcher = this._connect();
    if (dispatcher) await dispatcher._flush().catch(() => {});
    return this.unfinished;
  }

  override focus(options?: FocusOptions) {
    const missing = this.state === "idle" && this._missing;
    const root = this.shadowRoot as ShadowRoot;
    const target = root.querySelector<HTMLElement>(missing ? `#${missing}` : ".actions button");
    if (target) target.focus(options);
  }

  override connectedCallback() {
    super.connectedCallback();
    // Moved in the page: who listens again in the same task aborts nothing.
    if (!this._first) this._connect();
    const listen = (target: EventTarget, type: string, listener: () => void) => {
      target.addEventListener(type, listener);
      this._endings.push(() => target.removeEventListener(type, listener));
    };
    const awake = () => this.flush();
    listen(self, "online", awake);
    listen(self, "pageshow", awake);
    listen(document, "visibilitychange", awake);
  }

  disconnectedCallback() {
    for (const end of this._endings.splice(0)) end();
    this._dispatcher = undefined;
  }

  formDisabledCallback(disabled: boolean) {
    this.disabled = disabled;
  }

  formResetCallback() {
    this.reset();
  }

  protected override _willUpdate(changed: ReadonlySet<string>) {
    const job = this._job;
    if (changed.has("order")) {
      this._draft = undefined;
      if (this._refused || (job && job._intent.request.order !== this.order)) {
        this._let();
        if (this._chosenHere && !this._option("remember") && !changed.has("guide")) this._adopt();
      }
    }
    const dispatcher = this._connect();
    this._light = this._light || readLightList(this);
    const client = dispatcher && dispatcher._client;
    const storeId = this._option("storeId") || (client && client._session._storeId);
    const listed = this._option("guides") || ((this._light as unknown[]).length ? this._light : undefined);
    this._list._use(listed, client, this._channel === "wechat" && !listed ? storeId : undefined);
  }

  protected override _render() {
    return renderView(this);
  }

  protected override _updated(first: boolean) {
    const { state } = this;
    const assignment = this._assignment;
    this._form._show(state, state === "done" && assignment ? assignment.id : null);
    if (this.isConnected) this.setAttribute("data-state", state);
    this._picker._place();
    if (first) this.dispatchEvent(new StaffAssignReadyEvent());
    const request = this._request;
    const ready = this._option("auto") && state === "idle" && this.isConnected && this._draft === undefined;
    if (ready && typeof request !== "string" && identityOf(request) !== this._autoDone) this._quietly(this.submit());
  }

  /** A page that refuses our Trusted Types policy keeps its fallback children, and is told why. */
  protected override _failed(error: unknown) {
    (this.shadowRoot as ShadowRoot).appendChild(document.createElement("slot"));
    this._refuse("csp_blocked", `${error}; allow the Trusted Types policy staff-assign`);
  }

  get _channel(): ChannelName {
    return this._option("channel") || "wechat";
  }

  get _language() {
    return languageOf(this, this.lang || defaultsOf("lang"));
  }

  get _text(): Text {
    return textIn(this._language, this._option("strings"));
  }

  get _assignment() {
    return this._job && this._job._assignment;
  }

  get _error() {
    return this._job ? this._job._error : this._refused;
  }

  get _recent() {
    return this._dispatcher ? recentGuides(this._dispatcher._client._session._tenant) : [];
  }

  get _orderText() {
    return cleanCode(this._draft ?? this.order ?? "");
  }

  get _choice(): Choice {
    const { guide: id, guideMobile: mobile, guideName } = this;
    const listed = this._list._guides.find((guide) => (id ? guide.id === id : mobile && guide.mobile === mobile));
    return { id, mobile, name: guideName || (listed && listed.name) };
  }

  /** Who the element speaks of: the chosen one, or as the edge names the assigned one. */
  get _label() {
    const assignment = this._assignment;
    return labelOf(this._choice) || labelOf((assignment && assignment.guide) || {});
  }

  get _request(): AssignmentRequest | string {
    return buildRequest({
      channel: this._channel,
      order: this._orderText,
      orderKind: this.orderKind,
      guide: this._choice,
      operator: this._option("operator"),
      storeId: this._option("storeId"),
      extension: this.extension,
      checkReason: this.checkReason,
      replaces: this._replaces,
    });
  }

  /** The field that is to be filled next. */
  get _missing() {
    const request = this._request;
    return typeof request === "string" ? request : undefined;
  }

  get _leftovers(): Intent[] {
    const dispatcher = this._dispatcher;
    if (!dispatcher) return [];
    const waiting = [...dispatcher._jobs.values()].filter((job) => !job._shown);
    return [...dispatcher._failures.values()].concat(waiting.map(({ _intent }) => _intent));
  }

  /** The property, else the page's default. */
  private _option<K extends keyof PageDefaults>(name: K): PageDefaults[K] {
    return (this[name] as PageDefaults[K]) || defaultsOf(name);
  }

  /** The dispatcher for the present endpoint and session; while connected the element listens to it. */
  private _connect(): Dispatcher | undefined {
    const source = this._option("session") || this._option("sessionUrl");
    const endpoint = (this._option("endpoint") || scriptOrigin).replace(/\/+$/, "");
    if (!source || !endpoint) return undefined;
    const dispatcher = dispatcherFor(endpoint, source, Boolean(this._option("dpop")), this._option("fetch"));
    if (dispatcher !== this._dispatcher && this.isConnected) {
      this._unsubscribe?.();
      this._unsubscribe = dispatcher._subscribe((job) => this._hear(job));
      this._endings.push(() => this._unsubscribe?.());
      this._dispatcher = dispatcher;
      this._watchScanner();
      this._warm();
      this.flush();
    }
    return dispatcher;
  }
  private _unsubscribe: (() => void) | undefined;

  /** Has a session ready before the cashier needs it. */
  _warm() {
    const dispatcher = this._dispatcher;
    if (!dispatcher) return;
    const { _session } = dispatcher._client;
    const restore = () => {
      const [last] = recentGuides(_session._tenant);
      if (this._option("remember") && last && !this.guide && !this.guideMobile) this._adopt(last);
      this.requestUpdate();
    };
    this._quietly(_session._get().then(restore));
  }

  _quietly(promise: Promise<unknown>) {
    promise.catch(() => {});
  }

  private _refuse(code: StaffAssignError["code"], message: string, field?: string): StaffAssignError {
    const error = new StaffAssignError(code, message, undefined, field);
    this._let();
    this._refused = error;
    this.dispatchEvent(new StaffAssignErrorEvent(error));
    return error;
  }

  /** Lets go of the present order; its intent goes on and counts among the unfinished. */
  private _let() {
    if (this._job) this._job._shown = false;
    this._job = this._refused = this._replaces = this._told = undefined;
    this._notice = "";
    this.requestUpdate();
  }

  private _take(job: Job) {
    this._let();
    this._job = job;
    job._shown = true;
    this._slow = false;
    setTimeout(() => {
      this._slow = true;
      this.requestUpdate();
    }, slowMs);
    this._hear(job);
  }

  /** Something happened to a job of this page. */
  private _hear(job?: Job) {
    this.requestUpdate();
    if (!job) return;
    const { _intent, _phase, _error, _assignment, _stored } = job;
    // After a reload the order on this page may be one that an earlier page left under way.
    if (!this._job && job._bornAt === undefined && _intent.request.order === this._orderText && !this._refused) {
      this._job = job;
      job._shown = true;
      if (!this._label) this._adopt(_intent.request.guide);
    }
    if (job !== this._job || _phase === this._told) return;
    this._told = _phase;
    const unsaved = !_stored && _phase === "queued";
    if (unsaved && !this._unsaved)
      this.dispatchEvent(new StaffAssignErrorEvent(new StaffAssignError("storage_unavailable")));
    this._unsaved = unsaved;
    if (_phase === "done") this.dispatchEvent(new StaffAssignSuccessEvent(_assignment));
    else if (_phase === "pending") this.dispatchEvent(new StaffAssignPendingEvent(_assignment));
    else if (_phase === "queued") this.dispatchEvent(new StaffAssignQueuedEvent(_intent.request, _stored));
    else if (_phase === "expired") this.dispatchEvent(new StaffAssignSessionExpiredEvent());
    if (_phase === "error" && this._dispatcher) this._dispatcher._acknowledge(_intent.key);
    if (_error && /error|expired/.test(_phase)) this.dispatchEvent(new StaffAssignErrorEvent(_error));
  }

  private _outcome(job: Job, timeoutMs: number): Promise<SubmitResult> {
    return new Promise((resolve, reject) => {
      const settle = (late?: boolean) => {
        const { _phase, _assignment, _stored, _error } = job;
        if (_phase === "busy" && !late) return;
        if (_phase === "done" && _assignment) resolve({ status: "assigned", assignment: _assignment });
        else if (_phase === "queued") resolve({ status: "queued", stored: _stored });
        else if (/pending|busy/.test(_phase)) resolve({ status: "pending", assignment: _assignment });
        else reject(_error);
      };
      job._waiters.push(settle);
      if (timeoutMs >= 0) setTimeout(() => settle(true), timeoutMs);
      settle();
    });
  }

  /** Takes the order over from whom the edge named, or gives a done one to somebody else. */
  _reassign() {
    const problem = this._error && this._error.problem;
    const current = (problem && problem.current) || this._assignment;
    this._let();
    this._replaces = current && current.id;
    if (problem) this._quietly(this.submit());
    else {
      this._adopt();
      this._quietly(this.updateComplete.then(() => this.focus()));
    }
  }

  private _adopt({ id, mobile, name }: Choice = {}) {
    this.guide = id;
    this.guideMobile = mobile;
    this.guideName = name;
    this._chosenHere = Boolean(id || mobile);
  }

  private _tellChange() {
    if (this.state === "error") this._let();
    this.dispatchEvent(new StaffAssignChangeEvent(this.order, this.guide));
  }

  _choose(choice: Choice) {
    this._adopt(choice);
    this._tellChange();
  }

  /** Makes what was typed the order, so that half a number is never taken for one. */
  _commit(code = this._draft) {
    if (code === undefined) return;
    const order = cleanCode(code);
    this._draft = undefined;
    this.requestUpdate();
    if (order === (this.order || "")) return;
    this.order = order;
    this._tellChange();
  }

  _typed({ target, inputType }: InputEvent) {
    const { id, value } = target as HTMLInputElement;
    const isOrder = id === "order";
    const before = isOrder ? (this._draft ?? this._orderText) : (this._picker._query ?? this._label);
    this._burst._grow(value, before, inputType === "insertText");
    if (isOrder) this._draft = value;
    else this._picker._show(value);
    this.requestUpdate();
  }

  _compose(active: boolean) {
    // `isComposing` is unreliable around `compositionend`: the Enter that ends it comes first or last.
    if (active) this._composing = true;
    else setTimeout(() => (this._composing = false));
  }

  _keydown(event: KeyboardEvent) {
    const { key, target } = event;
    const { id } = target as HTMLElement;
    if (this._composing || event.isComposing || event.keyCode === 229) return;
    if (/^(Enter|Tab)$/.test(key) && this._burst._scanning) {
      // A scanner's terminator neither leaves the field nor submits anything.
      event.preventDefault();
      this._burst._end();
    } else if (id === "guide") this._picker._key(event);
    else if (id === "order" && key === "Enter" && this._draft !== undefined) {
      event.preventDefault();
      this._commit();
      if (this._missing) this._quietly(this.updateComplete.then(() => this.focus()));
      else this._quietly(this.submit());
    }
  }

  private _scan(code: string, forGuide: boolean) {
    if (this.disabled || this._option("scanner") === "off") return;
    const badge = this._picker._find(code);
    const kind = badge || forGuide ? "guide" : "order";
    this._draft = undefined;
    this._picker._close();
    if (!this.dispatchEvent(new StaffAssignScanEvent(code, kind))) return;
    if (kind === "guide") this._choose(badge || { id: code });
    else this._commit(code);
  }

  private _watchScanner() {
    if (this._option("scanner") === "page") this._endings.push(watchPage((code) => this._scan(code, false)));
  }

  /** Says what became of one of the others; a failed one has been seen then. */
  _seen() {
    const [intent] = this._leftovers;
    if (!intent) return;
    const { key, request, failure } = intent;
    this._let();
    const said = failure ? sentenceFor(this._text, failure.code, failure.reason) : this._text("queued");
    this._notice = `…${request.order.slice(-4)} ${labelOf(request.guide)}: ${said}`;
    if (failure && this._dispatcher) this._dispatcher._acknowledge(key);
  }
}
