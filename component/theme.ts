/**
 * Dark only where the page is: by the `theme` attribute, or when the page's own `color-scheme` includes dark and the
 * system prefers it. A dark card on a page that knows no dark would be worse than a light one.
 */
export const darkQuery = () => matchMedia("(prefers-color-scheme: dark)");

export function isDark(element: Element, theme: string | undefined): boolean {
  if (theme) return theme === "dark";
  const { colorScheme = "" } = getComputedStyle(element.parentElement || document.documentElement);
  return /dark/.test(colorScheme) && (darkQuery().matches || !/light/.test(colorScheme));
}
