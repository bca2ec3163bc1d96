/** A look at guides or at an order: no send, but a call of the platform, so it takes one of the connections as a send does. */
import { fail, type Result } from "../problem.ts";
import type { Lanes } from "./lanes.ts";
import type { Call } from "./protocol.ts";
import { tenantOf } from "./tenant.ts";

/** @returns `upstream_unavailable` when its partner's calls before it leave no place in time */
export async function look<T>(lanes: Lanes, { caller }: Call, work: () => Promise<Result<T>>): Promise<Result<T>> {
  const answer = await lanes.within(tenantOf(caller), work);
  return (
    answer ?? fail("upstream_unavailable", "The calls before this one still wait for the platform; it was not made.")
  );
}
