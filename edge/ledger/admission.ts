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
      return fail("unauthenticated", "The DPoP proof was used before");
    }
    return ok(null);
  }

  /** @param expiresAt epoch seconds after which the session is dead anyway */
  revoke(partnerId: string, sessionId: string, expiresAt: number): void {
    const key = revocationKey(partnerId, sessionId);
    this.#store.revoke(key, expiresAt);
    this.#revoked.add(key);
  }

  /** Forgets proofs and revocations that could be of no use any more. @param now epoch milliseconds */
  sweep(now: number): void {
    this.#store.sweep(Math.floor(now / 1000));
    this.#revoked = new Set(this.#store.revocations());
  }

  /** The narrowest budget is asked first, so that one session cannot drain its partner's. */
  #limit(caller: Caller, limits: Limits, now: number, shards: number): Failure | undefined {
    // A session is admitted in one shard alone, so no shard's part is smaller than what one session may spend there.
    const part = (whole: number, ofSession: number) => Math.min(whole, Math.max(whole / shards, ofSession));
    const partOf = (whole: number) => [part(whole, limits.sessionPerSecond), part(whole, limits.sessionBurst)] as const;
    const [merchantPerSecond, merchantBurst] = partOf(limits.merchantPerSecond);
    const budgets: [string, number, number][] = [
      // One bucket a figure: a partner whose record has a smaller one must not shrink what the others share.
      [`merchant/${merchantPerSecond}/${merchantBurst}`, merchantPerSecond, merchantBurst],
      [`partner/${caller.partnerId}`, ...partOf(limits.partnerPerSecond)],
    ];
    if (caller.session) {
      budgets.push([`session/${caller.partnerId}/${caller.session.id}`, limits.sessionPerSecond, limits.sessionBurst]);
    }
    for (const [name, ratePerSecond, burst] of budgets.reverse()) {
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

const revocationKey = (partnerId: string, sessionId: string) => `${partnerId}/${sessionId}`;
