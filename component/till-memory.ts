/**
 * What this till remembers of guides, by tenant: the last one chosen (`remember`) and the recent ones. Only ids and
 * names; never a mobile. Lost storage costs a convenience, so failures are silent.
 */
import type { Choice } from "./order.ts";
import { isText, parseJson } from "./own.ts";

const kept = 5;
const place = (tenant: string | undefined) => `staff-assign:guides:${tenant}`;

export function recentGuides(tenant: string | undefined): Choice[] {
  try {
    return (parseJson(localStorage.getItem(place(tenant)) || "[]") as Choice[]).filter(({ id }) => isText(id));
  } catch {
    return [];
  }
}

export function rememberGuide(tenant: string | undefined, { id, name }: Choice) {
  if (!tenant || !id) return;
  const list = [{ id, name }, ...recentGuides(tenant).filter((guide) => guide.id !== id)].slice(0, kept);
  try {
    localStorage.setItem(place(tenant), JSON.stringify(list));
  } catch {
    // quota or private mode
  }
}
