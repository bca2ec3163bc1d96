/**
 * What an assignment's ledger must do, said once more and independently: a handful of rules over plain lists, one call
 * after the other. A round of parallel calls is right when some order of them explains every answer.
 */
import type { Body } from "../../support/calls.ts";

export interface Caller {
  partner: string;
  subMchid: string;
  /** empty: not bound to a store */
  store: string;
}

export interface Command {
  caller: Caller;
  order: string;
  guide: string;
  key: string | undefined;
  replaces: string | undefined;
  /** the id that was seen in the history while this one was pending */
  seenId?: string;
}

export interface Entry extends Caller {
  /** undefined until the history has told it: a refusal does not */
  id: string | undefined;
  guide: string;
  /** `pending`: replaced by another call of the same round before its own answer came */
  status: "pending" | "assigned" | "failed" | "superseded";
  replaces: string | undefined;
  /** the platform once said that it is so */
  proved: boolean;
  /** replaced while what was sent may have taken effect */
  doubtful: boolean;
  /** begun in the round that is being explained: until its answer came, others met it while it was pending */
  fresh: boolean;
  /** what the call that began it was made with */
  keyRef: string | undefined;
  body: string;
  /** keys of calls that joined it before it failed */
  joined: { keyRef: string; body: string }[];
}

/**
 * What the platform does with each send, in order; after the last it accepts. `refuse` is about the parameters, whenever
 * they are sent; `closed` is about the moment, and so says nothing about an earlier send.
 */
export type PlatformAnswer = "accept" | "refuse" | "closed" | "unsigned" | "broken" | "reset";

/** @param sends of the same guide to the order before this one, all of them in doubt */
const decides = (answer: PlatformAnswer, sends: number) =>
  answer === "accept" || answer === "refuse" || (answer === "closed" && sends === 0);

export interface World {
  /** by order, oldest first */
  entries: Record<string, Entry[]>;
  /** by tenant and key: order, index and body */
  keys: Record<string, { order: string; index: number; body: string }>;
  scripts: Record<string, PlatformAnswer[]>;
  /** sends that the platform must have seen, by order */
  sends: Record<string, number>;
}

export interface Reply {
  status: number;
  body: Body;
}

const isOfShop = (caller: Caller, entry: Entry) =>
  entry.partner === caller.partner && entry.subMchid === caller.subMchid;

export const sees = (caller: Caller, entry: Entry) =>
  isOfShop(caller, entry) && (caller.store === "" || entry.store === caller.store);

/** An earlier send for the same guide may hold the order, if nobody else was proved and he was not refused since. */
const isDoubted = (entries: Entry[], guide: string): boolean => {
  const last = entries.findLast((entry) => entry.guide === guide || entry.proved);
  return last?.guide === guide && (last.doubtful || last.proved);
};

/** @returns every world that the call may lead to, given its answer: none when no rule explains it */
function explain(world: World, command: Command, reply: Reply): World[] {
  const { caller, order, guide, replaces } = command;
  const newest = world.entries[order]?.at(-1);
  const keyRef = command.key === undefined ? undefined : `${Object.values(caller).join("/")}/${command.key}`;
  const body = JSON.stringify([order, guide, replaces]);
  const keyed = keyRef === undefined ? undefined : world.keys[keyRef];
  if (keyed) {
    const entry = world.entries[keyed.order]?.[keyed.index];
    if (keyed.body !== body) return when(isProblem(reply, 422, "idempotency_key_reused"), world);
    if (entry?.status === "pending") return when(isProblem(reply, 409, "already_assigned"), world);
    return when(entry?.status === "assigned" ? isReplay(reply, entry) : isConflict(reply, caller, newest), world);
  }
  if (isProblem(reply, 422, "idempotency_key_reused")) {
    // The key was held by an assignment of this round that was refused afterwards, which gave the key back.
    const entries = Object.values(world.entries).flat();
    return when(
      entries.some(
        (one) =>
          one.fresh &&
          one.status === "failed" &&
          [one, ...one.joined].some((use) => use.keyRef === keyRef && use.body !== body),
      ),
      world,
    );
  }
  const fits = replaces === undefined || replaces === newest?.replaces || replaces === newest?.id;
  const isSame = newest !== undefined && sees(caller, newest) && newest.guide === guide;
  if (newest === undefined || !holds(newest)) {
    const named = replaces === undefined || (newest !== undefined && newest.id === replaces && sees(caller, newest));
    return [
      ...when(
        metPending(reply, caller, newest, keyRef, body, isSame && fits),
        isSame && fits ? withJoined(world, order, keyRef, body) : world,
      ),
      ...(named ? starts(world, command, reply, keyRef, body) : when(isConflict(reply, caller, newest), world)),
    ];
  }
  if (isSame && fits) {
    const isJoined = newest.status === "pending" ? isProblem(reply, 409, "already_assigned") : isReplay(reply, newest);
    return when(isJoined, withJoined(world, order, keyRef, body));
  }
  if (!sees(caller, newest) || replaces !== newest.id) return when(isConflict(reply, caller, newest), world);
  return starts(world, command, reply, keyRef, body);
}

