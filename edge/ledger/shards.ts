/** The number of shards that a ledger began under, in its own record, so that only its very first start asks for it. */
import type { Store } from "./store.ts";

/** @param agree asks the merchant's object, which every ledger asks */
export async function shardsOf(meta: Pick<Store, "meta" | "setMeta">, agree: () => Promise<number>): Promise<number> {
  const recorded = meta.meta("shards");
  if (recorded !== undefined) return Number(recorded);
  const shards = await agree();
  meta.setMeta("shards", String(shards));
  return shards;
}
