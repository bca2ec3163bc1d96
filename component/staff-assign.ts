/**
 * The element `<staff-assign>`: what it shows and what a cashier does with it. It holds no key and keeps its session in memory; what
 * has to survive a reload is in the outbox. Members that begin with "_" are for the other files of this folder.
 */
import type { Assignment } from "../shared/contract.ts";
import { AssignmentFlow } from "./assignment-flow.ts";
import { inTime } from "./clock.ts";
import { StaffAssignChangeEvent, StaffAssignReadyEvent, StaffAssignScanEvent } from "./events.ts";
import { createFormPart } from "./form-part.ts";
import { readLightList } from "./guide-list.ts";
import { createGuidePicker } from "./guide-picker.ts";
import { identityOf } from "./intent.ts";
import { type Choice, cleanCode, isOrder } from "./order.ts";
import { collect, endsScan, noteFocus, watchPage } from "./scanner.ts";
import { scriptUrl } from "./script-url.ts";
import { renderView } from "./view.ts";

/** ms that a scan waits for the answer whose badge it is */
const askTimeoutMs = 3_000;
/** ms in the page after which a session that is not there has been forgotten, and `auto` says so */
const settleMs = 3_000;

export class StaffAssignElement extends AssignmentFlow {
  static readonly version = __VERSION__;
  static readonly scriptUrl = scriptUrl;
  static readonly formAssociated = true;

  private _composing?: boolean;
  /** has been in a page for as long as its session may take to be set */
  private _settled?: boolean;
  /** the key behind the next input: an input's own `timeStamp` is when the till came round to it */
  private _pressed: KeyboardEvent | undefined;
  /** the last order that was entered here: any other is the page's own */
  private _entered: string | undefined;
  /** whose badge the last scan is */
  private _asked: Promise<Choice | null | undefined> = Promise.resolve(null);
  private readonly _showInForm = createFormPart(this);
  readonly _picker = createGuidePicker(this, this._list);

  /**
   * Focuses the field that is to be filled next, else the button, once what has changed is drawn; while there is an answer,
   * that: an Enter that was meant for one button presses no other.
   */
  override focus(options?: FocusOptions) {
    const focus = () => {
      const { state, _missing, _notice } = this;
      const wanted = state === "idle" && !_notice ? (_missing ? `#${_missing}` : ".actions button") : ".words";
      const target = this._box.querySelector<HTMLElement>(wanted);
      if (target) target.focus(options);
    };
    this._quietly(this.updateComplete.then(focus));
  }

  constructor() {
    super();
    const listen = <K extends keyof HTMLElementEventMap>(type: K, listener: (event: HTMLElementEventMap[K]) => void) =>
      this._box.addEventListener(type, listener);
    listen("keydown", (event) => this._keydown(event));
    listen("input", (event) => this._typed(event as InputEvent));
    listen("focusin", () => {
      noteFocus(this);
      this._warm();
    });
    // `isComposing` is not to be relied on, and says nothing of the Enter that ended it and comes a little later.
    listen("compositionstart", () => (this._composing = true));
    listen("compositionend", () => setTimeout(() => (this._composing = false)));
  }

  /** A fieldset's: the element's own is not touched. */
  formDisabledCallback() {
    this.requestUpdate();
  }

  formResetCallback() {
    this.reset();
    this.order = this.getAttribute("order") as string | undefined;
  }

  protected override _willUpdate(changed: ReadonlySet<string>) {
    const { _job: job, guide } = this;
    const sent = job && job._intent.request;
    if (changed.has("order")) {
      this._draft = undefined;
      if ((sent && sent.order !== this._orderText) || this._refused || this._replaces) {
        this._let();
        if (this._byHand.has("guide") && !this._option("remember")) this._adopt();
        this._warm();
      }
    }
    // Somebody else for an order that is through: the edge will say who has it. A guide cleared is no one else.
    if (sent && guide && guide !== sent.guide.id && changed.has("guide") && /done|error/.test(this.state)) this._let();
    if (changed.has("scanner")) this.disconnectedCallback();
    this._readList();
  }

  private _readList() {
    const dispatcher = this._connect();
    const storeId = this._option("storeId") || (dispatcher && dispatcher._session._storeId);
    const listed = this._option("guides") || readLightList(this);
    const store = this._channel === "wechat" && !listed ? storeId : "";
    this._list._use(listed, dispatcher && dispatcher._client, store);
  }

