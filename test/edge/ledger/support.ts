/** A ledger's parts over SQLite in memory, with a clock and a channel that the test holds. */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { AssignmentIntent, AttemptOptions, Channel, Verdict } from "../../../edge/channels/channel.ts";
import { type AuditEntry, AuditLog } from "../../../edge/ledger/audit.ts";
import { Book } from "../../../edge/ledger/book.ts";
import { newRow } from "../../../edge/ledger/new-row.ts";
import { orderKeyOf } from "../../../edge/ledger/order-key.ts";
import { Runner } from "../../../edge/ledger/runner.ts";
import { type Row, Store } from "../../../edge/ledger/store.ts";
import type { Sql } from "../../../edge/sql.ts";

export const storageKey = new Uint8Array(32).fill(7);

export function memorySql(database = new DatabaseSync(":memory:")): Sql {
  return {
    exec(query, ...bindings) {
      if (bindings.length === 0 && query.includes("CREATE TABLE")) {
        database.exec(query);
        return { toArray: () => [], rowsWritten: 0 };
      }
      const statement = database.prepare(query);
      const values = bindings as SQLInputValue[];
      if (/^\s*SELECT/i.test(query)) {
        const rows = statement.all(...values);
        return { toArray: () => rows as never, rowsWritten: 0 };
      }
      return { toArray: () => [], rowsWritten: Number(statement.run(...values).changes) };
    },
  };
}

export interface Send {
  intent: AssignmentIntent;
  options: AttemptOptions;
  answer: (verdict: Verdict) => void;
}

export interface Bench {
  store: Store;
  book: Book;
  audit: AuditLog;
  runner: Runner;
  clock: { now: number };
  sends: Send[];
  wakes: number[];
  entries(): AuditEntry[];
  row(id: string): Row;
  /** @returns the id */
  begin(order: string, guide: string, more?: { id?: string; store?: string }): string;
}

export const start = 1_800_000_000_000;

export function bench(sql: Sql = memorySql()): Bench {
  const store = new Store(sql);
  const book = new Book(store);
  const audit = new AuditLog(sql, store, storageKey);
  const clock = { now: start };
  const sends: Send[] = [];
  const wakes: number[] = [];
  const channel: Channel = {
    name: "wechat",
    assign: (intent, options) => new Promise((answer) => sends.push({ intent, options, answer })),
  };
  const runner = new Runner({
    store,
    book,
    audit,
    openChannel: () => Promise.resolve({ ok: true, value: channel }),
    telemetry: { log: () => {}, count: () => {} },
    now: () => clock.now,
    random: () => 0.5,
    wake: (at) => wakes.push(at),
    identityKey: storageKey,
    merchant: "demo",
  });
  const row = (id: string) => {
    const found = book.byId(id);
    if (!found) throw new Error(`no assignment ${id}`);
    return found;
  };
  let count = 0;
  return {
    store,
    book,
    audit,
    runner,
    clock,
    sends,
    wakes,
    row,
    entries: () => {
      book.flush();
      return audit.export(0, 1000).rows.map(({ entry }) => JSON.parse(entry) as AuditEntry);
    },
    begin: (order, guide, { id = `id${String(count++).padStart(4, "0")}`, store: shop = "" } = {}) => {
      const wanted = { partner: "pos", store: shop, guideKey: `id:${guide}`, fingerprint: guide, replaces: undefined };
      const intent: AssignmentIntent = { channel: "wechat", order, guide: { id: guide } };
      const newest = book.newestOfOrder(orderKeyOf({ channel: "wechat", order }));
      runner.begin(newRow(id, clock.now, wanted, intent, undefined, newest), intent, JSON.stringify(intent), {
        session: "s1",
        requestId: "r1",
      });
      return id;
    },
  };
}

/** Lets everything that needs no time happen. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

export const noAnswer: Extract<Verdict, { kind: "unknown" }> = {
  kind: "unknown",
  failure: { code: "upstream_unverified", detail: "unsigned", upstream: { requestId: "up-1" } },
};
export const assigned: Extract<Verdict, { kind: "assigned" }> = {
  kind: "assigned",
  evidence: "answer",
  upstreamRequestId: "up-2",
};
