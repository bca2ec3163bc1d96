/** Drops what has had its time, and says when it next has something to drop. */
import type { Admission } from "./admission.ts";
import type { AuditLog } from "./audit.ts";
import type { Store } from "./store.ts";

/** Proofs and revocations past their time are dropped this often: each is small, but there is one a call. */
export const sweepEveryMs = 10 * 60_000;
/** Rows past retention are dropped this often. */
const pruneEveryMs = 6 * 3_600_000;
const dayMs = 86_400_000;

export class Housekeeping {
  readonly #store: Store;
  readonly #admission: Admission;
  readonly #audit: AuditLog;
  readonly #retentionMs: number;
  /** epoch milliseconds, in this process */
  #sweptAt = 0;
  #prunedAt = 0;

  constructor(store: Store, admission: Admission, audit: AuditLog, retentionDays: number) {
    this.#store = store;
    this.#admission = admission;
    this.#audit = audit;
    this.#retentionMs = retentionDays * dayMs;
  }

  /** @param now epoch milliseconds, as all times here */
  keep(now: number): void {
    if (now - this.#sweptAt >= sweepEveryMs) {
      this.#sweptAt = now;
      this.#admission.sweep(now);
    }
    if (now - this.#prunedAt >= pruneEveryMs) {
      this.#prunedAt = now;
      this.#store.prune(now - this.#retentionMs);
      this.#audit.prune(now - this.#retentionMs, now);
    }
  }

  /** @returns undefined while nothing is kept that ends; a ledger that nobody calls any more is emptied too */
  nextAt(): number | undefined {
    const times: number[] = [];
    if (this.#store.holdsExpiring()) times.push(this.#sweptAt + sweepEveryMs);
    for (const oldest of [this.#store.oldestCreatedAt(), this.#audit.oldestAt()]) {
      if (oldest !== undefined) times.push(Math.max(this.#prunedAt + pruneEveryMs, oldest + this.#retentionMs));
    }
    return times.length > 0 ? Math.min(...times) : undefined;
  }
}
