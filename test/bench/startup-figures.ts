/** What a start-up cost: read from Chromium's trace, and told as a table. Pure. */
import type { Spread } from "./statistics.ts";

/** An event of the trace; times in microseconds. */
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

/** The mark that a page sets when the element, or the same words in plain HTML, begin to cost it something. */
export const beginsMark = "startup-begins";

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

/** What the words come to: nothing, so that they are the page's first, or a till that shows words of its own. */
export const pageNames = ["empty", "till"] as const;
export type PageName = (typeof pageNames)[number];

export interface Startup {
  rounds: number;
  /** by which the processor is slowed down */
  slowdown: number;
  pages: Record<PageName, PageFigures>;
}

export interface PageFigures {
  element: Figures;
  /** what this machine takes to show the same words in plain HTML, beside an element that does nothing */
  floor: Figures;
}

/**
 * Time of the page's main thread from the mark on, with the task that sets it; what else the machine does counts for less so. The
 * slowed-down processor is in it.
 * @throws Error when the trace does not hold the mark or the script
 */
export function roundOf(events: readonly TraceEvent[]): Round {
  const begins = events.find(({ name }) => name === beginsMark);
  if (!begins) throw new Error("the trace does not hold the page");
  const { ts, pid, tid } = begins;
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
export function startupReport({ rounds, slowdown, pages }: Startup): string {
  const columns = pageNames.flatMap((name) => [pages[name].element, pages[name].floor]);
  const row = (what: string, told: (figures: Figures) => string) => `| ${[what, ...columns.map(told)].join(" | ")} |`;
  return [
    `Start-up of the element, processor slowed down ${slowdown} times, ${rounds} interleaved rounds, each with an empty cache; milliseconds of the main thread; median (min–max). An empty page is one whose first words are these; a till's page has shown Chinese words of its own before the script is loaded. Plain HTML is the same words beside an element that does nothing.`,
    [
      "| what | the element, empty page | plain HTML, empty page | the element, a till's page | plain HTML, a till's page |",
      "| --- | --- | --- | --- | --- |",
      row("running the script", ({ scriptMs }) => cell(scriptMs)),
      row("longest task of style, layout and paint", ({ frameMs }) => cell(frameMs)),
      row("longest task", ({ longestTaskMs }) => cell(longestTaskMs)),
      row(`tasks over ${longTaskMs} ms`, ({ roundsWithLongTask }) => `in ${roundsWithLongTask} of ${rounds} rounds`),
    ].join("\n"),
  ].join("\n\n");
}
