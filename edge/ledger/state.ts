/**
 * The state machine of an assignment. Pure: every change of state in the ledger goes through `transition`, which
 * refuses the steps that are not in the table, so that none can be skipped.
 *
 *   intent      on disk, certainly not sent
 *   sending     on disk before the send: after a crash it may have taken effect
 *   unknown     sent, no trustworthy answer; will be resolved in the background
 *   assigned    proved by the platform
 *   rejected    a definite no
 *   superseded  another guide was named in its place; never sent again
 *   given-up    not resolved in time
 */
import type { AssignmentStatus } from "../../shared/contract.ts";

export const states = ["intent", "sending", "unknown", "assigned", "rejected", "superseded", "given-up"] as const;
export type State = (typeof states)[number];

export type StateEvent = "send" | "proved" | "refused" | "not-sent" | "no-answer" | "replaced" | "time-over";

const table: Record<State, Partial<Record<StateEvent, State>>> = {
  intent: { send: "sending", replaced: "superseded", "time-over": "given-up" },
  sending: { proved: "assigned", refused: "rejected", "not-sent": "intent", "no-answer": "unknown" },
  unknown: { send: "sending", replaced: "superseded", "time-over": "given-up" },
  assigned: { replaced: "superseded" },
  rejected: {},
  superseded: {},
  "given-up": {},
};

/** @throws TypeError when the machine has no such step: a bug, never an input */
export function transition(from: State, event: StateEvent): State {
  const to = table[from][event];
  if (to === undefined) throw new TypeError(`an assignment that is ${from} cannot take the step ${event}`);
  return to;
}

/** Open assignments still hold their parameters and are worked on. */
export const isOpen = (state: State): boolean => state === "intent" || state === "sending" || state === "unknown";

/** The order belongs to this assignment: another guide is a conflict. */
export const holdsOrder = (state: State): boolean => isOpen(state) || state === "assigned";

export function statusOf(state: State): AssignmentStatus {
  switch (state) {
    case "intent":
    case "sending":
    case "unknown":
      return "pending";
    case "assigned":
      return "assigned";
    case "rejected":
    case "given-up":
      return "failed";
    case "superseded":
      return "superseded";
  }
}

/** The states that a status of the public contract stands for. */
export const statesOf = (status: AssignmentStatus): State[] => states.filter((state) => statusOf(state) === status);
