/**
 * Who may send now. An object has six outgoing connections on Cloudflare, so few sends run at once and the rest queue
 * in lanes, one a store: a store whose sends stall fills its own lane and leaves room for the others.
 */

/** One connection of the six stays free for platform keys and read-backs. */
export const maxSends = 5;
/** One store never takes the last place. */
export const maxSendsPerLane = 4;

export class Lanes {
  readonly #running = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();
  #sends = 0;

  hasPlace(lane: string): boolean {
    return this.#sends < maxSends && (this.#running.get(lane) ?? 0) < maxSendsPerLane;
  }

  /** Takes a place at once if there is one. */
  tryEnter(lane: string): boolean {
    if (!this.hasPlace(lane)) return false;
    this.#sends++;
    this.#running.set(lane, (this.#running.get(lane) ?? 0) + 1);
    return true;
  }

  /** Calls back once a place has been taken for the caller. */
  whenFree(lane: string, enter: () => void): void {
    const queue = this.#waiting.get(lane);
    if (queue) queue.push(enter);
    else this.#waiting.set(lane, [enter]);
  }

  leave(lane: string): void {
    const running = (this.#running.get(lane) ?? 1) - 1;
    if (running === 0) this.#running.delete(lane);
    else this.#running.set(lane, running);
    this.#sends--;
    this.#admitNext();
  }

  /** Lanes take turns: one that was served goes behind the others. */
  #admitNext(): void {
    for (const [lane, queue] of this.#waiting) {
      if (!this.tryEnter(lane)) continue;
      const enter = queue.shift();
      this.#waiting.delete(lane);
      if (queue.length > 0) this.#waiting.set(lane, queue);
      enter?.();
      return;
    }
  }
}
