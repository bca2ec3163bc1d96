/** What a start-up cost: read from Chromium's trace, and told as a table. Pure. */
import type { Spread } from "./statistics.ts";

/** A complete event of the trace; times in microseconds. */
export interface TraceEvent {
  name: string;
  ts: number;
  dur?: number;
  /** what of `dur` the thread was running */
  tdur?: number;
  pid: number;
  tid: number;
  args?: { data?: { url?: string } };
}

export interface Round {
  scriptEvaluationMs: number;
  longestTaskMs: number;
  readyMs: number;
}

/** What the platform calls a long task. */
export const longTaskMs = 50;

export interface Startup {
  rounds: number;
  /** by which the processor is slowed down */
  slowdown: number;
  /** thread time of compiling and running the script, first rendering included */
  scriptEvaluationMs: Spread;
  longestTaskMs: Spread;
  /** from the start of navigation to `staff-assign-ready`, server on loopback */
  readyMs: Spread;
  /** rounds in which a task took longer than 50 ms */
  roundsWithLongTask: number;
}

/**
 * Time of the page's main thread, so that what else the machine does counts for little; the slowed-down processor is in
 * it. The longest task is sought from the start of the script on.
 * @throws Error when the trace does not hold the script
 */
export function roundOf(events: readonly TraceEvent[], readyMs: number): Round {
  const script = events.find(
    ({ name, args }) => name === "EvaluateScript" && args?.data?.url?.endsWith("/staff-assign.js"),
  );
  if (!script) throw new Error("the trace does not hold the script");
  const { ts, pid, tid } = script;
  const tasks = events
    .filter((event) => event.name === "RunTask" && event.pid === pid && event.tid === tid)
    .filter((event) => event.ts + (event.dur ?? 0) > ts);
  return { scriptEvaluationMs: threadMs(script), longestTaskMs: Math.max(...tasks.map(threadMs)), readyMs };
}

const threadMs = ({ tdur, dur }: TraceEvent) => (tdur ?? dur ?? 0) / 1000;

const cell = ({ median, min, max }: Spread) => `${median.toFixed(1)} (${min.toFixed(1)}–${max.toFixed(1)})`;

/** Markdown. */
export function startupReport(startup: Startup): string {
  const { rounds, slowdown, roundsWithLongTask, longestTaskMs, scriptEvaluationMs, readyMs } = startup;
  const longest = longestTaskMs.max.toFixed(1);
  return [
    `Start-up of the element, processor slowed down ${slowdown} times, ${rounds} rounds, each with an empty cache; main-thread time except the last row; median (min–max).`,
    [
      "| what | ms |",
      "| --- | --- |",
      `| compiling and running the script, first rendering included | ${cell(scriptEvaluationMs)} |`,
      `| longest task | ${cell(longestTaskMs)} |`,
      `| from navigation to \`staff-assign-ready\`, elapsed | ${cell(readyMs)} |`,
    ].join("\n"),
    roundsWithLongTask === 0
      ? `No task took longer than ${longTaskMs} ms; the longest took ${longest} ms.`
      : `A task took longer than ${longTaskMs} ms in ${roundsWithLongTask} of ${rounds} rounds; the longest took ${longest} ms.`,
  ].join("\n\n");
}
