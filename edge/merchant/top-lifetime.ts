/**
 * The life of one TOP session, as pure functions of time: when to refresh it, when to warn that it ends, when to look
 * again. Trade-off: a session whose end nobody told is not watched; the platform's refusal is then the first sign.
 */

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** Times are epoch milliseconds. */
export interface SessionLife {
  /** 0: configured, nobody told when it began */
  obtainedAt: number;
  expiresAt?: number;
  /** there is a refresh token, and the platform has not refused it for good */
  refreshable: boolean;
  refusedAt?: number;
  /** refreshes that failed in a row */
  failed?: { at: number; count: number };
  /** the last warning given, in days before the end */
  warnedDays?: number;
}

/** `unknown`: nobody told when it ends. `refused`: the platform did not accept it within the last hour. */
export type SessionState = "ok" | "unknown" | "expiring" | "expired" | "refused";

/** Days ahead of the end at which an operator is told: time to plan, to act, to hurry. */
const warningDays = [30, 7, 1] as const;
/** A refresh comes when a third of the lifetime is left, a week ahead at most and an hour ahead at least. */
const earliestRefreshMs = 7 * dayMs;
const latestRefreshMs = hourMs;
/** Failed refreshes are repeated at doubling distance, and no session is refreshed again sooner than the first of it. */
const firstRetryMs = 5 * 60_000;
const longestRetryMs = 6 * hourMs;
/** A refusal says something about the present only. */
const refusalHoldsMs = hourMs;

export function stateOf(life: SessionLife, now: number): SessionState {
  if (life.refusedAt !== undefined && now - life.refusedAt < refusalHoldsMs) return "refused";
  if (life.expiresAt === undefined) return "unknown";
  if (life.expiresAt <= now) return "expired";
  return life.expiresAt - now <= warningDays[0] * dayMs && !renewsItself(life) ? "expiring" : "ok";
}

export function refreshAt(life: SessionLife): number | undefined {
  if (!life.refreshable) return undefined;
  if (life.failed) return life.failed.at + Math.min(firstRetryMs * 2 ** (life.failed.count - 1), longestRetryMs);
  const earliest = life.obtainedAt + firstRetryMs;
  if (life.refusedAt !== undefined) return Math.max(earliest, life.refusedAt);
  if (life.expiresAt === undefined) return undefined;
  // How long a configured session lives in all is not told; a day ahead is early enough for each type of app.
  const third = life.obtainedAt === 0 ? dayMs : (life.expiresAt - life.obtainedAt) / 3;
  return Math.max(earliest, life.expiresAt - Math.min(earliestRefreshMs, Math.max(latestRefreshMs, third)));
}

/** @returns the warning to give now, in days before the end, 0 once it is over; undefined when none is due */
export function dueWarning(life: SessionLife, now: number): number | undefined {
  if (life.expiresAt === undefined) return undefined;
  const left = life.expiresAt - now;
  if (left > 0 && renewsItself(life)) return undefined;
  const warning = left <= 0 ? 0 : warningDays.findLast((days) => left <= days * dayMs);
  return warning !== undefined && warning < lastWarning(life) ? warning : undefined;
}

/** @returns when there is something to do next: `now` when there is already, undefined when never */
export function nextDue(life: SessionLife, now: number): number | undefined {
  const refresh = refreshAt(life);
  if (dueWarning(life, now) !== undefined || (refresh !== undefined && refresh <= now)) return now;
  const { expiresAt } = life;
  const warnings = expiresAt === undefined ? [] : [...warningDays, 0].map((days) => expiresAt - days * dayMs);
  const ahead = [...(refresh === undefined ? [] : [refresh]), ...warnings].filter((at) => at > now);
  return ahead.length === 0 ? undefined : Math.min(...ahead);
}

const lastWarning = ({ warnedDays = Number.POSITIVE_INFINITY }: SessionLife) => warnedDays;

/** A session that is refreshed ahead of its end needs no warning, as long as the refresh works. */
const renewsItself = (life: SessionLife) => life.refreshable && life.failed === undefined;
