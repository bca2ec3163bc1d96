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
  args?: { data?: { url?: string }; beginData?: { url?: string } };
}

/** Milliseconds of the page's main thread. */
export interface Round {
  scriptMs: number;
  /** the longest task that lays out or paints */
  frameMs: number;
  longestTaskMs: number;
}

/** What the platform calls a long task. */
export const longTaskMs = 50;

export interface Figures {
  /** running the script file as the page loads it */
  scriptMs: Spread;
  frameMs: Spread;
  longestTaskMs: Spread;
  /** rounds in which a task took longer than 50 ms */
  roundsWithLongTask: number;
}

export interface Startup {
  rounds: number;
  /** by which the processor is slowed down */
  slowdown: number;
  element: Figures;
  /** what this machine takes to show the same words in plain HTML, beside an element that does nothing */
  floor: Figures;
  /** from the start of navigation to `staff-assign-ready`, server on loopback */
  readyMs: Spread;
}

/**
 * Time of the page's main thread from its first line on, so that what else the machine does counts for less; the
 * slowed-down processor is in it.
 * @param page its whole address
 * @throws Error when the trace does not hold the page or its script
 */
export function roundOf(events: readonly TraceEvent[], page: string): Round {
  const parsing = events.find(({ name, args }) => name === "ParseHTML" && args?.beginData?.url === page);
  if (!parsing) throw new Error("the trace does not hold the page");
  const { ts, pid, tid } = parsing;
  const ofPage = events.filter((event) => event.pid === pid && event.tid === tid && event.ts + (event.dur ?? 0) > ts);
  const script = ofPage.find(({ name, args }) => name === "EvaluateScript" && args?.data?.url?.endsWith(".js"));
  if (!script) throw new Error("the trace does not hold the script");
  const tasks = ofPage.filter(({ name }) => name === "RunTask");
  const frames = tasks.filter((task) =>
    ofPage.some(({ name, ts }) => /^(Layout|Paint)$/.test(name) && isWithin(task, ts)),
  );
  const longest = (some: readonly TraceEvent[]) => Math.max(0, ...some.map(threadMs));
  return { scriptMs: threadMs(script), frameMs: longest(frames), longestTaskMs: longest(tasks) };
}

const isWithin = ({ ts, dur }: TraceEvent, time: number) => ts <= time && time <= ts + (dur ?? 0);

const threadMs = ({ tdur, dur }: TraceEvent) => (tdur ?? dur ?? 0) / 1000;

const cell = ({ median, min, max }: Spread) => `${median.toFixed(1)} (${min.toFixed(1)}–${max.toFixed(1)})`;

/** Markdown. */
export function startupReport({ rounds, slowdown, element, floor, readyMs }: Startup): string {
  const row = (what: string, name: "scriptMs" | "frameMs" | "longestTaskMs") =>
    `| ${what} | ${cell(element[name])} | ${cell(floor[name])} |`;
  return [
    `Start-up of the element, processor slowed down ${slowdown} times, ${rounds} interleaved rounds, each with an empty cache; milliseconds of the main thread except the last row; median (min–max).`,
    [
      "| what | the element | the same words in plain HTML, beside an element that does nothing |",
      "| --- | --- | --- |",
      row("running the script", "scriptMs"),
      row("longest task of style, layout and paint", "frameMs"),
      row("longest task", "longestTaskMs"),
      `| tasks over ${longTaskMs} ms | in ${element.roundsWithLongTask} of ${rounds} rounds | in ${floor.roundsWithLongTask} of ${rounds} rounds |`,
      `| from navigation to \`staff-assign-ready\`, elapsed | ${cell(readyMs)} | |`,
    ].join("\n"),
  ].join("\n\n");
}
