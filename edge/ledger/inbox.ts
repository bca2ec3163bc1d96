/**
 * Calls that would find no place to send wait here, and then act in one turn, so that one commit serves them all: a
 * commit costs about half as much as the signature of the send. It delays no send, since there is no place for one.
 */

/** milliseconds; by then the intent is on its way to disk, however long the sends before it take */
const longestWaitMs = 20;

export class Inbox {
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Resolves in the turn of everyone who waits. */
  join(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    this.#timer ??= setTimeout(() => this.release(), longestWaitMs);
    return promise;
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
