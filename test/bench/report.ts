/** The figures of a run as Markdown, for the terminal and for docs/benchmarks.md, and as JSON for programs. Pure. */
import { budgetsOf, limitOf, loadShare, ratiosOf, verdictOf } from "./budgets.ts";
import type { ContenderName } from "./fixture.ts";
import type { LedgerRowsPoint } from "./ledger-rows.ts";
import type { LiveHeapPoint } from "./live-heap.ts";
import type { ColdStart, ContenderFigures, GrowthPoint, Sizes } from "./measure.ts";
import { type Startup, startupReport } from "./startup-figures.ts";
import type { Spread } from "./statistics.ts";

export interface Run {
  command: string;
  machine: string;
  /** of what was measured and of what it ran on */
  versions: Record<"staff-assign" | "workerd" | "node" | "wechatpay-axios-plugin" | "wechatpay-node-v3", string>;
  sizes: Sizes;
  /** at which latencies were taken, of the rounds */
  ratePerSecond: Spread;
  contenders: Record<ContenderName, ContenderFigures>;
  signaturesPerSecond: number;
  growth?: GrowthPoint[];
  liveHeap?: LiveHeapPoint[];
  ledgerRows?: LedgerRowsPoint[];
  coldStart: Record<"edge" | "floor", ColdStart>;
  elementGzip?: number;
  elementStartup?: Startup;
  workerGzip: number;
}

const titles: Record<ContenderName, string> = {
  edge: "staff-assign",
  floor: "floor",
  "axios-plugin": "wechatpay-axios-plugin",
  "node-v3": "wechatpay-node-v3",
};

export function jsonOf(run: Run) {
  const throughput = Object.fromEntries(
    Object.entries(run.contenders).map(([name, figures]) => [name, figures.assignmentsPerSecond.median]),
  );
  return {
    ...ratiosOf(run),
    throughput,
    ledgerRows:
      run.ledgerRows?.map(({ cpuMsPerAssignment: { median, min, max }, ...point }) => ({
        ...point,
        cpuMsPerAssignment: median,
        cpuMsMin: min,
        cpuMsMax: max,
      })) ?? null,
    elementGzip: run.elementGzip ?? null,
    elementStartup: run.elementStartup ?? null,
    workerGzip: run.workerGzip,
    details: run,
  };
}

/** Markdown of a whole page. */
export function reportOf(run: Run): string {
  const sections = [
    introduction(run),
    "## Budgets",
    budgetTable(run),
    "## Contenders",
    contenderList(run),
    "## CPU, throughput and latency",
    figureTable(run),
    ...(run.growth ? ["## Memory as assignments are made", growthTable(run.growth)] : []),
    ...(run.liveHeap ? [liveHeapTable(run.liveHeap)] : []),
    ...(run.ledgerRows ? ["## Cost as the ledger grows", ledgerRowsTable(run.ledgerRows)] : []),
    "## Cold start",
    coldStartTable(run),
    "## The element",
    ...elementSections(run),
  ];
  return ["# Benchmarks", ...sections].join("\n\n");
}

function introduction({ command, machine, versions, sizes, ratePerSecond }: Run): string {
  return `Written by \`${command}\` (\`--markdown FILE\` writes this page, \`--json FILE\` the figures). staff-assign ${versions["staff-assign"]} on ${machine}, workerd ${versions.workerd}, Node ${versions.node}.

Everything runs on one machine: each contender, the load generator (16 connections, every order a new one) and the upstream stub, which answers 204 with a signature of its own each time, are processes of their own and talk over loopback. ${sizes.rounds} interleaved rounds, each of ${sizes.calls} assignments as fast as the answers come (CPU, throughput) and ${sizes.pacedCalls} at ${spread(ratePerSecond, 0)} a second (latency, counted from when a call was due): in a round the same rate for all, ${percent(loadShare)} of what the slowest of them has just carried. CPU is user and system time of the contender's process, from \`/proc\`. Figures are median (min–max) of the rounds, ratios are of medians: they carry over to another machine better than milliseconds do.`;
}

function budgetTable(run: Run): string {
  return table(
    ["figure", "measured", "budget", "aim", "verdict"],
    budgetsOf(run).map((budget) => [
      budget.meaning,
      budget.measured?.toFixed(budget.digits) ?? "–",
      limitOf(budget, budget.must),
      limitOf(budget, budget.aim),
      verdictOf(budget),
    ]),
  );
}

