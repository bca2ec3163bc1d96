/**
 * The checks that only the object can make, in the turn in which it acts: a proof is used once, a revoked session is
 * refused, budgets are hard. Budgets live in memory: an object that restarts begins with full ones.
 */
import type { Caller } from "../access/caller.ts";
import { type Bucket, take } from "../access/limits.ts";
import type { Limits } from "../config.ts";
import { type Failure, fail, ok, type Result } from "../problem.ts";
import type { Store } from "./store.ts";

/** A proof is accepted 300 s around its time; it is remembered until no clock could accept it again. */
const proofMemorySeconds = 660;
/** Budgets kept at once; beyond that the oldest is dropped, which only refills it. */
export const maxBuckets = 10_000;

export class Admission {
  readonly #store: Store;
  #revoked: Set<string>;
  readonly #buckets = new Map<string, Bucket>();

  constructor(store: Store) {
    this.#store = store;
    this.#revoked = new Set(store.revocations());
  }

  /**
   * @param now epoch milliseconds
   * @param shards of the merchant: this ledger keeps one part of the budgets that sessions share
   */
  admit(caller: Caller, limits: Limits, now: number, shards = 1): Result<null> {
    if (caller.session && this.#revoked.has(revocationKey(caller.partnerId, caller.session.id))) {
      return fail("session_expired", "The session was revoked");
    }
    const limited = this.#limit(caller, limits, now, shards);
    if (limited) return { ok: false, failure: limited };
    if (caller.proof && !this.#store.spendProof(caller.proof.jti, caller.proof.issuedAt + proofMemorySeconds)) {
      return fail("unauthenticated", "The DPoP proof was used before", { challenge: "invalid_dpop_proof" });
    }
    return ok(null);
  }

  /**
   * Nobody can tell an id that was never minted from one that was, and each is remembered for an hour: all revocations
   * of a partner together spend what one session may, and count in the partner's own budget.
   */
  admitRevocation(partnerId: string, limits: Limits, now: number, shards = 1): Result<null> {
    const { sessionPerSecond, sessionBurst } = limits;
    const limited = this.#spend(
      [[`revocations/${partnerId}`, sessionPerSecond, sessionBurst], partnerBudget(partnerId, limits, shards)],
      now,
    );
    return limited ? { ok: false, failure: limited } : ok(null);
  }

  /**
   * @param expiresAt epoch seconds after which the session is dead anyway
   * @returns false when it was revoked already, and nothing is written: no session of that time outlives the first one
   */
  revoke(partnerId: string, sessionId: string, expiresAt: number): boolean {
    const key = revocationKey(partnerId, sessionId);
    if (this.#revoked.has(key)) return false;
    this.#store.revoke(key, expiresAt);
    this.#revoked.add(key);
    return true;
  }

  /** Forgets proofs and revocations that could be of no use any more. @param now epoch milliseconds */
  sweep(now: number): void {
    this.#store.sweep(Math.floor(now / 1000));
    this.#revoked = new Set(this.#store.revocations());
  }

  #limit(caller: Caller, limits: Limits, now: number, shards: number): Failure | undefined {
    const { partnerId, session } = caller;
    const [ratePerSecond, burst] = partOf(limits.merchantPerSecond, limits, shards);
    const budgets: Budget[] = [
      partnerBudget(partnerId, limits, shards),
      // One bucket a figure: a partner whose record has a smaller one must not shrink what the others share.
      [`merchant/${ratePerSecond}/${burst}`, ratePerSecond, burst],
    ];
    if (session) {
      budgets.unshift([`session/${partnerId}/${session.id}`, limits.sessionPerSecond, limits.sessionBurst]);
    }
    return this.#spend(budgets, now);
  }

  /** The narrowest budget comes first, so that one session cannot drain its partner's. */
  #spend(budgets: readonly Budget[], now: number): Failure | undefined {
    for (const [name, ratePerSecond, burst] of budgets) {
      const taken = take(this.#buckets.get(name), ratePerSecond, burst, now);
      this.#remember(name, taken.bucket);
      if (!taken.ok) {
        return { code: "rate_limited", detail: "Too many calls", retryAfterSeconds: taken.retryAfterSeconds };
      }
    }
    return undefined;
  }

  /** A refused call renews its place too: a flood of sessions must not push out the budget that refuses it. */
  #remember(name: string, bucket: Bucket): void {
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    if (this.#buckets.size <= maxBuckets) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}

/** name, calls a second, calls at once */
type Budget = readonly [string, number, number];

/** A session is admitted in one shard alone, so no shard's part is smaller than what one session may spend there. */
function partOf(whole: number, { sessionPerSecond, sessionBurst }: Limits, shards: number): readonly [number, number] {
  const part = (ofSession: number) => Math.min(whole, Math.max(whole / shards, ofSession));
  return [part(sessionPerSecond), part(sessionBurst)];
}

const partnerBudget = (partnerId: string, limits: Limits, shards: number): Budget => [
  `partner/${partnerId}`,
  ...partOf(limits.partnerPerSecond, limits, shards),
];

const revocationKey = (partnerId: string, sessionId: string) => `${partnerId}/${sessionId}`;