  protected override _render() {
    return renderView(this);
  }

  protected override _updated(focused: HTMLInputElement | null) {
    const { state } = this;
    this._showInForm(state, state === "done" ? (this.assignment as Assignment).id : null);
    // The parser draws an element before it puts it into the page, where nobody would hear it.
    if (!this.isConnected) return;
    const isNext = state === "idle" && this.getAttribute("data-state") !== state;
    this.setAttribute("data-state", state);
    this._picker._place();
    // What had the focus has gone, is shut, or was the last order's answer: the keyboard and a scanner go on here.
    if (focused && (focused.disabled || !focused.isConnected || (isNext && focused.className === "words"))) {
      this.focus();
    }
    if (!this._ready) {
      this.dispatchEvent(new StaffAssignReadyEvent());
      setTimeout(() => {
        this._settled = true;
        this.requestUpdate();
      }, settleMs);
    }
    this._ready = true;
    const request = this._request;
    const may = (this._dispatcher || this._settled) && !this._off && state === "idle" && this._draft === undefined;
    if (may && this._option("auto") && typeof request === "object" && identityOf(request) !== this._autoDone) {
      this._quietly(this.submit());
    }
  }

  protected override _tellChange() {
    if (this.state === "error") this._let();
    const { order, guide, guideMobile, guideName } = this;
    this.dispatchEvent(new StaffAssignChangeEvent({ order, guide, guideMobile, guideName }));
  }

  /** What is under way stays with whom it was sent for. */
  _choose(choice: Choice) {
    if (/busy|pending|queued/.test(this.state)) return;
    this._adopt(choice);
    this._tellChange();
  }

  /** Makes what was typed the order, so that half a number is never taken for one. */
  override _commit(code = this._draft) {
    if (code === undefined) return;
    const order = cleanCode(code);
    this._draft = undefined;
    this.requestUpdate();
    if (order === (this.order || "")) return;
    this._entered = this.order = order;
    this._byHand.add("order");
    this._tellChange();
  }

  _typed(event: InputEvent) {
    const { id, value } = event.target as HTMLInputElement;
    const cause = (this._pressed || event) as KeyboardEvent;
    this._pressed = undefined;
    collect(event.inputType === "insertText" && !cause.repeat && event.data, cause, this, id);
    if (id === "order") this._draft = value;
    else this._picker._show(value);
    this.requestUpdate();
  }

  _keydown(event: KeyboardEvent) {
    const { key, target } = event;
    const { id } = target as HTMLElement;
    this._pressed = event;
    if (this._composing || event.isComposing || event.keyCode === 229 || endsScan(event)) return;
    if (id === "guide") this._picker._key(event);
    else if (id === "order" && key === "Enter" && this._draft !== undefined) {
      event.preventDefault();
      this._commit();
      if (this._missing) this.focus();
      else this._quietly(this.submit());
    }
  }

  /** @param field where it was scanned; without one, anywhere on the page */
  async _scan(code: string, field?: string) {
    if (this._off || this._option("scanner") === "off") return;
    this._readList();
    const list = this._list;
    /** null: nobody can say */
    let choice: Choice | null | undefined = list._find(code);
    if (!choice && field !== "order") {
      if (list._isRemote()) {
        const ask = () => inTime(list._ask(code), askTimeoutMs).catch(() => null);
        // One after the other: the last scan is the last to be taken.
        this._asked = this._asked.then(ask);
        choice = await this._asked;
        // An order of the page's own that is not assigned yet gives way to none that may be a badge.
        const isGiven = this.order && this.order !== this._entered && !this._job;
        if (!choice && (isGiven || (choice === null && field))) return;
      } else if (field && !list._known()) choice = this._picker._byNumber(code);
      if (!choice && !isOrder(code, this._channel, this.orderKind)) return;
    }
    this._draft = undefined;
    this._picker._close();
    if (!this.dispatchEvent(new StaffAssignScanEvent({ text: code, kind: choice ? "guide" : "order" }))) return;
    if (choice) this._choose(choice);
    else this._commit(code);
    if (field && this._missing) this.focus();
  }

  protected override _connected() {
    if (this._option("scanner") === "page") this._endings.push(watchPage(this));
  }
}