function contenderList({ versions }: Run): string {
  return [
    `- **${titles.edge}**: the Worker that is deployed, on bare workerd, ledger on local disk, every guarantee on: session, budgets, a commit before each send, audit chain, verified answers.`,
    `- **${titles.floor}**: a Worker on bare workerd that signs, sends and verifies, and nothing else. What staff-assign costs above it is the price of the guarantees.`,
    `- **${titles["axios-plugin"]}** ${versions["wechatpay-axios-plugin"]} behind \`node:http\`: signs and verifies by itself; no session, no ledger.`,
    `- **${titles["node-v3"]}** ${versions["wechatpay-node-v3"]} behind \`node:http\`: its signing and verifying around the HTTP client that it brings, since it has no call for this interface; no session, no ledger.`,
  ].join("\n");
}

function figureTable({ contenders, signaturesPerSecond }: Run): string {
  const figures = table(
    ["contender", "CPU ms per assignment", "assignments/s", "p50 ms", "p99 ms"],
    Object.entries(contenders).map(([name, figures]) => [
      titles[name as ContenderName],
      spread(figures.cpuMsPerAssignment, 2),
      spread(figures.assignmentsPerSecond, 0),
      spread(figures.p50Ms, 1),
      spread(figures.p99Ms, 1),
    ]),
  );
  const each = (1000 / signaturesPerSecond).toFixed(2);
  return `${figures}\n\nThe physical limit: workerd makes ${signaturesPerSecond.toFixed(0)} RSA-2048 signatures per second of CPU time, so ${each} ms of every assignment are its signature.`;
}

function growthTable(growth: readonly GrowthPoint[]): string {
  const figures = table(
    ["assignments made by one process", "CPU ms per assignment", "memory MiB"],
    growth.map((point) => [
      count(point.assignments),
      point.cpuMsPerAssignment.toFixed(2),
      point.residentMiB.toFixed(0),
    ]),
  );
  return `One process and one ledger, from empty, without a pause. CPU is of the last assignments before each step, at most 5000.\n\n${figures}`;
}

function liveHeapTable(points: readonly LiveHeapPoint[]): string {
  const figures = table(
    ["assignments made by one process", "V8 heap in use, MiB", "of it alive, MiB"],
    points.map((point) => [count(point.assignments), point.usedMiB.toFixed(1), point.liveMiB.toFixed(1)]),
  );
  return `What of it is alive, in another process that is told to collect garbage at each step. The rest of the growth above waits for the collector.\n\n${figures}`;
}

function ledgerRowsTable(points: readonly LedgerRowsPoint[]): string {
  const figures = table(
    ["rows in one ledger", "CPU ms per assignment", "memory MiB", "file MiB"],
    points.map((point) => [
      count(point.rows),
      spread(point.cpuMsPerAssignment, 2),
      point.residentMiB.toFixed(0),
      point.fileMiB.toFixed(1),
    ]),
  );
  const [least, most] = [points.at(0), points.at(-1)];
  const ratio =
    least && most && least !== most
      ? `\n\nAn assignment in the ledger of ${count(most.rows)} rows costs ${(most.cpuMsPerAssignment.median / least.cpuMsPerAssignment.median).toFixed(2)} times what it costs in that of ${count(least.rows)}.`
      : "";
  return `One process and one ledger for each number of rows, in interleaved rounds. Each ledger begins with real assignments; then the process is stopped, older rows are written into the table \`assignments\` of its SQLite file, and the process is started again, where a call with another guide for one of these orders must get 409 \`already_assigned\`. The audit table is left as it is and holds the real assignments only: it is appended to by number and not searched by an assignment. The orders of the measured calls lie at random among those of the ledger. The files are warm in the page cache.\n\n${figures}${ratio}`;
}

function coldStartTable({ coldStart }: Run): string {
  return table(
    ["contender", "first answer after listening, ms", "CPU ms of the process until then"],
    (["edge", "floor"] as const).map((name) => [
      titles[name],
      spread(coldStart[name].wallMs, 0),
      spread(coldStart[name].cpuMs, 0),
    ]),
  );
}

function elementSections({ elementGzip, elementStartup }: Run): string[] {
  if (elementGzip === undefined) return ["Not measured: it was not built (`npm run build`)."];
  const size = `\`staff-assign.js\`, all in: ${elementGzip} bytes gzip.`;
  return elementStartup ? [size, startupReport(elementStartup)] : [size];
}

const spread = ({ median, min, max }: Spread, digits: number) =>
  `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const percent = (share: number) => `${Math.round(share * 100)} %`;

/** With a space between thousands. */
const count = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, " ");
