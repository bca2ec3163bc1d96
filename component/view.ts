/** What the element shows, as a function of what it knows. No state lives here. */
import { html, nothing } from "lit/html.js";
import { sentenceFor } from "./locales/text.ts";
import { isOrder, labelOf } from "./order.ts";
import type { StaffAssignElement } from "./staff-assign.ts";

const icon = (path: string) => html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d=${path} /></svg>`;
const check = "M4 12l6 6L20 6";
const circle = "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 ";
const clock = `${circle}7v5l3 3`;
const info = `${circle}11v5M12 8v.1`;
const warning = "M12 3L2 20h20zM12 10v4M12 17v.1";

const timeOf = (rfc3339: string | undefined, language: string) =>
  new Date(rfc3339 || Date.now()).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hour12: false });

/** The order in groups of four from the end, the last one strong: the group that cashiers compare. */
const figures = (order: string) => html`
  <bdi class="digits ${order.length > 20 ? "long" : ""}">
    ${order.slice(0, -4).replace(/(?=(.{4})+$)/g, " ")} <b>${order.slice(-4)}</b>
  </bdi>
`;

const orderField = (element: StaffAssignElement, off: boolean) => {
  const { _text, _orderText, _channel, _draft } = element;
  return html`
    <div class="field" part="order">
      <label part="label" for="order">
        ${_text("order")} ${isOrder(_orderText, _channel, element.orderKind) ? figures(_orderText) : nothing}
      </label>
      <div class="control"><input
        id="order"
        part="input"
        inputmode=${_channel === "tmall" ? "numeric" : "text"}
        enterkeyhint="done"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        data-1p-ignore
        data-lpignore="true"
        placeholder=${_text("orderHint")}
        .disabled=${off}
        .value=${_draft ?? _orderText}
        @blur=${() => element._commit()}
      /></div>
    </div>
  `;
};

const receipt = ({ _text, _orderText, _assignment, _language, _label }: StaffAssignElement) => html`
  ${icon(check)}
  <bdi class="answer">${_text("done", { guide: _label })}</bdi>
  ${figures(_orderText)}
  <span class="note">${timeOf(_assignment?.assignedAt, _language)}</span>
  <slot name="done"></slot>
`;

/** Tone, sign and words of the status line. */
function messageOf(element: StaffAssignElement): [string, string, string] {
  const { _text, _job, _error, _slow, _label, _unsaved, state } = element;
  const stored = _job?._stored;
  if (state === "busy") return ["", clock, _text(_slow ? (stored ? "stillBusyStored" : "stillBusy") : "busy")];
  if (state === "done") return ["ok", check, _text(element.compact ? "done" : "doneHint", { guide: _label })];
  if (state === "pending") return ["warn", clock, _text("pending")];
  if (state === "queued") return ["warn", clock, _text(stored ? "queued" : "queuedUnsaved")];
  if (_error) {
    const { code, problem } = _error;
    const current = problem?.current;
    if (code !== "already_assigned" || !current) {
      const { reason, upstream } = problem || {};
      // Tmall means its display text for people; WeChat Pay's messages are for developers.
      const said = code === "upstream_rejected" && !reason && element._channel === "tmall" && upstream?.message;
      return ["bad", warning, sentenceFor(_text, code, reason) + (said ? ` (${said})` : "")];
    }
    if (!current.id) return ["warn", info, _text("heldElsewhere")];
    const guide = labelOf(current.guide || {}) || _text("someone");
    const time = timeOf(current.assignedAt || current.createdAt, element._language);
    return ["warn", info, _text("held", { guide, time, other: _label })];
  }
  if (element._notice) return ["warn", info, element._notice];
  if (_unsaved) return ["warn", warning, _text("storage_unavailable")];
  const missing = element._missing;
  return ["", info, _text(missing ? (missing === "order" ? "needOrder" : "needGuide") : "ready")];
}

function buttons(element: StaffAssignElement) {
  const { _text, _label, _missing, _error, state, compact, disabled } = element;
  const primary = (label: string, action: () => void, off?: unknown, working = "") => html`
    <button
      type="button"
      part="submit"
      class="primary ${working}"
      aria-disabled=${Boolean(off || working)}
      @click=${off || working ? nothing : action}
    >${label}</button>
  `;
  const quiet = (label: string, action: () => void) =>
    html`<button type="button" .disabled=${disabled} @click=${action}>${label}</button>`;
  const retry = () => element._quietly(element.retry());
  if (state === "done") return quiet(_text("reassign"), () => element._reassign());
  if (_error?.problem?.current?.id) {
    return html`
      ${quiet(_text("keep"), () => element.reset())}
      ${primary(_text(compact ? "reassign" : "reassignTo", { guide: _label }), () => element._reassign())}
    `;
  }
  if (/busy|pending/.test(state)) return primary(_text(compact ? "assign" : "busy"), retry, 0, "working");
  if (state === "queued" || (_error && (state === "expired" || _error.retryable))) {
    return primary(_text("retry"), retry, disabled);
  }
  const label = _text(compact || !_label ? "assign" : "submit", { guide: _label });
  return primary(label, () => element._quietly(element.submit()), disabled || _missing);
}

function status(element: StaffAssignElement) {
  const { _text, _leftovers, _error, compact, state } = element;
  const [tone, sign, words] = messageOf(element);
  const reference = _error?.requestId;
  return html`
    <div class="status ${tone}" part="message">
      ${icon(sign)}
      <div class="words" role="status">
        ${words} ${reference ? html`<bdi>${_text("reference", { id: reference.slice(0, 8) })}</bdi>` : nothing}
      </div>
      ${
        _leftovers.length && !(compact && state === "error")
          ? html`<button type="button" class="pill" @click=${() => element._seen()}>
              ${compact ? _leftovers.length : _text("unfinished", { count: _leftovers.length })}
            </button>`
          : nothing
      }
    </div>
  `;
}

export function renderView(element: StaffAssignElement) {
  const { state, compact, disabled, _channel } = element;
  const off = disabled || /busy|pending|queued|expired/.test(state);
  const done = state === "done";
  // In one row, what there is to say takes the place of the fields.
  const fields = !compact || state === "idle";
  return html`
    <div
      class="box ${_channel} ${compact ? "compact" : "roomy"} ${state}"
      part="form"
      role="group"
      aria-label=${element._text("guide")}
      aria-busy=${state === "busy"}
      @keydown=${(event: KeyboardEvent) => element._keydown(event)}
      @input=${(event: InputEvent) => element._typed(event)}
      @focusin=${() => element._warm()}
      @compositionstart=${() => element._compose(true)}
      @compositionend=${() => element._compose(false)}
    >
      ${
        done && !compact
          ? html`<div class="body receipt">${receipt(element)}</div>`
          : fields
            ? html`<div class="body">${orderField(element, off)}${element._picker._render(element._label, off)}</div>`
            : nothing
      }
      ${status(element)}
      <slot name="before-submit"></slot>
      <div class="actions">${buttons(element)}</div>
    </div>
  `;
}
