/** Whether a new assignment begins in doubt about what was sent for its order before. Pure but for one look-up. */
import type { AssignmentIntent } from "../channels/channel.ts";
import { orderKeyOf } from "./order-key.ts";
import type { Row } from "./store.ts";

type Before = Pick<Row, "uncertain" | "guideKey" | "state" | "assignedAt" | "failure">;

export interface OrderHistory {
  /** the newest assignment of an order that names this guide or, if that is newer, was proved for whomever */
  lastTold(orderKey: string, guideKey: string): Before | undefined;
}

/**
 * The platform may hold what came before, if that was never proved or disproved. At Tmall the work card is then read first,
 * whoever is named now. WeChat Pay shows no order's guide: there the doubt is about the same parameters sent again, however
 * many other guides were named in between, unless one of those was proved. That the earlier send was proved is no less a
 * reason: nobody took its place for certain, so a refusal now may be because this very guide has the order. Another guide's
 * refusal is as definite as any, and one in spite of the doubt was about every send of the same parameters; but one that
 * nobody signed ends its assignment and proves nothing.
 * @param before the order's assignment so far
 */
export function beginsInDoubt(
  before: Before | undefined,
  guideKey: string,
  intent: AssignmentIntent,
  history: OrderHistory,
): boolean {
  if (!before) return false;
  if (intent.channel === "tmall") return before.uncertain;
  const isLast = before.guideKey === guideKey || before.assignedAt !== undefined;
  const last = isLast ? before : history.lastTold(orderKeyOf(intent), guideKey);
  if (last?.guideKey !== guideKey) return false;
  if (last.state === "rejected") return last.failure?.code === "upstream_unverified";
  return last.uncertain || last.assignedAt !== undefined;
}
