/**
 * When an assignment without an answer is tried again. Pure. While the page waits, tries are close together; after
 * that the object goes on in the background until the time is over.
 */

/** The page is answered 202 after this long: a cashier does not wait longer. */
export const foregroundMs = 8_000;
/** After this long a guide no longer helps the sale; the assignment ends as failed. */
export const giveUpAfterMs = 15 * 60_000;
/** First delay while the page waits: a lost packet is over by then. */
const foregroundBaseMs = 250;
/** First delay in the background, doubling. */
const backgroundBaseMs = 2_000;
const backgroundCapMs = 60_000;
/** One attempt, headers and body: short, since an object has few outgoing connections. */
export const attemptMs = 4_000;

export interface Progress {
  /** epoch milliseconds */
  createdAt: number;
  /** attempts that have ended */
  attempts: number;
  /** what the platform asked for, if it did */
  retryAfterMs?: number;
}

/**
 * @param random in [0, 1): spreads tries between half and the whole delay, so that tills do not come back together
 * @returns epoch milliseconds of the next attempt, or undefined when the time is over
 */
export function nextAttemptAt(progress: Progress, now: number, random: number): number | undefined {
  const foregroundUntil = progress.createdAt + foregroundMs;
  const foregroundDelay = foregroundBaseMs * 2 ** Math.min(progress.attempts - 1, 5);
  const inForeground = now + foregroundDelay < foregroundUntil;
  // The fifth foreground try ends near the eighth second; background doublings count from there.
  const doublings = Math.max(0, Math.floor(Math.log2(Math.max(1, (now - foregroundUntil) / backgroundBaseMs + 1))));
  const backgroundDelay = Math.min(backgroundCapMs, backgroundBaseMs * 2 ** doublings);
  const delay = inForeground ? foregroundDelay : backgroundDelay;
  const jittered = delay * (0.5 + random / 2);
  const at = now + Math.max(jittered, progress.retryAfterMs ?? 0);
  return at >= progress.createdAt + giveUpAfterMs ? undefined : Math.ceil(at);
}
