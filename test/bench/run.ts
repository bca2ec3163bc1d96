/**
 * `npm run bench [-- --quick] [--memory] [--ledger] [--rows N] [--json FILE] [--markdown FILE]`: our edge beside the
 * floor and the peers, one machine, one upstream stub on loopback. `--quick`: fewer and smaller rounds, without memory
 * (`--rows`: up to so many assignments) and without the cost as the ledger grows, unless `--memory` or `--ledger` asks
 * for them. Needs Linux: CPU time and memory come from /proc.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { buildWorker } from "../../tools/build-worker.ts";
import { gzipSize } from "../../tools/gzip-size.ts";
import { type Contender, type ContenderName, contenderNames, createFixture } from "./fixture.ts";
import { ledgerRowsSteps, measureLedgerRows } from "./ledger-rows.ts";
import { measureLiveHeap } from "./live-heap.ts";
import {
  cpuModel,
  measureColdStart,
  measureGrowth,
  measureRounds,
  type Sizes,
  signaturesPerSecond,
} from "./measure.ts";
import { jsonOf, type Run, reportOf } from "./report.ts";
import { measureStartup } from "./startup.ts";

/** assignments after which the heap is looked at: what one keeps would show between them */
const liveHeapSteps = [1_000, 10_000, 30_000];
/** as many as the budget for memory asks for */
const defaultRows = "100000";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    memory: { type: "boolean", default: false },
    ledger: { type: "boolean", default: false },
    rows: { type: "string", default: defaultRows },
    json: { type: "string" },
    markdown: { type: "string" },
  },
});

const sizes: Sizes = options.quick
  ? { rounds: 3, calls: 1000, pacedCalls: 500 }
  : { rounds: 9, calls: 2000, pacedCalls: 1000 };
const note = (text: string) => console.error(text);

const { gzipBytes: workerGzip } = await buildWorker();
const fixture = await createFixture();
try {
  const run = await measure();
  const report = reportOf(run);
  console.log(report);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(jsonOf(run), null, 2)}\n`);
  if (options.markdown !== undefined) writeFileSync(options.markdown, `${report}\n`);
} finally {
  await fixture.stop();
}

async function measure(): Promise<Run> {
  const contenders: Contender[] = [];
  for (const name of contenderNames) contenders.push(await fixture.start(name));
  const { ratePerSecond, figures } = await measureRounds(fixture, contenders, sizes, note);
  const of = (name: ContenderName) => {
    const contender = contenders.find((candidate) => candidate.name === name);
    const found = contender && figures.get(contender);
    if (!contender || !found) throw new TypeError(`${name} was not measured`);
    return { contender, figures: found };
  };
  const signs = await signaturesPerSecond(of("floor").contender, 5000);
  for (const { worker } of contenders) await worker.stop();
  const coldStart = {
    edge: await measureColdStart(fixture, "edge", sizes.rounds),
    floor: await measureColdStart(fixture, "floor", sizes.rounds),
  };
  const withMemory = !options.quick || options.memory;
  const growth = withMemory ? await grow(Number(options.rows)) : undefined;
  const liveHeap = withMemory ? await measureLiveHeap(fixture, liveHeapSteps, note) : undefined;
  const ledgerRows =
    options.quick && !options.ledger
      ? undefined
      : await measureLedgerRows(fixture, ledgerRowsSteps, sizes.rounds, note);
  const elementGzip = elementSize();
  const elementStartup =
    elementGzip === undefined ? undefined : await measureStartup({ rounds: sizes.rounds, slowdown: 6 });
  return {
    command: commandOf(),
    machine: `${cpus().length} × ${cpuModel()}, Linux`,
    versions: versions(),
    sizes,
    ratePerSecond,
    contenders: {
      edge: of("edge").figures,
      floor: of("floor").figures,
      "axios-plugin": of("axios-plugin").figures,
      "node-v3": of("node-v3").figures,
    },
    signaturesPerSecond: signs,
    coldStart,
    workerGzip,
    ...(growth && { growth }),
    ...(liveHeap && { liveHeap }),
    ...(ledgerRows && { ledgerRows }),
    ...(elementGzip !== undefined && { elementGzip }),
    ...(elementStartup && { elementStartup }),
  };
}

/** A ledger of its own, so that the first point is an empty one. */
async function grow(rows: number) {
  const steps = [1_000, 10_000, 100_000, 1_000_000].filter((step) => step <= rows);
  const contender = await fixture.start("edge");
  const points = await measureGrowth(fixture, contender, steps, note);
  await contender.worker.stop();
  return points;
}

/** What changes the figures; where they are written to does not. */
function commandOf(): string {
  const flags = (["quick", "memory", "ledger"] as const).filter((name) => options[name]).map((name) => `--${name}`);
  if (options.rows !== defaultRows) flags.push(`--rows ${options.rows}`);
  return ["npm run bench", ...(flags.length > 0 ? ["--", ...flags] : [])].join(" ");
}

interface Manifest {
  version: string;
  dependencies: Record<"workerd", string>;
  devDependencies: Record<"wechatpay-axios-plugin" | "wechatpay-node-v3", string>;
}

function manifest(): Manifest {
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as Manifest;
}

/** Exact, since package.json pins them so. */
function versions(): Run["versions"] {
  const { version, dependencies, devDependencies } = manifest();
  return {
    "staff-assign": version,
    workerd: dependencies.workerd,
    node: process.versions.node,
    "wechatpay-axios-plugin": devDependencies["wechatpay-axios-plugin"],
    "wechatpay-node-v3": devDependencies["wechatpay-node-v3"],
  };
}

/** bytes; absent while no element is built */
function elementSize(): number | undefined {
  const file = new URL(`../../dist/assets/v${manifest().version}/staff-assign.js`, import.meta.url);
  return existsSync(file) ? gzipSize(readFileSync(file)) : undefined;
}
