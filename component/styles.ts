/**
 * All looks of the element. Sizes are px, since `rem` follows the page's root; no flex gap, inset or aspect-ratio,
 * which WebViews before 87 lack. Every state has the same height.
 */

/** Tag for the build, which takes the white space out. */
const css = String.raw;

export const styleText = css`
  :host {
    all: initial;
    display: block;
    max-width: var(--staff-assign-width, 480px);
    font: 16px / 24px
      var(--staff-assign-font, system-ui, "PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei", "Noto Sans SC", sans-serif);
    font-variant-numeric: tabular-nums;
    -webkit-text-size-adjust: 100%;
    -webkit-tap-highlight-color: transparent;
  }
  :host([hidden]) {
    display: none;
  }
  * {
    box-sizing: border-box;
    margin: 0;
    font: inherit;
    color: inherit;
  }
  .box {
    --ink: var(--staff-assign-ink, #1d2129);
    --quiet: var(--staff-assign-secondary, #4e5969);
    --line: var(--staff-assign-line, #e5e6eb);
    --edge: #86909c;
    --surface: var(--staff-assign-surface, #fff);
    --sunk: var(--staff-assign-sunk, #f7f8fa);
    --accent: var(--staff-assign-accent, #06753b);
    --tint: #e6f4ec;
    --on-accent: var(--staff-assign-on-accent, #fff);
    --ok: #06753b;
    --warn: #8f4a00;
    --warn-tint: #fff4e0;
    --bad: #b4122a;
    --bad-tint: #fdecee;
    --radius: var(--staff-assign-radius, 8px);
    position: relative;
    display: flex;
    flex-direction: column;
    overflow: hidden;
    color: var(--ink);
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: calc(var(--radius) + 4px);
    text-align: start;
  }
  .tmall {
    --accent: var(--staff-assign-accent, #c4002b);
    --tint: #fdecee;
  }
  .dark {
    --ink: var(--staff-assign-ink, #f2f3f5);
    --quiet: var(--staff-assign-secondary, #b4bac4);
    --line: var(--staff-assign-line, #3a3d43);
    --edge: #7d838d;
    --surface: var(--staff-assign-surface, #1f2126);
    --sunk: var(--staff-assign-sunk, #17181c);
    --accent: var(--staff-assign-accent, #3fbf7f);
    --tint: #17382a;
    --on-accent: var(--staff-assign-on-accent, #07130d);
    --ok: #55cf91;
    --warn: #ffb74d;
    --warn-tint: #3a2b12;
    --bad: #ff8a94;
    --bad-tint: #43191f;
  }
  .dark.tmall {
    --accent: var(--staff-assign-accent, #ff7b8b);
    --tint: #43191f;
    --on-accent: var(--staff-assign-on-accent, #22060b);
  }
  .body {
    height: 172px;
    padding: 16px 16px 0;
  }
  label,
  .label {
    display: block;
    height: 20px;
    margin-bottom: 4px;
    font-size: 14px;
    line-height: 20px;
    color: var(--quiet);
  }
  .field + .field {
    margin-top: 12px;
  }
  .control {
    display: block;
    width: 100%;
    height: 48px;
    padding: 0 12px;
    border: 1px solid var(--edge);
    border-radius: var(--radius);
    background: var(--surface);
    outline: 0;
    text-align: start;
    transition: border-color 0.15s, box-shadow 0.15s;
  }
  .control::placeholder {
    color: var(--quiet);
    opacity: 1;
  }
  button:focus,
  .control:focus {
    outline: 3px solid transparent;
    border-color: var(--accent);
    box-shadow: 0 0 0 3px var(--tint), 0 0 0 4px var(--accent);
  }
  button:focus:not(:focus-visible) {
    box-shadow: none;
  }
  .figures {
    display: flex;
    align-items: center;
    cursor: pointer;
    background: var(--sunk);
    border-color: var(--line);
    letter-spacing: 0.02em;
  }
  .digits {
    flex: 1;
    min-width: 0;
    word-spacing: 0.1em;
    overflow: hidden;
  }
  .digits b {
    font-weight: 700;
    white-space: nowrap;
  }
  .long {
    font-size: 13px;
    line-height: 18px;
  }
  .pen {
    flex: none;
    margin-inline-start: 8px;
    font-size: 14px;
    color: var(--quiet);
  }
  svg {
    flex: none;
    width: 24px;
    height: 24px;
    fill: none;
    stroke: currentColor;
    stroke-width: 2;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .picker {
    position: relative;
  }
  .picker .control {
    padding: 0 40px 0 52px;
    text-overflow: ellipsis;
  }
  .avatar {
    display: inline-flex;
    flex: none;
    align-items: center;
    justify-content: center;
    width: 32px;
    height: 32px;
    border-radius: 50%;
    background: var(--tint);
    color: var(--accent);
    font-size: 14px;
    font-weight: 600;
    overflow: hidden;
  }
  .avatar.empty {
    background: var(--sunk);
    color: var(--quiet);
  }
  .picker .avatar {
    position: absolute;
    left: 10px;
    top: 8px;
    pointer-events: none;
  }
  .chevron {
    position: absolute;
    right: 12px;
    top: 16px;
    width: 16px;
    height: 16px;
    color: var(--quiet);
    pointer-events: none;
  }
  .rtl .picker .control {
    padding: 0 52px 0 40px;
  }
  .rtl .picker .avatar {
    left: auto;
    right: 10px;
  }
  .rtl .chevron {
    right: auto;
    left: 12px;
  }
  .popup {
    position: absolute;
    z-index: 9;
    left: 16px;
    right: 16px;
    max-height: 296px;
    margin: 4px 0 0;
    padding: 4px;
    overflow-y: auto;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    color: var(--ink);
    box-shadow: 0 8px 24px rgba(0, 0, 0, 0.16);
  }
  .popup:popover-open {
    position: fixed;
    right: auto;
    margin: 0;
  }
  .popup.above {
    bottom: 100%;
  }
  .row {
    display: flex;
    align-items: center;
    min-height: 48px;
    padding: 4px 8px;
    border-radius: 6px;
    cursor: pointer;
  }
  .row .avatar {
    margin-inline-end: 12px;
  }
  .row:hover,
  .row.active {
    background: var(--sunk);
  }
  .row.active {
    box-shadow: inset 0 0 0 2px var(--accent);
  }
  .name,
  .title {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .note,
  .quiet {
    font-size: 14px;
    color: var(--quiet);
  }
  .more,
  .row.quiet {
    justify-content: center;
  }
  .more {
    color: var(--accent);
  }
  .actions {
    display: grid;
    grid-auto-flow: column;
    grid-auto-columns: minmax(0, 1fr);
    grid-gap: 12px;
    padding: 16px;
  }
  button {
    min-width: 0;
    height: 48px;
    padding: 0 16px;
    border: 1px solid var(--edge);
    border-radius: var(--radius);
    background: var(--surface);
    cursor: pointer;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    -webkit-appearance: none;
    appearance: none;
    user-select: none;
    touch-action: manipulation;
    transition: background-color 0.15s, border-color 0.15s;
  }
  .primary {
    position: relative;
    border-color: var(--accent);
    background: var(--accent);
    color: var(--on-accent);
    font-size: 18px;
    font-weight: 600;
  }
  .primary:active,
  button:active {
    filter: brightness(0.92);
  }
  .primary[aria-disabled="true"] {
    border-color: var(--line);
    background: var(--sunk);
    color: var(--quiet);
    font-weight: 400;
    cursor: default;
  }
  .primary.working {
    border-color: var(--accent);
    background: var(--tint);
    color: var(--accent);
    font-weight: 600;
  }
  .working::after {
    content: "";
    position: absolute;
    left: 0;
    bottom: 0;
    width: 40%;
    height: 3px;
    background: var(--accent);
    animation: slide 1.2s ease-in-out infinite alternate;
  }
  @keyframes slide {
    to {
      left: 60%;
    }
  }
  .status {
    display: flex;
    align-items: center;
    height: 76px;
    padding: 8px 16px;
    border-top: 1px solid var(--line);
    background: var(--sunk);
    font-size: 14px;
    line-height: 20px;
    color: var(--quiet);
  }
  .status > svg {
    margin-inline-end: 12px;
  }
  .words {
    flex: 1;
    min-width: 0;
    max-height: 60px;
    overflow: hidden;
  }
  .ok {
    color: var(--ok);
  }
  .warn {
    background: var(--warn-tint);
    color: var(--warn);
  }
  .bad {
    background: var(--bad-tint);
    color: var(--bad);
  }
  .link {
    flex: none;
    height: 48px;
    margin: -14px 0 -14px 4px;
    padding: 0 4px;
    border-color: transparent;
    background: none;
    color: inherit;
    font-size: 14px;
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  .pill {
    flex: none;
    height: 48px;
    margin-inline-start: 8px;
    padding: 0 12px;
    border-color: currentColor;
    background: var(--warn-tint);
    color: var(--warn);
    font-size: 14px;
  }
  .receipt {
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    text-align: center;
  }
  .receipt > svg {
    width: 48px;
    height: 48px;
    margin-bottom: 8px;
    padding: 10px;
    border-radius: 50%;
    background: var(--tint);
    color: var(--accent);
    stroke-width: 3;
  }
  .answer {
    max-width: 100%;
    font-size: 20px;
    line-height: 28px;
    font-weight: 600;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .receipt .digits {
    flex: none;
    max-width: 100%;
    white-space: nowrap;
    text-overflow: ellipsis;
    color: var(--quiet);
  }
  .receipt .digits b {
    color: var(--ink);
  }
  .leftovers {
    overflow-y: auto;
  }
  .leftovers p {
    padding: 8px 0;
    border-bottom: 1px solid var(--line);
    font-size: 14px;
    line-height: 20px;
  }
  .compact {
    flex-direction: row;
    align-items: center;
    height: 56px;
    padding: 0 4px;
    overflow: visible;
  }
  .compact .body {
    display: flex;
    flex: 1;
    min-width: 0;
    height: auto;
    padding: 0;
    align-items: center;
  }
  .compact .field {
    flex: 1 1 50%;
    min-width: 0;
    margin: 0;
    padding: 0 4px;
  }
  .compact label {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }
  .compact .control {
    height: 40px;
    font-size: 15px;
  }
  .compact .field .control::before,
  .compact button::before {
    content: "";
    position: absolute;
    top: -4px;
    right: 0;
    bottom: -4px;
    left: 0;
  }
  .compact button {
    position: relative;
    overflow: visible;
  }
  .compact .picker .control {
    padding: 0 8px 0 40px;
  }
  .compact .picker .avatar {
    left: 6px;
    top: 6px;
    width: 28px;
    height: 28px;
  }
  .compact .chevron,
  .compact .pen {
    display: none;
  }
  .compact .actions {
    flex: none;
    grid-gap: 4px;
    padding: 0 4px;
  }
  .compact .actions button {
    height: 40px;
    max-width: 168px;
    padding: 0 12px;
    font-size: 16px;
  }
  .compact .status {
    flex: 1;
    min-width: 0;
    height: 54px;
    padding: 0 8px;
    border: 0;
    background: none;
  }
  .compact .status.idle {
    position: absolute;
    width: 1px;
    height: 1px;
    padding: 0;
    overflow: hidden;
    clip-path: inset(50%);
  }
  .compact .words {
    max-height: 40px;
  }
  .compact .note {
    white-space: nowrap;
  }
  @media (max-width: 400px) {
    .status > svg {
      margin-inline-end: 8px;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    .working::after {
      transition: none;
      animation: none;
    }
    .working::after {
      width: 100%;
    }
  }
  @media (forced-colors: active) {
    .box {
      border-color: CanvasText;
    }
    .control,
    button {
      border-color: ButtonBorder;
    }
    .row.active {
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
    button:focus,
    .control:focus {
      outline-color: Highlight;
    }
    .primary {
      border-width: 3px;
    }
  }
`;
