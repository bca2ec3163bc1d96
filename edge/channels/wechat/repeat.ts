/**
 * Repeats a call that has no ledger behind it, within one budget. Waits double and are jittered, so that tills that
 * failed together do not come back together; what the platform asks for with Retry-After is kept or the call ends. It
 * never shortens a wait of ours: a 0, or a date that has passed by our clock, would leave nothing between the attempts.
 */
import { ok, type Result } from "../../problem.ts";
import type { ChannelRuntime } from "../channel.ts";
import type { Outcome } from "./answer.ts";
import { fairWaitMs } from "./client.ts";

/** As long as a page waits for an assignment before it is told "pending". */
export const callBudgetMs = 8_000;
const firstWaitMs = 250;
const maxWaitMs = 2_000;

/** What waits between attempts; tests give a clock of their own. */
export interface WechatRuntime extends ChannelRuntime {
  sleep?: (milliseconds: number) => Promise<void>;
}

export type Success = Extract<Outcome, { kind: "ok" }>;

/** @param attempt signs anew each time; an encrypted body is made outside of it, so that it stays the same */
export async function repeatWithin(
  deadline: number,
  { now, random, sleep = wait }: WechatRuntime,
  attempt: () => Promise<Outcome>,
): Promise<Result<Success>> {
  for (let count = 1; ; count++) {
    const outcome = await attempt();
    if (outcome.kind === "ok") return ok(outcome);
    if (outcome.kind === "rejected") return { ok: false, failure: outcome.failure };
    const pauseMs = Math.max(backoffMs(count, random()), outcome.retryAfterMs ?? 0);
    // A send that nobody waits for would hide what the platform said behind a timeout, and may yet be executed.
    if (now() + pauseMs + fairWaitMs > deadline) return { ok: false, failure: outcome.failure };
    await sleep(pauseMs);
  }
}

/** 50 to 100 % of 250 ms, doubling up to 2 s. */
export const backoffMs = (count: number, random: number) =>
  Math.min(maxWaitMs, firstWaitMs * 2 ** (count - 1)) * (0.5 + random / 2);

const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
