/** A ledger's parts over SQLite in memory, with a clock and a channel that the test holds. */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { mock } from "node:test";
import type { AssignmentIntent, AttemptOptions, Channel, Verdict } from "../../../edge/channels/channel.ts";
import { type AuditEntry, AuditLog } from "../../../edge/ledger/audit.ts";
import { Book } from "../../../edge/ledger/book.ts";
import { beginsInDoubt } from "../../../edge/ledger/doubt.ts";
import { Lanes } from "../../../edge/ledger/lanes.ts";
import { newRow } from "../../../edge/ledger/new-row.ts";
import { orderKeyOf } from "../../../edge/ledger/order-key.ts";
import { Runner, type RunnerOptions } from "../../../edge/ledger/runner.ts";
import { type Row, Store } from "../../../edge/ledger/store.ts";
import type { Tenant } from "../../../edge/ledger/tenant.ts";
import type { Sql } from "../../../edge/sql.ts";
import type { TraceParent } from "../../../edge/trace-parent.ts";

export const storageKey = new Uint8Array(32).fill(7);

/** Workerd gives bytes as an ArrayBuffer, Node as a Uint8Array. */
const asInWorkerd = ([name, value]: [string, unknown]): [string, unknown] => [
  name,
  value instanceof Uint8Array ? new Uint8Array(value).buffer : value,
];

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
        const rows = statement.all(...values).map((row) => Object.fromEntries(Object.entries(row).map(asInWorkerd)));
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
  begin(
    order: string,
    guide: string,
    more?: { id?: string; store?: string; replaces?: string; trace?: TraceParent },
  ): string;
}

export const start = 1_800_000_000_000;

/** Somebody of no sub-merchant, unless one is named. */
export const tenant = (partner: string, store = "", subMchid = ""): Tenant => ({ partner, subMchid, store });

export function bench(sql: Sql = memorySql(), more: Partial<RunnerOptions> = {}): Bench {
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
    lanes: new Lanes(),
    openChannel: () => Promise.resolve({ ok: true, value: channel }),
    telemetry: { log: () => {}, count: () => {} },
    now: () => clock.now,
    random: () => 0.5,
    wake: (at) => wakes.push(at),
    identityKey: storageKey,
    merchant: "demo",
    ...more,
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
    begin: (order, guide, { id = `id${String(count++).padStart(4, "0")}`, store: shop = "", replaces, trace } = {}) => {
      const wanted = { ...tenant("pos", shop), guideKey: `id:${guide}`, fingerprint: guide, replaces };
      const intent: AssignmentIntent = { channel: "wechat", order, guide: { id: guide } };
      const newest = book.newestOfOrder(orderKeyOf({ channel: "wechat", order }));
      const inDoubt = beginsInDoubt(newest, wanted.guideKey, intent, book);
      const row = newRow(id, clock.now, wanted, intent, undefined, inDoubt);
      runner.begin(row, intent, JSON.stringify(intent), { session: "s1", requestId: "r1" }, trace);
      return id;
    },
  };
}

/** The bench's clock and the runtime's timers, which the test has mocked, go on together. */
export function pass(on: Bench, milliseconds: number): void {
  on.clock.now += milliseconds;
  mock.timers.tick(milliseconds);
}

/** Lets everything that needs no time happen. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Whether a promise has settled by now. */
export async function isSettled(promise: Promise<unknown> | undefined) {
  if (!promise) throw new Error("there is no promise");
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  await settle();
  return settled;
}

export const noAnswer: Extract<Verdict, { kind: "unknown" }> = {
  kind: "unknown",
  failure: { code: "upstream_unverified", detail: "unsigned", upstream: { requestId: "up-1" } },
};
export const assigned: Extract<Verdict, { kind: "assigned" }> = {
  kind: "assigned",
  evidence: "answer",
  upstreamRequestId: "up-2",
};
export const busy = (retryAfterMs: number) => ({
  kind: "unsent" as const,
  failure: { code: "rate_limited" as const, detail: "busy" },
  retryAfterMs,
});
