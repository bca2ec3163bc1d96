/** What the element shows, as a function of what it knows. No state lives here. */
import type { Assignment } from "../shared/contract.ts";
import { type Child, h, type Props } from "./dom.ts";
import type { StaffAssignError } from "./errors.ts";
import { kindOf, labelOf } from "./order.ts";
import type { StaffAssignElement } from "./staff-assign.ts";

/** A character in a circle: each outcome has one of its own, each person an initial. */
export const badge = (kind: "sign" | "avatar", character: string) =>
  h("span", { class: kind, "aria-hidden": true }, character);
const check = "✓";
const clock = "…";
const info = "i";
const warning = "!";

/** On the till's clock, "09:05", and of another day "11-21 09:05". */
const timeOf = (rfc3339: string | undefined) => {
  const date = new Date(rfc3339 || Date.now());
  const time = date.toTimeString().slice(0, 5);
  return date.toDateString() === new Date().toDateString() ? time : `${date.getMonth() + 1}-${date.getDate()} ${time}`;
};

/** The order's figures in groups of four from the end, the last four characters strong: those that cashiers compare. */
const figures = (order: string) =>
  h("bdi", {}, order.slice(0, -4).replace(/(?=(\d{4})+$)/g, " "), " ", h("b", {}, order.slice(-4)));

/** No help from the browser: what is entered here is never a word or a login. */
const plain = {
  part: "input",
  autocomplete: "off",
  autocapitalize: "off",
};

const keepFocus = (event: Event) => (event.target as Element).localName === "input" || event.preventDefault();

/** @param control what stands in the frame of the field beside its input */
export const field = (
  part: string,
  label: Child[],
  input: Props,
  press?: Props["onclick"],
  control?: Child,
  below?: Child,
) =>
  h(
    "div",
    // A press beside the input leaves the focus, and what is being typed, where they are.
    { class: "field", onmousedown: keepFocus },
    h("label", { part: "label", for: part }, ...label),
    h(
      "div",
      { class: `control ${part}`, part, onclick: press },
      control,
      h("input", Object.assign(input, { id: part }, plain)),
    ),
    below,
  );

const orderField = (element: StaffAssignElement, off: boolean) => {
  const { _text, _orderText, _missing } = element;
  const kind = element._channel === "tmall" && kindOf(element);
  const shown = _orderText && (_missing === "order" ? h("b", {}, warning) : figures(_orderText));
  return field("order", [_text(kind === "workcard" ? kind : "order"), " ", shown], {
    inputmode: kind && kind !== "outer" ? "numeric" : undefined,
    placeholder: _text("needOrder"),
    disabled: off,
    value: element._typedOrder,
    onblur: () => element._commit(),
  });
};

/** The assignment that has the order, where it is one that this page may take it from. */
const holderOf = (error: StaffAssignError | undefined) => {
  const current = error && error.problem && error.problem.current;
  return current && current.id ? current : undefined;
};

/** Tone, sign and words of the status line. */
function messageOf(element: StaffAssignElement): [string, string, string] {
  const { _text, _job, _error, _label, _notice, state } = element;
  const stored = _job && _job._stored;
  if (_notice) return ["warn", info, _notice];
  if (state === "busy") return ["", clock, _text(element._slow && stored ? "slow" : "busy")];
  if (state === "done") return ["ok", check, `…${element._orderText.slice(-4)} ${_text("done", { guide: _label })}`];
  if (state === "pending") return ["warn", clock, _text("pending")];
  if (state === "queued") return ["warn", clock, _text(stored ? "queued" : "storage_unavailable")];
  if (_error) {
    const { code, problem } = _error;
    const current = holderOf(_error);
    if (!current) {
      // Tmall means its display text for people; WeChat Pay's messages are for developers.
      const forPeople = code === "upstream_rejected" && element._channel === "tmall" && problem && !problem.reason;
      const said = forPeople && problem.upstream && problem.upstream.message;
      return ["bad", warning, element._sentence(_error) + (said ? `（${said}）` : "")];
    }
    // In one row, the names are what has to be read.
    const guide =
      labelOf(current.guide || {}) + (element.compact ? "" : ` (${timeOf(current.assignedAt || current.createdAt)})`);
    return ["warn", info, _text("held", { guide, other: _label })];
  }
  if (element._unsaved) return ["warn", warning, _text("storage_unavailable")];
  const { _missing } = element;
  if (_missing === "order" && element._orderText) return ["warn", warning, _text("wrongOrder")];
  return ["", info, _text(_missing ? (_missing === "order" ? "needOrder" : "needGuide") : "ready")];
}

