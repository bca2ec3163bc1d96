/** What a run is held against. Pure. */
import type { Run } from "./report.ts";

export interface Budget {
  meaning: string;
  /** absent: not measured in this run */
  measured: number | undefined;
  /** the measured figure may not be below, or above */
  side: "least" | "most";
  must: number;
  aim?: number;
  digits: number;
}

/**
 * The rate at which latencies are taken, of what the slowest contender carries. A fixed number of calls per second would
 * leave one machine idle and overload another, where a latency tells the length of the queue and nothing else.
 */
export const loadShare = 0.5;

/** Ratios as the budgets name them: of medians. */
export function ratiosOf({ contenders, growth }: Pick<Run, "contenders" | "growth">) {
  const cpu = (name: keyof Run["contenders"]) => contenders[name].cpuMsPerAssignment.median;
  const memory = (assignments: number) => growth?.find((point) => point.assignments === assignments)?.residentMiB;
  const few = memory(10_000);
  const many = memory(100_000);
  return {
    cpuVsFloor: cpu("floor") / cpu("edge"),
    cpuVsPeer: Math.min(cpu("axios-plugin"), cpu("node-v3")) / cpu("edge"),
    p99VsFloor: contenders.edge.p99Ms.median / contenders.floor.p99Ms.median,
    memoryGrowth: few === undefined || many === undefined ? null : many / few,
  };
}

export function budgetsOf(run: Run): Budget[] {
  const { cpuVsFloor, cpuVsPeer, p99VsFloor, memoryGrowth } = ratiosOf(run);
  const ratio = { digits: 2 };
  const bytes = { side: "most", digits: 0 } as const;
  return [
    {
      ...ratio,
      meaning: "CPU per assignment, floor ÷ ours (`cpuVsFloor`)",
      measured: cpuVsFloor,
      side: "least",
      must: 0.75,
      aim: 0.85,
    },
    {
      ...ratio,
      meaning: "CPU per assignment, best peer ÷ ours (`cpuVsPeer`)",
      measured: cpuVsPeer,
      side: "least",
      must: 0.8,
      aim: 1,
    },
    {
      ...ratio,
      meaning: "p99 at equal load, ours ÷ floor (`p99VsFloor`)",
      measured: p99VsFloor,
      side: "most",
      must: 1.5,
      aim: 1.2,
    },
    {
      ...ratio,
      meaning: "memory after 100 000 assignments ÷ after 10 000 (`memoryGrowth`)",
      measured: memoryGrowth ?? undefined,
      side: "most",
      must: 1.1,
    },
    {
      ...bytes,
      meaning: "element, all in, gzip bytes (`elementGzip`)",
      measured: run.elementGzip,
      must: 15_000,
      aim: 13_000,
    },
    {
      ...bytes,
      meaning: "Worker, gzip bytes (`workerGzip`)",
      measured: run.workerGzip,
      must: 100_000,
      aim: 60_000,
    },
  ];
}

export function verdictOf({ measured, side, must, aim }: Budget): string {
  if (measured === undefined) return "not measured";
  const reaches = (limit: number) => (side === "least" ? measured >= limit : measured <= limit);
  if (!reaches(must)) return "**not met**";
  return aim === undefined ? "met" : reaches(aim) ? "met, aim too" : "met, aim not";
}

/** For example `≥ 0.75`. */
export const limitOf = ({ side, digits }: Budget, limit: number | undefined): string =>
  limit === undefined ? "" : `${side === "least" ? "≥" : "≤"} ${limit.toFixed(digits)}`;
