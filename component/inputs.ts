/**
 * What the element is told: its properties, the page's defaults behind them, and what follows from both. Attributes
 * and properties are the source of truth; what a cashier chooses is written to the properties.
 */
import type { AssignmentRequest, ChannelName, OrderKind } from "../shared/contract.ts";
import { defaultsOf, type PageDefaults } from "./defaults.ts";
import { createGuideList, type GuideSource } from "./guide-list.ts";
import type { Fetch } from "./http.ts";
import { languageOf, type OwnTexts, type Text, textIn } from "./locales/text.ts";
import { type Choice, cleanCode, wrongMember } from "./order.ts";
import { ReactiveElement } from "./reactive-element.ts";
import type { SessionCallback } from "./session.ts";

export abstract class StaffAssignInputs extends ReactiveElement {
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
  /** Texts of the partner's own, by key, code or reason. */
  declare strings: OwnTexts | undefined;
  /** Replaces `fetch` for calls to the edge and to `sessionUrl`. */
  declare fetch: Fetch | undefined;

  /** what is being typed as order; undefined while the order stands */
  _draft: string | undefined;
  /** the assignment that the next one takes the order from */
  protected _replaces: string | undefined;
  protected readonly _list = createGuideList(() => this.requestUpdate());

  get _channel(): ChannelName {
    return this._option("channel") || "wechat";
  }

  get _language() {
    return languageOf(this, this.lang || defaultsOf("lang"));
  }

  get _text(): Text {
    return textIn(this._language, this._option("strings"));
  }

  /** Disabled, by itself or by a fieldset around it. */
  get _off() {
    return this.disabled || this.matches(":disabled");
  }

  /** What the order field shows while it is typed in. */
  get _typedOrder() {
    return (this._draft === undefined ? this.order : this._draft) || "";
  }

  get _orderText() {
    return cleanCode(this._typedOrder);
  }

  get _choice(): Choice {
    const { guide: id, guideMobile: mobile, guideName } = this;
    const listed = this._list._guides.find((guide) => (id ? guide.id === id : mobile && guide.mobile === mobile));
    return { id, mobile, name: guideName || (listed && listed.name) };
  }

  /** The body of `POST /v1/assignments`, or the name of the member that is missing or wrong. */
  get _request(): AssignmentRequest | string {
    return this._requestFor(this._choice);
  }

  /** The same for a guide or worker who may not be the chosen one. */
  _requestFor({ id, mobile, name }: Choice): AssignmentRequest | string {
    const { orderKind, extension, checkReason } = this;
    const channel = this._channel;
    const guide = id ? { id, name } : { mobile, name };
    const request = { channel, order: this._orderText, guide, replaces: this._replaces };
    const operator = this._option("operator");
    const storeId = operator && this._option("storeId");
    if (channel === "tmall") Object.assign(request, { orderKind, operator, storeId, extension, checkReason });
    // without members that are undefined: the form that is stored, compared and sent
    return wrongMember(request) || JSON.parse(JSON.stringify(request));
  }

  /** The field that is to be filled next. A cashier cannot mend what the page has forgotten: that is told on submit. */
  get _missing() {
    const request = this._request;
    return request === "order" || request === "guide" ? request : undefined;
  }

  /** The property, else the page's default. */
  _option<K extends keyof PageDefaults>(name: K): PageDefaults[K] {
    return (this[name] as PageDefaults[K]) || defaultsOf(name);
  }
}
