import assert from "node:assert/strict";
import { test } from "node:test";
import {
  holdsOrder,
  isOpen,
  type State,
  type StateEvent,
  states,
  statesOf,
  statusOf,
  transition,
} from "../../../edge/ledger/state.ts";

/** Written out from docs/storage.md, not from the code: from, event, to. */
const allowed: [State, StateEvent, State][] = [
  ["intent", "send", "sending"],
  ["intent", "replaced", "superseded"],
  ["intent", "time-over", "given-up"],
  ["sending", "proved", "assigned"],
  ["sending", "refused", "rejected"],
  ["sending", "not-sent", "intent"],
  ["sending", "no-answer", "unknown"],
  ["unknown", "send", "sending"],
  ["unknown", "replaced", "superseded"],
  ["unknown", "time-over", "given-up"],
  ["assigned", "replaced", "superseded"],
];
const events: StateEvent[] = ["send", "proved", "refused", "not-sent", "no-answer", "replaced", "time-over"];

test("every step that the table does not have is refused, so no state can be skipped", () => {
  for (const from of states) {
    for (const event of events) {
      const step = allowed.find(([state, name]) => state === from && name === event);
      if (step) assert.equal(transition(from, event), step[2], `${from} ${event}`);
      else assert.throws(() => transition(from, event), TypeError, `${from} ${event}`);
    }
  }
});

test("a send in flight can be neither replaced nor given up", () => {
  assert.throws(() => transition("sending", "replaced"), TypeError);
  assert.throws(() => transition("sending", "time-over"), TypeError);
});

test("assigned is reached from sending alone, by proof alone", () => {
  const ways = states.flatMap((from) =>
    events.filter((event) => reaches(from, event, "assigned")).map((event) => [from, event]),
  );
  assert.deepEqual(ways, [["sending", "proved"]]);
});

test("only open assignments and assigned ones hold their order", () => {
  assert.deepEqual(states.filter(holdsOrder), ["intent", "sending", "unknown", "assigned"]);
  assert.deepEqual(states.filter(isOpen), ["intent", "sending", "unknown"]);
});

test("each state has one public status and each status its states", () => {
  assert.deepEqual(statesOf("pending"), ["intent", "sending", "unknown"]);
  assert.deepEqual(statesOf("assigned"), ["assigned"]);
  assert.deepEqual(statesOf("failed"), ["rejected", "given-up"]);
  assert.deepEqual(statesOf("superseded"), ["superseded"]);
  assert.equal(statusOf("given-up"), "failed");
});

function reaches(from: State, event: StateEvent, to: State): boolean {
  try {
    return transition(from, event) === to;
  } catch {
    return false;
  }
}
