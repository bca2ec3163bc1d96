/**
 * Who may send now, or look. An object has six outgoing connections on Cloudflare, so few sends run at once and the rest stand in
 * line. Neither a partner nor a store can take every place, and a place that becomes free goes to the waiting partner
 * that holds the fewest, and there to the store that holds the fewest; equals take turns. So whoever comes newly finds a
 * place, and whoever's sends stall keeps the share of one among equals. Trade-off: a partner alone leaves a place empty.
 */
import type { Tenant } from "./tenant.ts";

/** Without a store only the partner's bound holds; turns are a sub-merchant's own all the same. */
export type Lane = Tenant;

/** One connection of the six stays free, so that a partner that finds a place finds a connection. */
export const maxSends = 5;
/** One partner never takes the last place. */
export const maxSendsOfPartner = 4;
/** One store never takes its partner's last place. */
export const maxSendsOfStore = 3;

/** A look's own call takes up to eight seconds, and a page waits twelve. */
export const longestLookWaitMs = 3_000;

/** Takes the place. @returns false when it is not needed any more */
type Enter = () => boolean;

/** Who waits for a place of one store, first come first, among the lines of its partner. */
interface Line extends Lane {
  queue: Enter[];
  ofPartner: Map<string, Line>;
}

export class Lanes {
  #sends = 0;
  /** places taken, by partner and by partner and store */
  readonly #held = new Map<string, number>();
  /** by partner and by sub-merchant and store, in the order of their turns */
  readonly #waiting = new Map<string, Map<string, Line>>();

  hasPlace(lane: Lane): boolean {
    if (this.#sends >= maxSends || this.#heldBy(lane.partner) >= maxSendsOfPartner) return false;
    return lane.store === "" || this.#heldBy(storeKey(lane)) < maxSendsOfStore;
  }

  /** Takes a place at once if there is one. */
  tryEnter(lane: Lane): boolean {
    if (!this.hasPlace(lane)) return false;
    this.#take(lane, 1);
    return true;
  }

  /** Calls back once a place has been taken for the caller. */
  whenFree({ partner, subMchid, store }: Lane, enter: Enter): void {
    const ofPartner = this.#waiting.get(partner) ?? new Map<string, Line>();
    const key = storeKey({ partner, subMchid, store });
    const line = ofPartner.get(key) ?? { partner, subMchid, store, queue: [], ofPartner };
    line.queue.push(enter);
    ofPartner.set(key, line);
    this.#waiting.set(partner, ofPartner);
  }

  leave(lane: Lane): void {
    this.#take(lane, -1);
    for (let next = this.#inTurn(); next; next = this.#inTurn()) {
      this.#take(next, 1);
      if (this.#nextOf(next)?.()) return;
      this.#take(next, -1);
    }
  }

  /**
   * What is no send, a look at guides or an order, needs a connection too: stalled looks of one partner must not take those
   * of the others' sends.
   * @returns undefined when no place became free in time
   */
  async within<T>(lane: Lane, work: () => Promise<T>): Promise<T | undefined> {
    if (!this.tryEnter(lane) && !(await this.#soon(lane))) return undefined;
    try {
      return await work();
    } finally {
      this.leave(lane);
    }
  }

  #soon(lane: Lane): Promise<boolean> {
    return new Promise((resolve) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        resolve(false);
      }, longestLookWaitMs);
      this.whenFree(lane, () => {
        if (isLate) return false;
        clearTimeout(timer);
        resolve(true);
        return true;
      });
    });
  }

  #inTurn(): Line | undefined {
    return withFewest(this.#firstLines(), ({ partner }) => this.#heldBy(partner));
  }

  /** The line that each partner would send from next, where its bounds leave a place. */
  *#firstLines(): Generator<Line> {
    for (const lines of this.#waiting.values()) {
      const open = lines.entries().filter(([, line]) => this.hasPlace(line));
      const found = withFewest(open, ([key]) => this.#heldBy(key));
      if (found) yield found[1];
    }
  }

  /** Takes the first in line; its partner and store go behind the others. */
  #nextOf(line: Line): Enter | undefined {
    const { partner, queue, ofPartner } = line;
    const enter = queue.shift();
    const key = storeKey(line);
    this.#waiting.delete(partner);
    ofPartner.delete(key);
    if (queue.length > 0) ofPartner.set(key, line);
    if (ofPartner.size > 0) this.#waiting.set(partner, ofPartner);
    return enter;
  }

  #heldBy(name: string): number {
    return this.#held.get(name) ?? 0;
  }

  #take(lane: Lane, places: 1 | -1): void {
    this.#sends += places;
    this.#add(lane.partner, places);
    this.#add(storeKey(lane), places);
  }

  #add(name: string, places: 1 | -1): void {
    const held = this.#heldBy(name) + places;
    if (held === 0) this.#held.delete(name);
    else this.#held.set(name, held);
  }
}

/** No partner's id and no sub-merchant's number has a slash. */
const storeKey = ({ partner, subMchid, store }: Lane) => `${partner}/${subMchid}/${store}`;

/** The first of those that hold the fewest. Five places have five holders at most, so that one with none is found soon. */
function withFewest<T>(candidates: Iterable<T>, heldBy: (candidate: T) => number): T | undefined {
  let found: T | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const held = heldBy(candidate);
    if (held >= fewest) continue;
    found = candidate;
    fewest = held;
    if (held === 0) break;
  }
  return found;
}
