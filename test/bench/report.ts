/** The figures of a run as a table for the terminal and for docs/benchmarks.md, and as JSON for programs. Pure. */
import type { ContenderName } from "./fixture.ts";
import type { ColdStart, ContenderFigures, GrowthPoint, Sizes } from "./measure.ts";
import { type Startup, startupReport } from "./startup-figures.ts";
import type { Spread } from "./statistics.ts";

export interface Run {
  command: string;
  machine: string;
  sizes: Sizes;
  contenders: Record<ContenderName, ContenderFigures>;
  signaturesPerSecond: number;
  growth?: GrowthPoint[];
  coldStart: Record<"edge" | "floor", ColdStart>;
  elementGzip?: number;
  elementStartup?: Startup;
  workerGzip: number;
}

const titles: Record<ContenderName, string> = {
  edge: "staff-assign, all guarantees on",
  floor: "floor: signs, sends, verifies",
  "axios-plugin": "wechatpay-axios-plugin, node:http",
  "node-v3": "wechatpay-node-v3, node:http",
};

/** Ratios as the budgets name them: of medians. */
export function ratiosOf({ contenders, growth }: Pick<Run, "contenders" | "growth">) {
  const cpu = (name: ContenderName) => contenders[name].cpuMsPerAssignment.median;
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

export function jsonOf(run: Run) {
  const throughput = Object.fromEntries(
    Object.entries(run.contenders).map(([name, figures]) => [name, figures.assignmentsPerSecond.median]),
  );
  return {
    ...ratiosOf(run),
    throughput,
    elementGzip: run.elementGzip ?? null,
    elementStartup: run.elementStartup ?? null,
    workerGzip: run.workerGzip,
    details: run,
  };
}

const budgets: readonly [name: keyof ReturnType<typeof ratiosOf>, meaning: string, budget: string][] = [
  ["cpuVsFloor", "CPU per assignment, floor ÷ ours", "≥ 0.75 (aim 0.85)"],
  ["cpuVsPeer", "CPU per assignment, best peer ÷ ours", "≥ 0.80 (aim 1.0)"],
  ["p99VsFloor", "p99 at equal load, ours ÷ floor", "≤ 1.5 (aim 1.2)"],
  ["memoryGrowth", "memory after 100 000 assignments ÷ after 10 000", "≤ 1.1"],
];

const spread = ({ median, min, max }: Spread, digits: number) =>
  `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** Markdown. */
export function reportOf(run: Run): string {
  const ratios = ratiosOf(run);
  const { sizes, growth, coldStart } = run;
  const sections = [
    `${run.machine}. ${sizes.rounds} interleaved rounds of ${sizes.calls} assignments as fast as the answers come (CPU, throughput) and ${sizes.pacedCalls} at ${sizes.ratePerSecond} a second (latency); median (min–max).`,
    table(
      ["ratio", "measured", "budget"],
      budgets.map(([name, meaning, budget]) => [
        `${meaning} (\`${name}\`)`,
        ratios[name]?.toFixed(2) ?? "not measured",
        budget,
      ]),
    ),
    table(
      ["contender", "CPU ms per assignment", "assignments/s", "p50 ms", "p99 ms"],
      Object.entries(run.contenders).map(([name, figures]) => [
        titles[name as ContenderName],
        spread(figures.cpuMsPerAssignment, 2),
        spread(figures.assignmentsPerSecond, 0),
        spread(figures.p50Ms, 1),
        spread(figures.p99Ms, 1),
      ]),
    ),
    `RSA-2048 signatures per second of CPU time in workerd: ${run.signaturesPerSecond.toFixed(0)}, so ${(1000 / run.signaturesPerSecond).toFixed(2)} ms of every assignment.`,
    ...(growth
      ? [
          table(
            ["assignments in one ledger", "CPU ms per assignment", "memory MiB"],
            growth.map((point) => [
              String(point.assignments),
              point.cpuMsPerAssignment.toFixed(2),
              point.residentMiB.toFixed(0),
            ]),
          ),
        ]
      : []),
    table(
      ["start", "first answer after listening, ms", "CPU ms of the process until then"],
      (["edge", "floor"] as const).map((name) => [
        titles[name],
        spread(coldStart[name].wallMs, 0),
        spread(coldStart[name].cpuMs, 0),
      ]),
    ),
    `Sizes, gzip: Worker ${run.workerGzip} bytes${run.elementGzip === undefined ? "" : `, element ${run.elementGzip} bytes`}.`,
    ...(run.elementStartup ? [startupReport(run.elementStartup)] : []),
  ];
  return sections.join("\n\n");
}
