/** The benchmark's report says plainly what missed its budget, and its JSON keeps the names that programs read. */
import assert from "node:assert/strict";
import { it } from "node:test";
import type { ContenderFigures } from "../bench/measure.ts";
import { jsonOf, type Run, reportOf } from "../bench/report.ts";

const exactly = (value: number) => ({ median: value, min: value, max: value });

const figures = (cpu: number, p99: number): ContenderFigures => ({
  cpuMsPerAssignment: exactly(cpu),
  assignmentsPerSecond: exactly(100),
  p50Ms: exactly(1),
  p99Ms: exactly(p99),
});

const run = (more: Partial<Run> = {}): Run => ({
  command: "npm run bench",
  machine: "1 × processor, Linux",
  versions: {
    "staff-assign": "1.2.3",
    workerd: "1.0.0",
    node: "24.0.0",
    "wechatpay-axios-plugin": "0.1.0",
    "wechatpay-node-v3": "0.2.0",
  },
  sizes: { rounds: 1, calls: 1, pacedCalls: 1 },
  ratePerSecond: exactly(1),
  contenders: {
    edge: figures(2, 30),
    floor: figures(1.5, 20),
    "axios-plugin": figures(4, 9),
    "node-v3": figures(1.8, 9),
  },
  signaturesPerSecond: 1000,
  coldStart: {
    edge: { wallMs: exactly(1), cpuMs: exactly(1) },
    floor: { wallMs: exactly(1), cpuMs: exactly(1) },
  },
  workerGzip: 100_001,
  ...more,
});

const verdictOf = (report: string, name: string) =>
  report
    .split("\n")
    .find((line) => line.includes(`(\`${name}\`)`))
    ?.split(" | ")
    .at(-1)
    ?.replace(" |", "");

it("a figure past its budget is not met, one on it is met, and one that was not taken is neither", () => {
  const report = reportOf(run());
  assert.equal(verdictOf(report, "workerGzip"), "**not met**");
  assert.equal(verdictOf(report, "cpuVsFloor"), "met, aim not");
  assert.equal(verdictOf(report, "p99VsFloor"), "met, aim not");
  assert.equal(verdictOf(report, "memoryGrowth"), "not measured");
  const slower = run().contenders;
  slower.edge = figures(2.001, 30.1);
  assert.equal(verdictOf(reportOf(run({ contenders: slower })), "cpuVsFloor"), "**not met**");
  assert.equal(verdictOf(reportOf(run({ contenders: slower })), "p99VsFloor"), "**not met**");
});

it("the better of the two peers is the one that counts", () => {
  assert.equal(jsonOf(run()).cpuVsPeer, 0.9);
});

it("memory is compared between 10 000 and 100 000 assignments, whatever else was measured", () => {
  const point = (assignments: number, residentMiB: number) => ({ assignments, residentMiB, cpuMsPerAssignment: 1 });
  const growth = [point(1000, 1), point(10_000, 100), point(100_000, 115), point(1_000_000, 500)];
  assert.equal(jsonOf(run({ growth })).memoryGrowth, 1.15);
  assert.equal(verdictOf(reportOf(run({ growth })), "memoryGrowth"), "**not met**");
});

it("the JSON of a run without the long measures has null for them, and every key", () => {
  const { details: _, ...keys } = jsonOf(run());
  assert.deepEqual(keys, {
    cpuVsFloor: 0.75,
    cpuVsPeer: 0.9,
    p99VsFloor: 1.5,
    memoryGrowth: null,
    throughput: { edge: 100, floor: 100, "axios-plugin": 100, "node-v3": 100 },
    ledgerRows: null,
    elementGzip: null,
    elementStartup: null,
    workerGzip: 100_001,
  });
});

it("the cost as the ledger grows is in the JSON a point for each number of rows, and in the report as a ratio", () => {
  const point = (rows: number, cpu: number) => ({
    rows,
    cpuMsPerAssignment: { median: cpu, min: 1, max: 9 },
    residentMiB: 90,
    fileMiB: 1,
  });
  const ledgerRows = [point(1000, 2), point(1_000_000, 2.5)];
  assert.deepEqual(jsonOf(run({ ledgerRows })).ledgerRows?.at(1), {
    rows: 1_000_000,
    cpuMsPerAssignment: 2.5,
    cpuMsMin: 1,
    cpuMsMax: 9,
    residentMiB: 90,
    fileMiB: 1,
  });
  assert.match(reportOf(run({ ledgerRows })), /ledger of 1 000 000 rows costs 1\.25 times/);
});
