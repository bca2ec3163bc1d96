/**
 * An editable combobox after the ARIA Authoring Practices: list, search, paging, recent people, and for Tmall a worker
 * by id or by mobile and name. All ids stay inside one shadow root. The popup goes to the top layer where there is
 * one, so that no overflow, transform or z-index of the page can cut it off.
 */
import { type Child, h } from "./dom.ts";
import type { GuideList, GuideOption } from "./guide-list.ts";
import type { Text, Told } from "./locales/text.ts";
import { type Choice, isGuideId, labelOf } from "./order.ts";
import { badge, field } from "./view.ts";

type Row = [choice: GuideOption, note: string];

export interface PickerHost {
  _text: Text;
  _channel: string;
  _recent: readonly Choice[];
  shadowRoot: ShadowRoot | null;
  _missing: string | undefined;
  requestUpdate(): void;
  focus(): void;
  _choose(choice: Choice): void;
  _sentence(told: Told): string;
}

/** Where the browser can place it there without help, the popup goes to the top layer. */
const topLayer = self.CSS && CSS.supports("position-area", "bottom") ? "manual" : undefined;

/** The first character as a reader sees it: an emoji or a rare Chinese character is two units of a string. */
const avatar = (label: string) => badge("avatar", [...label.trim()][0] || "+");

export type GuidePicker = ReturnType<typeof createGuidePicker>;

export function createGuidePicker(host: PickerHost, list: GuideList) {
  /** what is typed; undefined while the choice is shown */
  let query: string | undefined;
  let isOpen = false;
  let active = -1;

  const close = () => {
    list._stop();
    isOpen = false;
    query = undefined;
    active = -1;
  };

  /** Opens the list, for what is typed or for a look at all. */
  const show = (typed?: string) => {
    if (isOpen && typed === undefined) return;
    isOpen = true;
    query = typed;
    active = -1;
    list._search((query || "").trim());
    host.requestUpdate();
  };

  /** Who is meant by a number, or for Tmall by a mobile and a name. */
  const byNumber = (text: string): Choice | undefined => {
    const [number = "", ...rest] = text.split(/[\s,，]+/);
    const name = rest.join(" ");
    const { _channel } = host;
    if (_channel === "tmall" && /^(\+\d+|1\d{10})$/.test(number)) return { mobile: number, name };
    return isGuideId(number, _channel) ? { id: number, name } : undefined;
  };

  const rowsNow = (): Row[] => {
    const { _text, _channel, _recent } = host;
    const text = (query || "").trim();
    const needle = text.toLowerCase();
    const rows = new Map<string | undefined, Row>();
    const add = (choice: GuideOption, note?: string, found = needle) => {
      const { id, mobile, name, workId, userId } = choice;
      const fits = [name, id, workId, userId, mobile].some((value) => value && value.toLowerCase().includes(found));
      if (fits && !rows.has(id || mobile)) rows.set(id || mobile, [choice, note || (workId || id || "").slice(-8)]);
    };
    for (const choice of _recent) add(choice, _text("recent"));
    for (const choice of list._guides) add(choice);
    const typed = _channel === "tmall" || !list._known() ? byNumber(text) : undefined;
    if (typed) add(typed, typed.id || typed.mobile, "");
    return [...rows.values()];
  };

  const take = (row: Row | undefined) => {
    if (!row) return;
    close();
    host._choose(row[0]);
  };

  return {
    _close: close,
    _show: show,
    _byNumber: byNumber,

    _key(event: KeyboardEvent) {
      const { key } = event;
      const rows = rowsNow();
      const count = rows.length + (list._hasMore() ? 1 : 0);
      const only = rows.length === 1 ? rows[0] : undefined;
      const step = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
      if (step) {
        if (!isOpen) show();
        else if (count) active = active < 0 && step < 0 ? count - 1 : (active + step + count) % count;
      } else if (isOpen && key === "Enter") {
        if (active === rows.length) list._more();
        else take(rows[active] || only);
      } else if (isOpen && key === "Escape") close();
      // Somebody is chosen: on to the button, which a key that is held down must not press.
      else if (key === "Enter" && !event.repeat && !host._missing) host.focus();
      else {
        // Leaving the field with one person left in the list takes that person.
        if (key === "Tab") {
          if (query) take(only);
          close();
        }
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      host.requestUpdate();
    },

    /** Puts the popup into the top layer, and what is active into view. */
    _place() {
      const popup = (host.shadowRoot as ShadowRoot).querySelector<HTMLElement>(".popup");
      if (!popup) return;
      if (popup.popover && !popup.matches(":popover-open")) popup.showPopover();
      const row = popup.querySelector(".active");
      if (row) row.scrollIntoView({ block: "nearest" });
    },

    /** @param label the present choice */
    _render(label: string, disabled: boolean): Child {
      const { _text, _channel } = host;
      const isTmall = _channel === "tmall";
      const who = _text(isTmall ? "worker" : "guide");
      const rows = isOpen ? rowsNow() : [];
      const row = (index: number, onclick: () => void, ...content: Child[]) =>
        h(
          "div",
          {
            id: `row${index}`,
            role: "option",
            part: "option",
            class: `row ${index === active ? "active" : ""}`,
            "aria-selected": index === active,
            onclick,
          },
          ...content,
        );
      const options = rows.map((shown, index) =>
        row(
          index,
          () => take(shown),
          avatar(labelOf(shown[0])),
          h("bdi", { class: "name" }, labelOf(shown[0])),
          h("bdi", { class: "note" }, shown[1]),
        ),
      );
      if (list._hasMore()) {
        options.push(row(rows.length, () => list._more(), _text("more")));
      }
      return field(
        "guide",
        [who],
        {
          role: "combobox",
          "aria-autocomplete": "list",
          "aria-expanded": isOpen,
          "aria-controls": isOpen ? "list" : undefined,
          "aria-activedescendant": active < 0 ? undefined : `row${active}`,
          placeholder: _text(isTmall ? "workerHint" : "needGuide"),
          disabled,
          value: query === undefined ? label : query,
          onblur: close,
        },
        ({ currentTarget }: Event) => {
          const input = (currentTarget as Element).lastChild as HTMLInputElement;
          input.focus();
          // What is typed takes the place of who is there.
          if (query === undefined) input.select();
          if (!disabled) show();
        },
        avatar(label),
        isOpen &&
          h(
            "div",
            { class: "popup", popover: topLayer },
            h("div", { id: "list", role: "listbox", part: "listbox", "aria-label": who }, ...options),
            !rows.length && h("div", { class: "row note" }, host._sentence(list._note)),
          ),
      );
    },
  };
}
