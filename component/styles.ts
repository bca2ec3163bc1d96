/**
 * The layout of the element. Sizes are px, since `rem` follows the page's root; no flex gap, inset or aspect-ratio,
 * which WebViews before 87 lack. Every state has the same height.
 */
import { css, tokens } from "./theme-styles.ts";

const layout = css`
  .body {
    height: 188px;
    padding: 16px 16px 0;
  }
  .field {
    position: relative;
    height: 72px;
    margin-bottom: 12px;
  }
  label,
  .note,
  .status {
    font-size: 14px;
    line-height: 20px;
    color: var(--quiet);
  }
  label {
    display: flex;
    justify-content: space-between;
    height: 24px;
  }
  .control,
  button {
    height: 48px;
    border: 1px solid #86909c;
    border-radius: var(--radius);
    background: var(--surface);
    outline: 0;
  }
  .control {
    display: flex;
    align-items: center;
    padding: 0 12px;
  }
  input {
    flex: 1;
    min-width: 0;
    height: 100%;
    padding: 0;
    border: 0;
    background: none;
    outline: 0;
  }
  input::placeholder {
    color: var(--quiet);
  }
  .control:focus-within,
  button:focus-visible {
    border-color: var(--accent);
    box-shadow: 0 0 0 3px var(--tint), 0 0 0 4px var(--accent);
  }
  label,
  button,
  .name,
  .answer {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  b,
  .sign,
  .answer {
    font-weight: 600;
  }
  b {
    color: var(--ink);
  }
  .avatar,
  .sign {
    flex: none;
    width: 32px;
    margin-inline-end: 12px;
    border-radius: 50%;
    background: var(--tint);
    color: var(--accent);
    line-height: 32px;
    text-align: center;
    overflow: hidden;
  }
  .status .sign {
    width: 24px;
    background: none;
    box-shadow: inset 0 0 0 2px;
    color: inherit;
    line-height: 24px;
  }
  .popup {
    position: absolute;
    z-index: 9;
    top: 100%;
    left: 0;
    right: 0;
    min-width: 200px;
    max-height: 252px;
    margin: 4px 0;
    padding: 4px;
    overflow: auto;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    color: var(--ink);
    box-shadow: 0 8px 24px #0003;
  }
  @supports (position-area: bottom) {
    .guide {
      anchor-name: --guide;
    }
    .popup {
      position: fixed;
      inset: auto;
      width: anchor-size(width);
      position-anchor: --guide;
      position-area: bottom;
      position-try: flip-block;
    }
  }
  .row {
    display: flex;
    align-items: center;
    min-height: 48px;
    padding: 4px 8px;
    border-radius: var(--radius);
  }
  .row:hover {
    background: var(--sunk);
  }
  .active {
    box-shadow: inset 0 0 0 2px var(--accent);
  }
  .name {
    flex: 1;
  }
  .note {
    margin: 0 4px;
  }
  .actions {
    display: flex;
    padding: 0 16px 16px;
  }
  button + button {
    margin-inline-start: 12px;
  }
  button {
    flex: 1;
    min-width: 0;
    padding: 0 8px;
    touch-action: manipulation;
  }
  .primary {
    border-color: var(--line);
    background: var(--sunk);
    color: var(--quiet);
  }
  .primary[aria-disabled=false] {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
  }
  .working {
    background: var(--sunk) linear-gradient(var(--accent), var(--accent)) 0 100%/40% 4px no-repeat;
    animation: 1.2s ease-in-out infinite alternate slide;
  }
  @keyframes slide {
    to {
      background-position: 100% 100%;
    }
  }
  .status {
    position: relative;
    display: flex;
    align-items: center;
    height: 76px;
    margin-bottom: 16px;
    padding: 0 16px;
    background: var(--sunk);
  }
  .words {
    flex: 1;
    max-height: 60px;
    overflow: auto;
  }
  .link {
    all: unset;
    text-decoration: underline;
  }
  /* all of the status line is its target */
  .link::after {
    content: "";
    position: absolute;
    left: 0;
    top: 0;
    height: 100%;
    width: 100%;
  }
  .ok {
    background: var(--tint);
    color: var(--accent);
  }
  .warn,
  .pill {
    background: var(--warn-tint);
    color: var(--warn);
  }
  .bad {
    background: var(--bad-tint);
    color: var(--bad);
  }
  .pill {
    position: relative;
    flex: none;
    margin-inline-start: 12px;
    border: 1px solid;
  }
  .receipt {
    display: flex;
    flex-flow: column;
    align-items: center;
    overflow: auto;
  }
  slot {
    display: block;
    padding: 0 16px;
  }
  .receipt slot {
    margin-bottom: auto;
  }
  .receipt .sign {
    width: 48px;
    margin: auto 0 8px;
    font-size: 24px;
    line-height: 48px;
  }
  .answer {
    flex: none;
    max-width: 100%;
    font-size: 20px;
    line-height: 28px;
  }
  .compact {
    display: flex;
    align-items: center;
    height: 56px;
  }
  .compact .body,
  .compact .field,
  .compact .status {
    flex: 1;
    min-width: 0;
    height: 48px;
    margin: 0;
  }
  .compact .body {
    display: flex;
    padding: 0;
  }
  .compact .field {
    margin-inline-start: 4px;
  }
  .compact label {
    position: absolute;
    z-index: 1;
    right: 1px;
    top: 12px;
    padding: 0 8px;
    background: var(--surface);
    font-size: 0;
    pointer-events: none;
  }
  .compact b {
    font-size: 14px;
  }
  .compact.idle .status,
  .compact.idle .words {
    position: absolute;
    width: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }
  .compact .avatar {
    display: none;
  }
  .compact slot {
    display: contents;
  }
  .compact .status {
    height: 54px;
    padding: 0 8px;
    border-radius: var(--radius);
  }
  .compact .words {
    max-height: 40px;
  }
  .compact .actions {
    padding: 0 4px;
  }
  .compact .actions button {
    flex: none;
    max-width: 136px;
  }
  @media (prefers-reduced-motion) {
    .working {
      animation: none;
    }
  }
  @media (forced-colors: active) {
    .active,
    .control:focus-within,
    button:focus-visible {
      outline: 3px solid Highlight;
    }
    .primary {
      border-width: 3px;
    }
  }
`;

const styles = tokens + layout;

/** Browsers before Chrome 123 know no `light-dark()` and get the light colours. */
export const styleText =
  self.CSS && CSS.supports("color", "light-dark(red,red)")
    ? styles
    : styles.replace(/light-dark\((#\w+), ?#\w+\)/g, "$1");
