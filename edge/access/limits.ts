/**
 * A token bucket as a pure function: whoever holds the buckets decides where they live and when they are forgotten.
 * Over any span of t seconds at most `burst + ratePerSecond · t` calls pass.
 */

export interface Bucket {
  tokens: number;
  /** epoch milliseconds of the last refill */
  refilledAt: number;
}

export type Take = { ok: true; bucket: Bucket } | { ok: false; bucket: Bucket; retryAfterSeconds: number };

/**
 * @param bucket undefined for a caller not seen yet: a full one
 * @param burst the size of the bucket, at least 1
 * @param now epoch milliseconds
 */
export function take(bucket: Bucket | undefined, ratePerSecond: number, burst: number, now: number): Take {
  const { tokens, refilledAt } = refill(bucket ?? { tokens: burst, refilledAt: now }, ratePerSecond, burst, now);
  if (tokens >= 1) return { ok: true, bucket: { tokens: tokens - 1, refilledAt } };
  const waitSeconds = Math.ceil((1 - tokens) / ratePerSecond);
  return { ok: false, bucket: { tokens, refilledAt }, retryAfterSeconds: waitSeconds };
}

/** A clock that steps back must neither take tokens away nor let the same span be counted twice. */
function refill(bucket: Bucket, ratePerSecond: number, burst: number, now: number): Bucket {
  const elapsedMs = Math.max(0, now - bucket.refilledAt);
  return {
    tokens: Math.min(burst, bucket.tokens + (elapsedMs * ratePerSecond) / 1000),
    refilledAt: Math.max(now, bucket.refilledAt),
  };
}
