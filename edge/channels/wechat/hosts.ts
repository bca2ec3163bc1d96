/**
 * Which host gets the next request: a circuit breaker that chooses and never refuses. A pure state machine; the clock
 * and the dice are given. The platform's rule for two hosts: use the first, keep the backup warm with at most 1 % of
 * the traffic, switch on transport failures, switch back after recovery.
 */
interface HostState {
  host: string;
  failures: number;
  /** epoch milliseconds until which the host is passed over; 0: it is in use */
  openUntil: number;
  openings: number;
  probing: boolean;
}

/** One lost connection is weather; three in a row without an answer between them is an outage. */
const failuresToOpen = 3;
const firstOpenMs = 10_000;
const maxOpenMs = 120_000;
/** Validation traffic to a backup, so that a dead one is known before it is needed. */
const backupShare = 0.01;

export class Hosts {
  readonly #hosts: readonly HostState[];

  /** @param hosts in order of preference, at least one */
  constructor(hosts: readonly string[]) {
    if (hosts.length === 0) throw new TypeError("Hosts needs at least one host");
    this.#hosts = hosts.map((host) => ({ host, failures: 0, openUntil: 0, openings: 0, probing: false }));
  }

  /**
   * @param random in [0, 1)
   * @param tried hosts that this attempt has used already
   * @returns undefined only when every host was tried
   */
  choose(now: number, random: number, tried: ReadonlySet<string> = new Set()): string | undefined {
    const left = this.#hosts.filter((state) => !tried.has(state.host));
    const closed = left.filter((state) => state.openUntil === 0);
    const [first] = this.#hosts;
    const recovering = left.find((state) => state.openUntil !== 0 && state.openUntil <= now && !state.probing);
    // Half-open: one request, and only one, finds out whether a host is back.
    if (recovering && (recovering === first || random < backupShare || closed.length === 0)) {
      recovering.probing = true;
      return recovering.host;
    }
    const [preferred, backup] = closed;
    if (preferred) return preferred === first && backup && random < backupShare ? backup.host : preferred.host;
    // All are open: the one that is due first; refusing would turn a doubt into an outage.
    return left.reduce<HostState | undefined>((soonest, state) => {
      return soonest && soonest.openUntil <= state.openUntil ? soonest : state;
    }, undefined)?.host;
  }

  /** Any HTTP answer, whatever its status, shows that the host can be reached. */
  answered(host: string): void {
    const state = this.#hosts.find((candidate) => candidate.host === host);
    if (state) Object.assign(state, { failures: 0, openUntil: 0, openings: 0, probing: false });
  }

  /** The request ended before the host could have answered: the next one finds out. */
  undecided(host: string): void {
    const state = this.#hosts.find((candidate) => candidate.host === host);
    if (state) state.probing = false;
  }

  /** @returns true when this failure opened the host's circuit */
  failed(host: string, now: number): boolean {
    const state = this.#hosts.find((candidate) => candidate.host === host);
    if (!state) return false;
    state.failures += 1;
    const opens = state.probing || (state.openUntil === 0 && state.failures >= failuresToOpen);
    state.probing = false;
    if (!opens) return false;
    state.openUntil = now + Math.min(maxOpenMs, firstOpenMs * 2 ** state.openings);
    state.openings += 1;
    return true;
  }
}
