/**
 * The ledger's rows as they are now: what is on disk, overlaid by outcomes that wait for the next commit. Only the intent
 * must be on disk before the send; an outcome may join the next commit, since after a crash the send is repeated with the
 * same parameters (WeChat) or read back (Tmall).
 */
import type { AssignmentQuery } from "../../shared/contract.ts";
import type { Wanted } from "./decide.ts";
import { orderKeyOf } from "./order-key.ts";
import { statusOf } from "./state.ts";
import type { Row, Store } from "./store.ts";
import type { Tenant } from "./tenant.ts";

export class Book {
  readonly #store: Store;
  /** Outcomes not yet on disk, by id, each with what else its commit must hold. */
  readonly #unwritten = new Map<string, { row: Row; alongside: () => void }>();
  /** The newest assignment of an order, for the orders of `#unwritten`. */
  readonly #newest = new Map<string, Row>();

  /** What else the next commit is to hold, written before the outcomes. */
  #alongside: (() => void)[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  byId(id: string): Row | undefined {
    return this.#unwritten.get(id)?.row ?? this.#store.byId(id);
  }

  newestOfOrder(key: string): Row | undefined {
    return this.#newest.get(key) ?? this.#store.newestOfOrder(key);
  }

  /** Only an order's newest can wait to be written, and it was asked for already when this is. */
  lastTold(key: string, guideKey: string): Row | undefined {
    return this.#store.lastTold(key, guideKey);
  }

  byIdempotencyKey(tenant: Tenant, key: string): Row | undefined {
    const found = this.#store.byIdempotencyKey(tenant, key);
    if (!found) return undefined;
    const latest = this.#unwritten.get(found.id)?.row ?? found;
    // a definite failure gives every key back that led to it
    return statusOf(latest.state) === "failed" ? undefined : { ...latest, fingerprint: found.fingerprint };
  }

  /** A key that only joined an assignment belongs to it like the one that began it. */
  joinKey(wanted: Wanted, key: string, id: string): void {
    if (!this.byIdempotencyKey(wanted, key)) this.#store.joinKey(wanted, key, wanted.fingerprint, id);
  }

  list(tenant: Tenant, query: AssignmentQuery): { rows: Row[]; more: boolean } {
    this.flush();
    return this.#store.list(tenant, query);
  }

  /** Writes a new assignment in this turn's commit, and with it every outcome that waited. */
  insert(row: Row): void {
    this.flush();
    this.#store.insert(row);
  }

  /** Writes a change in this turn's commit, behind every outcome that waited: one of them may be of this very row. */
  update(row: Row): void {
    this.flush();
    this.#store.update(row);
  }

  /** Keeps an outcome for the next commit, with what is to be written alongside. */
  updateLater(row: Row, alongside: () => void): void {
    this.#unwritten.set(row.id, { row, alongside });
    this.#newest.set(orderKeyOf(row), row);
  }

  /** Keeps a write for the next commit. */
  writeLater(write: () => void): void {
    this.#alongside.push(write);
  }

  /** Writes what waits; an assignment that has its outcome needs no parameters any more. */
  flush(): void {
    for (const write of this.#alongside) write();
    this.#alongside = [];
    for (const { row, alongside } of this.#unwritten.values()) {
      this.#store.update(row);
      this.#store.dropOutbox(row.id);
      alongside();
    }
    this.#unwritten.clear();
    this.#newest.clear();
  }
}
