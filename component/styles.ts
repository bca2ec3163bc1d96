/**
 * The layout of the element. Sizes are px, since `rem` follows the page's root; no flex gap, inset or aspect-ratio,
 * which WebViews before 87 lack. Every state has the same height.
 */
import { css, tokens } from "./theme-styles.ts";

const layout = css`
  .body {
    padding: 16px 16px 0;
    height: 188px;
  }
  .field {
    position: relative;
    height: 72px;
    margin-bottom: 12px;
  }
  .note,
  .status,
  label {
    font-size: 14px;
    /* three lines of a sentence in one row, four in the panel */
    line-height: 18px;
    color: var(--quiet);
  }
  label {
    justify-content: space-between;
    display: flex;
    height: 24px;
  }
  .control,
  button {
    background: var(--surface);
    outline: 0;
    border: 1px solid #86909c;
    border-radius: var(--radius);
    height: 48px;
  }
  .control {
    padding: 0 12px;
    display: flex;
    align-items: center;
  }
  input {
    flex: 1;
    min-width: 0;
    height: 100%;
    background: none;
    outline: 0;
    border: 0;
    padding: 0;
  }
  input::placeholder {
    color: var(--quiet);
  }
  .control:focus-within,
  button:focus-visible {
    border-color: var(--accent);
    box-shadow: 0 0 0 3px var(--tint), 0 0 0 4px var(--accent);
  }
  .name,
  .answer,
  button,
  label {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .sign,
  .answer,
  b {
    /* as bold as the page's own: another weight is another font to open */
    font-weight: 700;
  }
  b {
    color: var(--ink);
  }
  .sign,
  .avatar {
    flex: none;
    width: 32px;
    margin-inline-end: 12px;
    border-radius: 50%;
    line-height: 32px;
    background: var(--tint);
    color: var(--accent);
    overflow: hidden;
    text-align: center;
  }
  .status .sign {
    color: inherit;
    box-shadow: inset 0 0 0 2px;
    background: none;
    width: 24px;
    line-height: 24px;
  }
  .popup {
    position: absolute;
    top: 100%;
    z-index: 9;
    max-height: 252px;
    left: 0;
    padding: 4px;
    right: 0;
    border: 1px solid var(--line);
    box-shadow: 0 8px 24px #0003;
    border-radius: var(--radius);
    min-width: 200px;
    overflow: auto;
    margin: 4px 0;
    background: var(--surface);
  }
  @supports (position-area: bottom) {
    .guide {
      anchor-name: --guide;
    }
    .popup {
      position: fixed;
      inset: auto;
      position-area: bottom;
      position-try: flip-block;
      width: anchor-size(width);
      position-anchor: --guide;
    }
  }
  .row {
    display: flex;
    align-items: center;
    padding: 4px 8px;
    border-radius: var(--radius);
    min-height: 48px;
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
    padding: 0 16px 16px;
    display: flex;
  }
  button + button {
    margin-inline-start: 12px;
  }
  button {
    /* Half of it cannot be pressed: the second press of a double one was not meant for the button that comes up under it. */
    animation: .6s slide;
    padding: 0 8px;
    flex: 1;
    min-width: 0;
    touch-action: manipulation;
  }
  .primary {
    border-color: var(--line);
    background: var(--sunk);
    color: var(--quiet);
  }
  .primary[aria-disabled=false] {
    border-color: var(--accent);
    font-weight: 700;
    color: var(--on-accent);
    background: var(--accent);
  }
  .working {
    animation: 1.2s infinite alternate slide;
    background: var(--sunk) linear-gradient(var(--accent), var(--accent)) 0 100%/40% 4px no-repeat;
  }
  @keyframes slide {
    from {
      pointer-events: none;
    }
    to {
      background-position: 100% 100%;
    }
  }
  .status {
    position: relative;
    height: 76px;
    margin-bottom: 16px;
    display: flex;
    align-items: center;
    background: var(--sunk);
    padding: 0 16px;
  }
  .words {
    overflow: auto;
    flex: 1;
    max-height: 100%;
  }
  .ok {
    background: var(--tint);
    color: var(--accent);
  }
  .pill,
  .warn {
    background: var(--warn-tint);
    color: var(--warn);
  }
  .bad {
    background: var(--bad-tint);
    color: var(--bad);
  }
  .pill {
    flex: none;
    min-width: 48px;
    margin-inline-start: 12px;
    position: relative;
    border: 1px solid;
  }
  .receipt {
    overflow: auto;
    flex-flow: column;
    display: flex;
    align-items: center;
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
    line-height: 28px;
    font-size: 20px;
  }
  .compact {
    display: flex;
    align-items: center;
    height: 56px;
  }
  .compact .status,
  .compact .field,
  .compact .body {
    flex: 1;
    min-width: 0;
    height: 48px;
    margin: 0;
  }
  .compact .body {
    padding: 0;
    display: flex;
  }
  .compact .field {
    margin-inline-start: 4px;
  }
  .compact label {
    font-size: 0;
    position: absolute;
    top: 12px;
    pointer-events: none;
    z-index: 1;
    background: var(--surface);
    padding: 0 8px;
    right: 1px;
  }
  .compact b {
    font-size: 14px;
  }
  .compact .body + .status {
    flex: none;
    padding: 0;
  }
  .compact .body + .status > :not(.pill) {
    clip-path: inset(50%);
    position: absolute;
  }
  .compact .avatar {
    display: none;
  }
  .compact slot {
    display: contents;
  }
  .compact .status {
    padding: 0 8px;
    border-radius: var(--radius);
    height: 54px;
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
