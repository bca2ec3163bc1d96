/**
 * The element `<staff-assign>`: what it shows and what a cashier does with it. It holds no key and keeps its session in memory; what
 * has to survive a reload is in the outbox. Members that begin with "_" are for the other files of this folder.
 */
import { AssignmentFlow } from "./assignment-flow.ts";
import { identityOf } from "./dispatcher.ts";
import { StaffAssignChangeEvent, StaffAssignReadyEvent, StaffAssignScanEvent } from "./events.ts";
import { FormPart } from "./form-part.ts";
import { type GuideSource, readLightList } from "./guide-list.ts";
import { GuidePicker } from "./guide-picker.ts";
import { type Choice, cleanCode } from "./order.ts";
import { Burst, watchPage } from "./scanner.ts";
import { renderView } from "./view.ts";

export class StaffAssignElement extends AssignmentFlow {
  static readonly version = __VERSION__;
  static readonly scriptUrl = __SCRIPT_URL__;
  static readonly formAssociated = true;

  private _light: GuideSource | undefined;
  private _composing = false;
  private readonly _form = new FormPart(this);
  readonly _picker = new GuidePicker(this, this._list);
  private readonly _burst = new Burst((code) => this._scan(code, this._picker._query !== undefined));

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
    const client = dispatcher?._client;
    const storeId = this._option("storeId") || client?._session._storeId;
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

  private _tellChange() {
    if (this.state === "error") this._let();
    this.dispatchEvent(new StaffAssignChangeEvent(this.order, this.guide));
  }

  _choose(choice: Choice) {
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

  protected override _connected() {
    if (this._option("scanner") === "page") this._endings.push(watchPage((code) => this._scan(code, false)));
  }
}
