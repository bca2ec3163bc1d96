/** What a verdict makes of an assignment. Pure: the row before, the row after, and when to try again. */
import type { GuideReference, Verdict } from "../channels/channel.ts";
import type { Failure } from "../problem.ts";
import { newAssignmentId } from "./assignment-id.ts";
import { guideKey, guideView } from "./identity.ts";
import { nextAttemptAt } from "./schedule.ts";
import { transition } from "./state.ts";
import type { Row } from "./store.ts";

export interface Outcome {
  row: Row;
  /** epoch milliseconds; absent when the assignment has ended */
  nextAttemptAt?: number;
  /** the worker that a read-back found in our place, as an assignment of its own */
  observed?: Row;
}

/** @param row an assignment that is `sending`; its attempt has just ended with the verdict */
export function conclude(row: Row, verdict: Verdict, now: number, random: number, identityKey: Uint8Array): Outcome {
  switch (verdict.kind) {
    case "assigned":
      return {
        row: {
          ...row,
          state: transition(row.state, "proved"),
          assignedAt: now,
          uncertain: false,
          failure: undefined,
          upstreamRequestId: verdict.upstreamRequestId ?? row.upstreamRequestId,
        },
      };
    case "rejected":
      return { row: ended({ ...row, state: transition(row.state, "refused") }, verdict.failure) };
    case "unsent":
      return retry(row, verdict.failure, verdict.retryAfterMs, now, random);
    case "unknown":
      return retry({ ...row, uncertain: true }, verdict.failure, verdict.retryAfterMs, now, random);
    case "taken": {
      const failure: Failure = { code: "already_assigned", detail: "The platform shows another worker on this order" };
      return {
        row: ended({ ...row, uncertain: false, state: transition(row.state, "refused") }, failure),
        observed: observedRow(row, verdict.guide, verdict.upstreamRequestId, now, identityKey),
      };
    }
  }
}

function retry(row: Row, failure: Failure, retryAfterMs: number | undefined, now: number, random: number): Outcome {
  const state = transition(row.state, row.uncertain ? "no-answer" : "not-sent");
  const progress = {
    createdAt: row.createdAt,
    attempts: row.attempts,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
  const next = nextAttemptAt(progress, now, random);
  const waiting = { ...row, state, failure, upstreamRequestId: failure.upstream?.requestId ?? row.upstreamRequestId };
  return next === undefined ? { row: giveUp(waiting) } : { row: waiting, nextAttemptAt: next };
}

/** @param row open, with no send in flight */
export function giveUp(row: Row): Row {
  const code =
    row.uncertain && row.failure?.code !== "upstream_unavailable" ? "upstream_unverified" : "upstream_unavailable";
  const detail = row.uncertain
    ? "The platform gave no trustworthy answer in time; whether the assignment took effect is not known"
    : "The platform could not be reached in time; nothing was assigned";
  const { reason, upstream } = row.failure ?? {};
  const failure: Failure = { code, detail, ...(reason && { reason }), ...(upstream && { upstream }) };
  return ended({ ...row, state: transition(row.state, "time-over") }, failure);
}

/** A definite failure ends its idempotency key: the next call is a new attempt. */
const ended = (row: Row, failure: Failure): Row => ({
  ...row,
  failure,
  idempotencyKey: undefined,
  upstreamRequestId: failure.upstream?.requestId ?? row.upstreamRequestId,
});

function observedRow(
  row: Row,
  guide: GuideReference,
  upstreamRequestId: string | undefined,
  now: number,
  identityKey: Uint8Array,
): Row {
  return {
    ...row,
    id: newAssignmentId(now, row.id),
    guideKey: guideKey(guide, identityKey),
    guide: guideView(guide),
    fingerprint: "",
    idempotencyKey: undefined,
    replaces: undefined,
    state: "assigned",
    uncertain: false,
    attempts: 0,
    createdAt: now,
    assignedAt: now,
    failure: undefined,
    upstreamRequestId,
    observed: true,
  };
}
