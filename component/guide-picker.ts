/**
 * An editable combobox after the ARIA Authoring Practices: list, search, paging, recent people, and for Tmall a worker
 * by id or by mobile and name. All ids stay inside one shadow root. The popup goes to the top layer where there is
 * one, so that no overflow, transform or z-index of the page can cut it off.
 */
import { html, nothing } from "lit/html.js";
import type { GuideList, GuideOption } from "./guide-list.ts";
import type { Text } from "./locales/text.ts";
import { type Choice, isGuideId, isMobile, labelOf } from "./order.ts";

interface Row {
  _choice: GuideOption;
  _label: string;
  _note: string;
}

export interface PickerHost {
  _text: Text;
  _channel: string;
  _recent: readonly Choice[];
  shadowRoot: ShadowRoot | null;
  requestUpdate(): void;
  _choose(choice: Choice): void;
}

/** Where the browser can place it there without help, the popup goes to the top layer. */
const topLayer = self.CSS && CSS.supports("position-area", "bottom") ? "manual" : nothing;

export class GuidePicker {
  /** what is typed; undefined while the choice is shown */
  _query: string | undefined;
  private readonly _host: PickerHost;
  private readonly _list: GuideList;
  private _open = false;
  private _active = -1;

  constructor(host: PickerHost, list: GuideList) {
    this._host = host;
    this._list = list;
  }

  /** The person with this id, badge number or account, as a scanner would read it. */
  _find(code: string): GuideOption | undefined {
    return this._list._guides.find(({ id, workId, userId }) => [id, workId, userId].includes(code));
  }

  _close() {
    this._open = false;
    this._query = undefined;
    this._active = -1;
    this._host.requestUpdate();
  }

  /** Opens the list, for what is typed or for a look at all. */
  _show(query?: string) {
    if (this._open && query === undefined) return;
    this._open = true;
    this._query = query;
    this._active = -1;
    this._list._search((query || "").trim());
    this._host.requestUpdate();
  }

  private get _rows(): Row[] {
    const { _text, _channel, _recent } = this._host;
    const query = (this._query || "").trim();
    const needle = query.toLowerCase();
    const rows = new Map<string | undefined, Row>();
    const add = (choice: GuideOption, note?: string) => {
      const { id, mobile, name, workId, userId } = choice;
      const number = workId || id || "";
      const fits = [name, id, workId, userId, mobile].some((value) => value?.toLowerCase().includes(needle));
      if (!fits || rows.has(id || mobile)) return;
      rows.set(id || mobile, { _choice: choice, _label: labelOf(choice), _note: note || number.slice(-8) });
    };
    for (const choice of _recent) add(choice, _text("recent"));
    for (const choice of this._list._guides) add(choice);
    const [number = "", ...rest] = query.split(/[\s,，]+/);
    const name = rest.join(" ");
    const isTmall = _channel === "tmall";
    const byMobile = isTmall && /^(\+|1\d{10}$)/.test(number) && isMobile(number);
    if (byMobile || ((isTmall || !this._list._known) && isGuideId(number, _channel) && !rows.has(number))) {
      const choice = byMobile ? { mobile: number, name } : { id: number, name };
      rows.set(number, { _choice: choice, _label: _text("useNumber", { text: query }), _note: "" });
    }
    return [...rows.values()];
  }

  private _take(row: Row | undefined) {
    if (!row) return;
    this._close();
    this._host._choose(row._choice);
  }

  _key(event: KeyboardEvent) {
    const { key } = event;
    const rows = this._rows;
    const count = rows.length + Number(this._list._hasMore);
    const only = rows.length === 1 ? rows[0] : undefined;
    if (/^Arrow(Down|Up)$/.test(key)) {
      const down = key === "ArrowDown";
      if (!this._open) this._show();
      else if (count)
        this._active = this._active < 0 && !down ? count - 1 : (this._active + (down ? 1 : -1) + count) % count;
    } else if (this._open && key === "Enter") {
      if (this._active === rows.length) this._list._more();
      else this._take(rows[this._active] || only);
    } else if (this._open && key === "Escape") this._close();
    else if (key === "Tab") {
      // Leaving the field with one person left in the list takes that person.
      if (this._query) this._take(only);
      this._close();
      return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this._host.requestUpdate();
  }

  /** Puts the popup into the top layer, and what is active into view. */
  _place() {
    const popup = (this._host.shadowRoot as ShadowRoot).querySelector<HTMLElement>(".popup");
    if (!popup) return;
    if (popup.popover && !popup.matches(":popover-open")) popup.showPopover();
    const active = popup.querySelector(".active");
    if (active) active.scrollIntoView({ block: "nearest" });
  }

  /** @param label the present choice */
  _render(label: string, off: boolean) {
    const { _text, _channel } = this._host;
    const open = this._open;
    const { _loading, _hasMore, _failed, _known } = this._list;
    const rows = open ? this._rows : [];
    const row = (index: number, content: unknown, take: () => void) => html`
      <div
        id=${`row${index}`}
        role="option"
        part="option"
        class="row ${index === this._active ? "active" : ""}"
        aria-selected=${index === this._active}
        @click=${take}
      >${content}</div>
    `;
    const isTmall = _channel === "tmall";
    return html`
      <div class="field">
        <label part="label" for="guide">${_text(isTmall ? "worker" : "guide")}</label>
        <div class="control picker" part="guide">
          <span class="avatar" aria-hidden="true">${initial(label)}</span>
          <input
            id="guide"
            part="input"
            role="combobox"
            aria-autocomplete="list"
            aria-expanded=${open}
            aria-controls=${open ? "list" : nothing}
            aria-activedescendant=${this._active < 0 ? nothing : `row${this._active}`}
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            data-1p-ignore
            data-lpignore="true"
            placeholder=${_text(isTmall ? "workerHint" : _known ? "guideHint" : "guideIdHint")}
            .disabled=${off}
            .value=${this._query ?? label}
            @pointerdown=${() => this._show()}
            @blur=${() => this._close()}
          />
        </div>
        ${
          open
            ? html`<div class="popup" popover=${topLayer} @mousedown=${keepFocus}>
                <div id="list" role="listbox" part="listbox" aria-label=${_text("guide")}>
                  ${rows.map(({ _choice, _label, _note }, index) =>
                    row(
                      index,
                      html`<span class="avatar" aria-hidden="true">${initial(labelOf(_choice))}</span>
                        <bdi class="name">${_label}</bdi><bdi class="note">${_note}</bdi>`,
                      () => this._take(rows[index]),
                    ),
                  )}
                  ${_hasMore ? row(rows.length, html`<span class="more">${_text("more")}</span>`, () => this._list._more()) : nothing}
                </div>
                ${rows.length ? nothing : html`<div class="row note">${_text(_loading ? "loading" : _failed ? "network" : "nobody")}</div>`}
              </div>`
            : nothing
        }
      </div>
    `;
  }
}

/** The field keeps the focus: a press in the popup must not take it away. */
const keepFocus = (event: Event) => event.preventDefault();

/** The first character as a reader sees it: an emoji or a rare Chinese character is two units of a string. */
const initial = (label: string) => Array.from(label.trim())[0] || "＋";