/** A key that joins an assignment is that assignment's too, until it fails. */
function withJoined(world: World, order: string, keyRef: string | undefined, body: string): World {
  if (keyRef === undefined) return world;
  const next = structuredClone(world);
  const entries = next.entries[order] ?? [];
  const newest = entries.at(-1);
  if (newest && holds(newest)) next.keys[keyRef] = { order, index: entries.length - 1, body };
  else newest?.joined.push({ keyRef, body });
  return next;
}

const holds = ({ status }: Entry) => status === "assigned" || status === "pending";

const starts = (...call: Parameters<typeof begun>): World[] => [...begun(...call), ...overtaken(...call)];

/**
 * It was sent, perhaps more than once, and replaced before its own answer came: it is told so. Which call replaced it
 * must come later in the same round.
 */
function overtaken(world: World, command: Command, reply: Reply, keyRef: string | undefined, body: string): World[] {
  const { order, caller, guide, replaces, seenId } = command;
  if (seenId === undefined || !isProblem(reply, 409, "already_assigned")) return [];
  const script = world.scripts[order] ?? [];
  const before = Number(isDoubted(world.entries[order] ?? [], guide));
  const decided = script.findIndex((answer, sends) => decides(answer, before + sends));
  const doubts = decided < 0 ? script.length : decided;
  const isAccepted = (script[doubts] ?? "accept") === "accept";
  const worlds: World[] = [];
  for (let sends = 1; sends <= doubts + (isAccepted ? 1 : 0); sends++) {
    const next = structuredClone(world);
    const entries = next.entries[order] ?? [];
    next.entries[order] = entries;
    const old = entries.at(-1);
    if (old && holds(old)) old.status = "superseded";
    const outcome = { status: "pending", proved: sends > doubts, doubtful: sends <= doubts } as const;
    entries.push({ ...caller, id: seenId, guide, ...outcome, replaces, fresh: true, keyRef, body, joined: [] });
    next.scripts[order] = script.slice(sends);
    next.sends[order] = (next.sends[order] ?? 0) + sends;
    if (keyRef !== undefined) next.keys[keyRef] = { order, index: entries.length - 1, body };
    worlds.push(next);
  }
  return worlds;
}

/** The newest one was refused in this very round: a call that came before the refusal joined it, or was turned away. */
function metPending(
  reply: Reply,
  caller: Caller,
  newest: Entry | undefined,
  keyRef: string | undefined,
  body: string,
  isSame: boolean,
): boolean {
  if (!newest?.fresh || newest.status !== "failed") return false;
  const isKeyed = keyRef !== undefined && newest.keyRef === keyRef && newest.body === body;
  if (isKeyed || isSame) return isProblem(reply, 422, "upstream_rejected");
  return isConflict(reply, caller, { ...newest, status: "assigned", id: newest.id ?? reply.body.current?.id });
}

