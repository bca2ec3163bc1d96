/** Two books held against each other: what the platforms carried out, and what the ledger says. Pure. */
import type { Intent } from "./till.ts";

export interface LedgerEntry {
  order: string;
  channel: string;
  status: string;
  attempts: number;
  guide: { id?: string };
}

export interface BookOrder {
  channel: string;
  order: string;
  sends: number;
  executions: number;
  /** who is on the order now */
  guide: string | null;
}

export interface Verdict {
  figures: Record<string, number>;
  /** one sentence an order and broken guarantee */
  broken: string[];
}

export function compare(books: {
  intents: readonly Intent[];
  history: readonly LedgerEntry[];
  orders: readonly BookOrder[];
}): Verdict {
  const { intents, history, orders } = books;
  const broken: string[] = [];
  const carriedOut = new Map(orders.map((order) => [order.order, order]));
  const entries = new Map<string, LedgerEntry>();
  for (const entry of history) {
    if (entries.has(entry.order)) broken.push(`${entry.order} stands in the ledger twice`);
    entries.set(entry.order, entry);
  }
  for (const { order, answered } of intents) {
    if (answered === "accepted" && !entries.has(order)) broken.push(`${order} was accepted and is lost`);
  }
  for (const { channel, order, executions, guide } of orders) {
    const entry = entries.get(order);
    if (executions === 0) continue;
    if (!entry) broken.push(`${order} was carried out and the ledger does not know it`);
    else if (entry.status !== "assigned") broken.push(`${order} was carried out and is ${entry.status} in the ledger`);
    else if (entry.guide.id !== guide) broken.push(`${order} went to another guide than the ledger says`);
    // The same parameters again are one assignment at WeChat Pay; at Tmall each dispatch counts.
    if (channel === "tmall" && executions > 1) broken.push(`${order} was dispatched ${executions} times at Tmall`);
  }
  for (const { order, status } of history) {
    if (status === "assigned" && !carriedOut.get(order)?.executions) broken.push(`${order} is claimed without proof`);
    if (status === "pending") broken.push(`${order} is still pending`);
  }
  const count = (status: string) => history.filter((entry) => entry.status === status).length;
  return {
    broken,
    figures: {
      "orders that tills sent": intents.length,
      "accepted (2xx), after repeats where needed": intents.filter(({ answered }) => answered === "accepted").length,
      "assigned in the ledger": count("assigned"),
      "failed in the ledger": count("failed"),
      "carried out by the platforms": orders.filter(({ executions }) => executions > 0).length,
      "sent more than once": orders.filter(({ sends }) => sends > 1).length,
    },
  };
}
