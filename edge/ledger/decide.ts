/**
 * What a call to assign means, given what the ledger holds: the rules of exactly once. Pure.
 */
import { holdsOrder, type State } from "./state.ts";
import { isVisible, type Tenant } from "./tenant.ts";

/** The part of a stored assignment that the decision needs. */
export interface Known extends Tenant {
  id: string;
  guideKey: string;
  fingerprint: string;
  state: State;
  replaces: string | undefined;
  /** a send is under way */
  inFlight: boolean;
}

/** The digests by which a call is compared with what is known. */
export interface Identity {
  guideKey: string;
  fingerprint: string;
}

export interface Wanted extends Identity, Tenant {
  replaces: string | undefined;
  /** what earlier storage keys made of the same call; absent when there is none, asked only when the present one differs */
  earlier?: () => Identity[];
}

export type Decision =
  /** nothing stands in the way; `after` is the assignment that gives up the order */
  | { kind: "begin"; after?: Known }
  /** the same logical assignment: answer what it has come to */
  | { kind: "join"; known: Known }
  /** ask again once the send in flight has ended */
  | { kind: "wait"; known: Known }
  | { kind: "conflict" }
  | { kind: "key-reused" };

const isSame = (known: Identity, wanted: Wanted, digest: keyof Identity): boolean =>
  known[digest] === wanted[digest] || wanted.earlier?.().some((one) => one[digest] === known[digest]) === true;

/**
 * @param keyed the assignment that the idempotency key was used for, if any; keys of failed ones are released before
 * @param newest the newest assignment of the order, if any: the only one that can hold it
 */
export function decide(wanted: Wanted, keyed: Known | undefined, newest: Known | undefined): Decision {
  if (keyed) {
    if (!isSame(keyed, wanted, "fingerprint")) return { kind: "key-reused" };
    return holdsOrder(keyed.state) ? { kind: "join", known: keyed } : { kind: "conflict" };
  }
  if (!newest || !holdsOrder(newest.state)) {
    // What was to be replaced has failed meanwhile: the order is free. Any other id is stale.
    const free = wanted.replaces === undefined || (newest?.id === wanted.replaces && isVisible(newest, wanted));
    return free ? { kind: "begin" } : { kind: "conflict" };
  }
  if (!isVisible(newest, wanted)) return { kind: "conflict" };
  const named = wanted.replaces === undefined || wanted.replaces === newest.id || wanted.replaces === newest.replaces;
  if (named && isSame(newest, wanted, "guideKey")) return { kind: "join", known: newest };
  if (wanted.replaces !== newest.id) return { kind: "conflict" };
  return newest.inFlight ? { kind: "wait", known: newest } : { kind: "begin", after: newest };
}