function begun(world: World, command: Command, reply: Reply, keyRef: string | undefined, body: string): World[] {
  const next = structuredClone(world);
  const { order, caller, guide, replaces } = command;
  const entries = next.entries[order] ?? [];
  next.entries[order] = entries;
  const script = next.scripts[order] ?? [];
  let answer: PlatformAnswer;
  const before = Number(isDoubted(entries, guide));
  let sends = 0;
  do {
    answer = script.shift() ?? "accept";
  } while (!decides(answer, before + sends++));
  next.sends[order] = (next.sends[order] ?? 0) + sends;

  const old = entries.at(-1);
  if (old && holds(old)) old.status = "superseded";
  if (answer === "accept") {
    const { id } = reply.body;
    const known = Object.values(next.entries).flat();
    const isNew = reply.status === 200 && reply.body.status === "assigned" && !reply.body.replayed;
    if (!isNew || reply.body.guide?.id !== guide || known.some((entry) => entry.id === id)) return [];
    const outcome = { status: "assigned", proved: true, doubtful: false } as const;
    entries.push({ ...caller, id, guide, ...outcome, replaces, fresh: true, keyRef, body, joined: [] });
    if (keyRef !== undefined) next.keys[keyRef] = { order, index: entries.length - 1, body };
    return [next];
  }
  entries.push({
    ...caller,
    id: command.seenId,
    guide,
    status: "failed",
    proved: false,
    doubtful: false,
    replaces,
    fresh: true,
    keyRef,
    body,
    joined: [],
  });
  return when(isProblem(reply, 422, "upstream_rejected"), next);
}

const when = (fits: boolean, world: World): World[] => (fits ? [world] : []);

const isProblem = ({ status, body }: Reply, expectedStatus: number, code: string) =>
  status === expectedStatus && body.code === code;

const isReplay = ({ status, body }: Reply, entry: Entry) =>
  status === 200 &&
  body.status === "assigned" &&
  body.replayed === true &&
  body.id === entry.id &&
  body.guide?.id === entry.guide;

/** Who may replace it learns the id, its shop learns the guide, another partner or sub-merchant learns neither. */
function isConflict(reply: Reply, caller: Caller, newest: Entry | undefined): boolean {
  if (!isProblem(reply, 409, "already_assigned")) return false;
  const { current } = reply.body;
  if (newest === undefined || !holds(newest)) return current === undefined;
  if (!isOfShop(caller, newest)) return current?.id === undefined && current?.guide === undefined;
  return current?.guide?.id === newest.guide && current?.id === (sees(caller, newest) ? newest.id : undefined);
}

/**
 * @param sends what the platform has seen so far, by order: more than one course of things may explain the same answers
 * @returns a world in which some order of the calls explains every answer and every send, or undefined
 */
export function explainRound(
  world: World,
  calls: readonly { command: Command; reply: Reply }[],
  sends: ReadonlyMap<string, number>,
): World | undefined {
  const [found] = search([world], calls, sends);
  if (!found) return undefined;
  for (const entry of Object.values(found.entries).flat()) entry.fresh = false;
  return found;
}

function search(
  worlds: World[],
  left: readonly { command: Command; reply: Reply }[],
  sends: ReadonlyMap<string, number>,
): World[] {
  if (left.length === 0) {
    return worlds.filter((world) => {
      const entries = Object.values(world.entries).flat();
      const orders = new Set([...Object.keys(world.sends), ...sends.keys()]);
      const heard = [...orders].every((order) => (world.sends[order] ?? 0) === (sends.get(order) ?? 0));
      return heard && entries.every(({ status }) => status !== "pending");
    });
  }
  for (const [index, { command, reply }] of left.entries()) {
    const rest = left.toSpliced(index, 1);
    const found = search(
      worlds.flatMap((world) => explain(world, command, reply)),
      rest,
      sends,
    );
    if (found.length > 0) return found;
  }
  return [];
}
