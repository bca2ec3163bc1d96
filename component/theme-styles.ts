/**
 * Colours, type and the frame of the element. Dark where the page's own `color-scheme` is, or by
 * the `theme` attribute: a dark card on a page that knows no dark would be worse than a light one.
 */

/** Tag for the build, which takes the white space out. */
export const css = String.raw;

export const tokens = css`
  :host {
    display: block;
    max-width: var(--staff-assign-width, 480px);
  }
  :host([hidden]) {
    display: none !important;
  }
  * {
    box-sizing: border-box;
    margin: 0;
    font: inherit;
    color: inherit;
  }
  .box {
    --on-accent: var(--staff-assign-on-accent, light-dark(#fff, #07130d));
    --accent: var(--staff-assign-accent, light-dark(#06753b, #3fbf7f));
    --radius: var(--staff-assign-radius, 8px);
    --quiet: var(--staff-assign-secondary, light-dark(#4e5969, #b4bac4));
    --surface: var(--staff-assign-surface, light-dark(#fff, #1f2126));
    --ink: var(--staff-assign-ink, light-dark(#1d2129, #f2f3f5));
    --bad: light-dark(#b4122a, #ff8a94);
    --warn: light-dark(#8f4a00, #ffb74d);
    --tint: #0fb56a26;
    --bad-tint: #ff4d6a21;
    --warn-tint: #ffa02026;
    /* half transparent, for light and dark alike */
    --line: var(--staff-assign-line, #86909c4d);
    --sunk: var(--staff-assign-sunk, #86909c14);
    /* Here and not on the host, where the page's own rules would win. */
    all: initial;
    display: block;
    color-scheme: inherit;
    /* Without the page's language a browser looks longer for a Chinese font, and may find a Japanese one. */
    -webkit-locale: inherit;
    font: 16px/24px var(--staff-assign-font, system-ui, sans-serif);
    font-variant-numeric: tabular-nums;
    box-sizing: border-box;
    border: 1px solid var(--line);
    border-radius: calc(var(--radius) + 4px);
    background: var(--surface);
    color: var(--ink);
  }
  .light {
    color-scheme: light;
  }
  .dark {
    color-scheme: dark;
  }
  .tmall {
    --tint: var(--bad-tint);
    --accent: var(--staff-assign-accent, light-dark(#c4002b, #ff8a94));
  }
`;