/** Each kind has a place of its own: an Enter meant for one never presses the one that follows it. */
function buttons(element: StaffAssignElement): Child[] {
  const { _text, _label: guide, _error, _notice, state, compact, _off: disabled } = element;
  const isHeld = !!holderOf(_error);
  const isDone = state === "done";
  const isWaiting = /busy|pending/.test(state);
  const again = state === "queued" || (_error && (state === "expired" || _error.retryable));
  const button = (label: string, onclick: () => void, more: Props = { disabled }) =>
    h("button", Object.assign({ onclick }, more), label);
  const reassign = () => element._reassign();
  const next = () => element._next();
  const off = disabled || isWaiting || (!again && element._missing);
  const submit = () => off || (isHeld ? reassign() : element._quietly(element.submit()));
  const verb = isHeld ? "reassign" : "assign";
  const short = compact || !guide ? verb : isHeld ? "reassignTo" : "submit";
  const primary = button(_text(isWaiting && !compact ? "busy" : again ? "retry" : short, { guide }), submit, {
    part: "submit",
    class: `primary ${isWaiting ? "working" : ""}`,
    "aria-disabled": !!off,
  });
  return [
    isDone
      ? button(_text("reassign"), reassign)
      : isHeld
        ? button(_text("keep"), next)
        : // In one row the sentence has taken the place of the fields.
          compact &&
          (state === "error" || (_notice && state === "idle")) &&
          button(_text("back"), () => element._back()),
    !isDone && !isHeld && primary,
    isHeld && primary,
    // The page knows its next order; one that was entered here is followed by one that is entered here.
    /done|pending|queued/.test(state) && element._byHand.has("order") && button(_text("next"), next),
  ];
}

function status(element: StaffAssignElement) {
  const { _text, _leftovers, _error, compact, state } = element;
  const [tone, character, words] = messageOf(element);
  const reference = tone === "bad" && (_error as StaffAssignError).requestId;
  const count = _leftovers.length;
  const unfinished = _text("unfinished", { count });
  return h(
    "div",
    { class: `status ${tone}`, part: "message" },
    // In one row, a long sentence needs the room of its sign.
    !(compact && words[24]) && badge("sign", character),
    h(
      "div",
      { class: "words", role: "status", tabindex: 0 },
      words,
      " ",
      reference && `${_text("reference")} ${reference.slice(0, 8)}`,
    ),
    // Not in the place of what went wrong just now.
    !!count &&
      state !== "error" &&
      h(
        "button",
        { class: "pill", "aria-label": unfinished, onclick: () => element._seen() },
        compact ? `${count}` : unfinished,
      ),
  );
}

/** The attributes of the one box and what is in it. */
export function renderView(element: StaffAssignElement) {
  const { _text, _label, _channel, _notice, state, compact } = element;
  const off = element._off || /busy|pending|queued|expired/.test(state);
  return h(
    "div",
    {
      class: `box ${_channel} ${compact ? "compact" : ""} ${element._option("theme") || ""}`,
      part: "form",
      role: "group",
      "aria-label": _text(_channel === "tmall" ? "worker" : "guide"),
    },
    // In one row, what there is to say takes the place of the fields.
    state === "done" && !compact
      ? h(
          "div",
          { class: "body receipt" },
          badge("sign", check),
          h("bdi", { class: "answer" }, _label),
          figures(element._orderText),
          h("span", { class: "note" }, timeOf((element.assignment as Assignment).assignedAt)),
          h("slot", { name: "done" }),
        )
      : (!compact || (state === "idle" && !_notice)) &&
          h("div", { class: "body" }, orderField(element, off), element._picker._render(_label, off)),
    status(element),
    h("slot", { name: "before-submit" }),
    h("div", { class: "actions" }, ...buttons(element)),
  );
}
