/**
 * Bounds waits in time with one timer for all of them. An object has many waits at once, and nearly all end well before
 * their time: a timer of each one's own would be set and cleared for nothing. One instance an object, since a runtime
 * ties a timer to the object that set it.
 */

interface Wait {
  /** epoch milliseconds */
  until: number;
  expire: () => void;
}

export class Deadlines {
  readonly #now: () => number;
  readonly #waits = new Set<Wait>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** when the timer fires, in epoch milliseconds */
  #timerAt = Number.POSITIVE_INFINITY;
  /** what the clock showed when it was last read, in epoch milliseconds */
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * @param until epoch milliseconds
   * @param late what the wait ends with when its time is over first
   * @returns settles as the promise does, in time
   */
  bound<T>(promise: Promise<T>, until: number, late: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const now = this.#readClock();
      const wait = { until, expire: () => resolve(late()) };
      this.#waits.add(wait);
      if (until < this.#timerAt) this.#set(until, now);
      promise.then(
        (value) => {
          this.#end(wait);
          resolve(value);
        },
        (error: unknown) => {
          this.#end(wait);
          reject(error);
        },
      );
    });
  }

  /** @returns whether the promise settled before the time, in epoch milliseconds; at once without one */
  async settles(promise: Promise<void> | undefined, until: number): Promise<boolean> {
    if (!promise) return true;
    return this.bound(
      promise.then(() => true),
      until,
      () => false,
    );
  }

  /** The timer of a wait that has ended stays for those that follow; the last one clears it, so that an idle object can rest. */
  #end(wait: Wait): void {
    this.#waits.delete(wait);
    if (this.#waits.size === 0) this.#clear();
  }

  /** A clock that stepped back since a wait began takes the wait's time with it, or it would last by the step longer. */
  #readClock(): number {
    const now = this.#now();
    const back = this.#readAt - now;
    if (back > 0) {
      for (const wait of this.#waits) wait.until -= back;
      this.#timerAt -= back;
    }
    this.#readAt = now;
    return now;
  }

  /** What is due is told by the time that was set, not by the clock: one that stepped back must not prolong a wait. */
  #expire(): void {
    const at = this.#timerAt;
    this.#clear();
    let next = Number.POSITIVE_INFINITY;
    for (const wait of this.#waits) {
      if (wait.until > at) next = Math.min(next, wait.until);
      else {
        this.#waits.delete(wait);
        wait.expire();
      }
    }
    if (next < this.#timerAt) this.#set(next, Math.max(at, this.#now()));
  }

  #set(at: number, now: number): void {
    this.#clear();
    this.#timerAt = at;
    this.#timer = setTimeout(() => this.#expire(), Math.max(0, at - now));
  }

  #clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }
}
