/** What the doctor says: one sentence for the operator, never holding a secret. */
import type { ChannelRuntime } from "../../edge/channels/channel.ts";
import type { Failure } from "../../edge/problem.ts";

export interface Finding {
  /** `error`: something cannot work. `warning`: it works, and should be mended. */
  level: "ok" | "warning" | "error";
  sentence: string;
}

export const dayMs = 86_400_000;
/** What ends within this many days, a session or a certificate, is told in time to renew it. */
export const warnDays = 30;

export const ok = (sentence: string): Finding => ({ level: "ok", sentence });
export const warning = (sentence: string): Finding => ({ level: "warning", sentence });
export const error = (sentence: string): Finding => ({ level: "error", sentence });

/** The failure's own sentence with the platform's code; a platform's text may quote what was sent, so it stays out. */
export function describeFailure({ code, detail, reason, upstream }: Failure): string {
  const marks = [code, reason, upstream?.code].filter((mark) => mark !== undefined);
  return `${detail ?? "No further detail."} (${marks.join(", ")})`;
}

/** The channels run as in the edge; their log lines are not the doctor's sentences. */
export const quietRuntime = (): ChannelRuntime => ({
  fetch,
  now: Date.now,
  random: Math.random,
  telemetry: { log: () => undefined, count: () => undefined },
});
