/** Whom an assignment was made for. Pure: tenancy within a ledger is decided here and nowhere else. */
import type { Caller } from "../access/caller.ts";

/** History, ids and idempotency keys never cross it; the merchant is the ledger's own. */
export interface Tenant {
  partner: string;
  /** empty when the merchant acts for itself; a Tmall card's ledger is shared by all sub-merchants */
  subMchid: string;
  /** empty when the session is not bound to a store */
  store: string;
}

export const tenantOf = ({
  partnerId,
  subMchid = "",
  storeId = "",
}: Pick<Caller, "partnerId" | "subMchid" | "storeId">): Tenant => ({ partner: partnerId, subMchid, store: storeId });

/** One partner at work for one merchant: its stores may know of each other whom they named. */
export const isSameShop = (one: Tenant, other: Tenant): boolean =>
  one.partner === other.partner && one.subMchid === other.subMchid;

/** A caller that is bound to a store sees that store's assignments; one that is not sees all of its shop's. */
export const isVisible = (known: Tenant, to: Tenant): boolean =>
  isSameShop(known, to) && (to.store === "" || known.store === to.store);
