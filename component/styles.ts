/**
 * The layout of the element. Sizes are px, since `rem` follows the page's root; no flex gap, inset or aspect-ratio,
 * which WebViews before 87 lack. Every state has the same height.
 */
import { css, tokens } from "./theme-styles.ts";

export const styleText =
  tokens +
  css`
  .body {
    height: 188px;
    padding: 16px 16px 0;
    overflow-y: auto;
  }
  .field {
    position: relative;
    height: 84px;
  }
  label {
    height: 24px;
    font-size: 14px;
    line-height: 20px;
    color: var(--quiet);
  }
  .control,
  button {
    height: 48px;
    border: 1px solid var(--edge);
    border-radius: var(--radius);
    background: var(--surface);
    outline: 0;
    cursor: pointer;
    transition: box-shadow 0.15s;
  }
  .control {
    display: flex;
    align-items: center;
    width: 100%;
    padding: 0 12px;
    cursor: auto;
  }
  input {
    flex: 1;
    min-width: 0;
    height: 100%;
    padding: 0;
    border: 0;
    background: none;
    outline: 0;
    text-overflow: ellipsis;
  }
  input::placeholder {
    color: var(--quiet);
    opacity: 1;
  }
  .control:focus-within,
  button:focus-visible {
    border-color: var(--accent);
    box-shadow: 0 0 0 3px var(--tint), 0 0 0 4px var(--accent);
  }
  label {
    display: flex;
    justify-content: space-between;
    overflow: hidden;
    white-space: nowrap;
  }
  b {
    font-weight: 700;
    color: var(--ink);
  }
  svg {
    flex: none;
    width: 24px;
    height: 24px;
    margin-inline-end: 12px;
    fill: none;
    stroke: currentColor;
    stroke-width: 2;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .avatar {
    flex: none;
    width: 32px;
    margin-inline-end: 12px;
    border-radius: 16px;
    background: var(--tint);
    color: var(--accent);
    font-weight: 600;
    line-height: 32px;
    text-align: center;
    overflow: hidden;
  }
  .popup {
    position: absolute;
    z-index: 9;
    top: 76px;
    left: 0;
    right: 0;
    max-height: 252px;
    padding: 4px;
    overflow-y: auto;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    color: var(--ink);
    box-shadow: 0 8px 24px #0003;
  }
  @supports (position-area: bottom) {
    .picker {
      anchor-name: --guide;
    }
    .popup {
      position: fixed;
      inset: auto;
      width: anchor-size(width);
      margin: 4px 0;
      position-anchor: --guide;
      position-area: bottom;
      position-try-fallbacks: flip-block;
    }
  }
  .row {
    display: flex;
    align-items: center;
    min-height: 48px;
    padding: 4px 8px;
    border-radius: 6px;
    cursor: pointer;
  }
  .row:hover {
    background: var(--sunk);
  }
  .active {
    box-shadow: inset 0 0 0 2px var(--accent);
  }
  .name,
  .answer {
    flex: 1;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .note {
    font-size: 14px;
    color: var(--quiet);
  }
  .actions {
    display: flex;
    padding: 0 16px 16px;
  }
  button + button {
    margin-inline-start: 12px;
  }
  button {
    flex: 1 1 0;
    min-width: 0;
    padding: 0 8px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    touch-action: manipulation;
  }
  .primary {
    position: relative;
    border-color: var(--accent);
    background: var(--accent);
    color: var(--on-accent);
    font-size: 18px;
    font-weight: 600;
  }
  .primary[aria-disabled="true"] {
    border-color: var(--line);
    background: var(--sunk);
    color: var(--quiet);
    cursor: default;
  }
  .working::after {
    content: "";
    position: absolute;
    left: 0;
    bottom: 0;
    width: 40%;
    height: 4px;
    background: var(--accent);
    animation: 1.2s ease-in-out infinite alternate slide;
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
    margin-bottom: 16px;
    padding: 0 16px;
    background: var(--sunk);
    color: var(--quiet);
    font-size: 14px;
    line-height: 20px;
  }
  .words {
    flex: 1;
    max-height: 60px;
    overflow: hidden;
  }
  .words bdi {
    user-select: all;
    white-space: nowrap;
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
    flex: none;
    margin-inline-start: 12px;
    border-color: currentColor;
  }
  .receipt {
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
  }
  .receipt > svg {
    width: 48px;
    height: 48px;
    margin: 0 0 8px;
    padding: 10px;
    border-radius: 50%;
    background: var(--tint);
    color: var(--accent);
  }
  .receipt > * {
    flex: none;
    max-width: 100%;
  }
  .answer {
    font-size: 20px;
    line-height: 28px;
    font-weight: 600;
  }
  .compact {
    display: flex;
    align-items: center;
    height: 56px;
  }
  .compact .body {
    flex: 1;
    display: flex;
    min-width: 0;
    height: 48px;
    padding: 0;
    overflow: visible;
  }
  .compact .field {
    flex: 1;
    min-width: 0;
    height: 48px;
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
  .compact .note {
    position: absolute;
    width: 1px;
    height: 1px;
    padding: 0;
    overflow: hidden;
    clip-path: inset(50%);
  }
  .compact .avatar {
    display: none;
  }
  .compact .popup {
    top: 52px;
  }
  .compact .status {
    flex: 1;
    min-width: 0;
    height: 54px;
    margin: 0;
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
    padding: 0 16px;
    font-size: 16px;
  }
  @media (max-width: 400px) {
    .compact .status svg {
      display: none;
    }
    .compact .actions button {
      padding: 0 8px;
    }
  }
  @media (prefers-reduced-motion) {
    .working::after {
      width: 100%;
      animation: none;
    }
    * {
      transition: none;
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
