/** What a caller is told of an assignment. Pure. */
import type { Assignment, OrderState } from "../../shared/contract.ts";
import type { OrderSight } from "../channels/channel.ts";
import { fail, ok, type Result } from "../problem.ts";
import type { AssignmentRecord } from "./protocol.ts";
import { holdsOrder, isOpen, statusOf } from "./state.ts";
import type { Row } from "./store.ts";
import { isSameShop, isVisible, type Tenant } from "./tenant.ts";

export function recordOf(
  row: Row,
  more: { replayed?: boolean; nextAttemptAt?: number; now?: number } = {},
): AssignmentRecord {
  return {
    id: row.id,
    ...outline(row),
    guide: row.guide,
    ...(row.assignedAt !== undefined && { assignedAt: new Date(row.assignedAt).toISOString() }),
    attempts: row.attempts,
    ...(more.replayed && { replayed: true }),
    ...(row.observed && { observed: true }),
    ...(row.upstreamRequestId !== undefined && { upstreamRequestId: row.upstreamRequestId }),
    // What went wrong with an attempt is no problem of an assignment that goes on, or that another one replaced.
    ...(row.failure && statusOf(row.state) === "failed" && { failure: row.failure }),
    ...(isOpen(row.state) && { retryAfterSeconds: secondsUntil(more.nextAttemptAt, more.now) }),
  };
}

/**
 * The holder of an order as it is told in a conflict. Within one partner it shows the guide, and the id to whom may
 * replace it; another partner, or the same one for another sub-merchant, learns only that the order is taken.
 */
export function currentFor(row: Row, viewer: Tenant): Partial<Assignment> {
  if (!isSameShop(row, viewer)) return outline(row);
  const { failure: _, retryAfterSeconds: __, id, ...shown } = recordOf(row);
  return isVisible(row, viewer) ? { id, ...shown } : shown;
}

/** @param newest the order's newest assignment; when it has ended, the order is free and what was named is stale */
export function conflict(newest: Row | undefined, viewer: Tenant): Result<never> {
  if (!newest || !holdsOrder(newest.state)) {
    return fail("already_assigned", "What `replaces` or the Idempotency-Key names is no longer the order's assignment");
  }
  const current = currentFor(newest, viewer);
  const detail =
    current.id === undefined
      ? "Another partner, sub-merchant or store assigned the order: this caller cannot change it"
      : "The order has another guide; name it in `replaces` to change it";
  return fail("already_assigned", detail, { current });
}

/**
 * An order as the platform shows it. Whom the platform names is not told where another partner, or the same one for
 * another sub-merchant, acted on the order last: that one named him, or was told of him.
 *
 * A store sees its own cards: an order that has only other stores' is for it one that is not there, in the same words. A
 * card whose store the platform does not tell is shown, for it may be the store's and holds a status alone; who is on it
 * is told where the store itself acted on the order last.
 *
 * @param sight null where the platform has no such order
 */
export function orderFor(sight: OrderSight | null, newest: Row | undefined, viewer: Tenant): Result<OrderState> {
  const isBound = viewer.store !== "";
  const shown = (sight?.cards ?? []).filter(
    ({ storeId }) => !isBound || storeId === undefined || storeId === viewer.store,
  );
  if (!sight || shown.length === 0) {
    return fail("not_found", "Tmall has no such order for this merchant or store", { reason: "order_not_found" });
  }
  const isOthers = newest !== undefined && !isSameShop(newest, viewer);
  const isOwn = newest !== undefined && isVisible(newest, viewer);
  const named = shown.find(({ storeId, guide }) => guide && (!isBound || storeId !== undefined || isOwn));
  const { cards: _, ...state } = sight;
  return ok({ ...state, ...(named?.guide && !isOthers && { guide: named.guide }) });
}

const outline = (row: Row) => ({
  status: statusOf(row.state),
  channel: row.channel,
  order: row.order,
  ...(row.orderKind !== undefined && { orderKind: row.orderKind }),
  createdAt: new Date(row.createdAt).toISOString(),
});

/** At least a second: a page that asks at once learns nothing new. */
const secondsUntil = (at: number | undefined, now: number | undefined): number =>
  at === undefined || now === undefined ? 1 : Math.max(1, Math.ceil((at - now) / 1000));
