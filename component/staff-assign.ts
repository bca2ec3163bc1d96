/**
 * The element `<staff-assign>`: what it shows and what a cashier does with it. It holds no key and keeps its session in memory; what
 * has to survive a reload is in the outbox. Members that begin with "_" are for the other files of this folder.
 */
import { AssignmentFlow } from "./assignment-flow.ts";
import { identityOf } from "./dispatcher.ts";
import { StaffAssignChangeEvent, StaffAssignReadyEvent, StaffAssignScanEvent } from "./events.ts";
import { createFormPart } from "./form-part.ts";
import { type GuideSource, readLightList } from "./guide-list.ts";
import { createGuidePicker } from "./guide-picker.ts";
import { type Choice, cleanCode } from "./order.ts";
import { createBurst, watchPage } from "./scanner.ts";
import { scriptUrl } from "./script-url.ts";
import { renderView } from "./view.ts";

export class StaffAssignElement extends AssignmentFlow {
  static readonly version = __VERSION__;
  static readonly scriptUrl = scriptUrl;
  static readonly formAssociated = true;

  private _light: GuideSource | undefined;
  private _composing = false;
  private readonly _showInForm = createFormPart(this);
  readonly _picker = createGuidePicker(this, this._list);
  private readonly _burst = createBurst((code) => this._scan(code, this._picker._query() !== undefined));

  override focus(options?: FocusOptions) {
    const missing = this.state === "idle" && this._missing;
    const root = this.shadowRoot as ShadowRoot;
    const target = root.querySelector<HTMLElement>(missing ? `#${missing}` : ".actions button");
    if (target) target.focus(options);
  }

  constructor() {
    super();
    const listen = <K extends keyof HTMLElementEventMap>(type: K, listener: (event: HTMLElementEventMap[K]) => void) =>
      this._box.addEventListener(type, listener);
    listen("keydown", (event) => this._keydown(event));
    listen("input", (event) => this._typed(event as InputEvent));
    listen("focusin", () => this._warm());
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
      if ((sent && sent.order !== this.order) || this._refused || this._replaces) {
        this._let();
        if (this._byHand.has("guide") && !this._option("remember")) this._adopt();
        this._warm();
      }
    }
    // Somebody else for an order that is through: the edge will say who has it. A guide cleared is no one else.
    if (sent && guide && guide !== sent.guide.id && changed.has("guide") && /done|error/.test(this.state)) this._let();
    if (changed.has("scanner")) this.disconnectedCallback();
    const dispatcher = this._connect();
    this._light = this._light || readLightList(this);
    const storeId = this._option("storeId") || (dispatcher && dispatcher._session._storeId);
    const listed = this._option("guides") || this._light;
    this._list._use(listed, dispatcher && dispatcher._client, this._channel === "wechat" && !listed ? storeId : "");
  }

  protected override _render() {
    return renderView(this);
  }

  protected override _updated() {
    const { state } = this;
    this._showInForm(state, state === "done" && this.assignment ? this.assignment.id : null);
    // The parser draws an element before it puts it into the page, where nobody would hear it.
    if (!this.isConnected) return;
    this.setAttribute("data-state", state);
    this._picker._place();
    if (!this._ready) this.dispatchEvent(new StaffAssignReadyEvent());
    this._ready = true;
    const request = this._request;
    const may = this._dispatcher && !this._off && state === "idle" && this._draft === undefined;
    if (may && this._option("auto") && typeof request !== "string" && identityOf(request) !== this._autoDone) {
      this._quietly(this.submit());
    }
  }

  protected override _tellChange() {
    if (this.state === "error") this._let();
    this.dispatchEvent(new StaffAssignChangeEvent({ order: this.order, guide: this.guide }));
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
    this.order = order;
    this._byHand.add("order");
    this._tellChange();
  }

  _typed({ target, inputType }: InputEvent) {
    const { id, value } = target as HTMLInputElement;
    const isOrder = id === "order";
    const query = this._picker._query();
    const before = isOrder ? this._typedOrder : query === undefined ? this._label : query;
    this._burst._grow(value, before, inputType === "insertText");
    if (isOrder) this._draft = value;
    else this._picker._show(value);
    this.requestUpdate();
  }

  _keydown(event: KeyboardEvent) {
    const { key, target } = event;
    const { id } = target as HTMLElement;
    if (this._composing || event.isComposing || event.keyCode === 229) return;
    if (/^(Enter|Tab)$/.test(key) && this._burst._scanning()) {
      // A scanner's terminator neither leaves the field nor submits anything.
      event.preventDefault();
      this._burst._end();
    } else if (id === "guide") this._picker._key(event);
    else if (id === "order" && key === "Enter" && this._draft !== undefined) {
      event.preventDefault();
      this._commit();
      if (this._missing) this._focusNext();
      else this._quietly(this.submit());
    }
  }

  private _scan(code: string, forGuide: boolean) {
    if (this._off || this._option("scanner") === "off") return;
    const badge = this._picker._find(code);
    const kind = badge || forGuide ? "guide" : "order";
    this._draft = undefined;
    this._picker._close();
    if (!this.dispatchEvent(new StaffAssignScanEvent({ text: code, kind }))) return;
    if (kind === "guide") this._choose(badge || { id: code });
    else this._commit(code);
  }

  protected override _connected() {
    if (this._option("scanner") === "page") this._endings.push(watchPage((code) => this._scan(code, false)));
  }
}
