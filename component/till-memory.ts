/**
 * What this till remembers of guides, by channel and tenant: the last one chosen (`remember`) and the recent ones. Only
 * ids and names; never a mobile. Lost storage costs a convenience, so failures are silent.
 */
import type { Choice } from "./order.ts";
import { isText, parseJson } from "./own.ts";

const kept = 5;
const place = (channel: string, tenant: string | undefined) => `staff-assign:guides:${channel}:${tenant}`;

export function recentGuides(channel: string, tenant: string | undefined): Choice[] {
  try {
    // none yet is `null`: as good as one that cannot be read
    return (parseJson(localStorage.getItem(place(channel, tenant)) as string) as Choice[]).filter(({ id }) =>
      isText(id),
    );
  } catch {
    return [];
  }
}

export function rememberGuide(channel: string, tenant: string | undefined, { id, name }: Choice) {
  if (!tenant || !id) return;
  const list = [{ id, name }, ...recentGuides(channel, tenant).filter((guide) => guide.id !== id)].slice(0, kept);
  try {
    localStorage.setItem(place(channel, tenant), JSON.stringify(list));
  } catch {
    // quota or private mode
  }
}
