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
    display: none;
  }
  :host([theme="light"]) {
    color-scheme: light;
  }
  :host([theme="dark"]) {
    color-scheme: dark;
  }
  * {
    box-sizing: border-box;
    margin: 0;
    font: inherit;
    color: inherit;
    -webkit-tap-highlight-color: transparent;
  }
  .box {
    --ink: var(--staff-assign-ink, #1d2129);
    --quiet: var(--staff-assign-secondary, #4e5969);
    --line: var(--staff-assign-line, #e5e6eb);
    --edge: #86909c;
    --surface: var(--staff-assign-surface, #fff);
    --sunk: var(--staff-assign-sunk, #f7f8fa);
    --accent: var(--staff-assign-accent, #06753b);
    --on-accent: var(--staff-assign-on-accent, #fff);
    --tint: #e6f4ec;
    --warn: #8f4a00;
    --warn-tint: #fff4e0;
    --bad: #b4122a;
    --bad-tint: #fdecee;
    --radius: var(--staff-assign-radius, 8px);
    /* Here and not on the host, where the page's own rules would win. */
    all: initial;
    color-scheme: inherit;
    position: relative;
    display: block;
    box-sizing: border-box;
    font: 16px/24px
      var(--staff-assign-font, system-ui, "PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei", "Noto Sans SC", sans-serif);
    font-variant-numeric: tabular-nums;
    border: 1px solid var(--line);
    border-radius: 12px;
    border-radius: calc(var(--radius) + 4px);
    background: var(--surface);
    color: var(--ink);
  }
  .tmall {
    --accent: var(--staff-assign-accent, #c4002b);
    --tint: #fdecee;
  }
  @supports (color: light-dark(red, red)) {
    .box {
      --ink: var(--staff-assign-ink, light-dark(#1d2129, #f2f3f5));
      --quiet: var(--staff-assign-secondary, light-dark(#4e5969, #b4bac4));
      --line: var(--staff-assign-line, light-dark(#e5e6eb, #3a3d43));
      --surface: var(--staff-assign-surface, light-dark(#fff, #1f2126));
      --sunk: var(--staff-assign-sunk, light-dark(#f7f8fa, #17181c));
      --accent: var(--staff-assign-accent, light-dark(#06753b, #3fbf7f));
      --on-accent: var(--staff-assign-on-accent, light-dark(#fff, #07130d));
      --tint: light-dark(#e6f4ec, #17382a);
      --warn: light-dark(#8f4a00, #ffb74d);
      --warn-tint: light-dark(#fff4e0, #3a2b12);
      --bad: light-dark(#b4122a, #ff8a94);
      --bad-tint: light-dark(#fdecee, #43191f);
    }
    .tmall {
      --accent: var(--staff-assign-accent, light-dark(#c4002b, #ff8a94));
      --tint: light-dark(#fdecee, #43191f);
    }
  }
`;
