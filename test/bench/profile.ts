/**
 * `npm run profile [-- --calls N]`: what the processor does during an assignment, at our edge and at the floor, by Linux's
 * `perf` (Debian: `linux-perf`; it must be allowed to look at one's own processes). Samples are counted as they fall, and
 * scaled to the CPU time that each took. Then, by V8's own account, for how long each isolate stands still to collect garbage.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { buildWorker } from "../../tools/build-worker.ts";
import { type Collections, collectionFlags, collectionsIn, type Pauses } from "./collections.ts";
import { type Contender, createFixture, type Fixture } from "./fixture.ts";
import { cpuPerCall, loadInChunks } from "./measure.ts";
import { countParts } from "./profile-parts.ts";

/** Not a multiple of anything that ticks. */
const samplesPerSecond = 3_999;
/** By then V8 has compiled what it is going to compile. */
const warmUpCalls = 3_000;

/** Enough for some full collections of each. */
const collectedCalls = 20_000;

const { values: options } = parseArgs({ options: { calls: { type: "string", default: "4000" } } });
const calls = Number(options.calls);

await buildWorker();
const fixture = await createFixture();
try {
  const edge = await profile(fixture, await fixture.start("edge"));
  const floor = await profile(fixture, await fixture.start("floor"));
  const parts = [...new Set([...edge.keys(), ...floor.keys()])];
  parts.sort((a, b) => (edge.get(b) ?? 0) - (edge.get(a) ?? 0));
  const row = (name: string, ours: number, theirs: number) => `| ${name} | ${ours.toFixed(0)} | ${theirs.toFixed(0)} |`;
  const sum = (figures: Map<string, number>) => [...figures.values()].reduce((total, figure) => total + figure, 0);
  console.log("| microseconds an assignment | ours | floor |\n| --- | --- | --- |");
  for (const part of parts) console.log(row(part, edge.get(part) ?? 0, floor.get(part) ?? 0));
  console.log(row("all", sum(edge), sum(floor)));
  console.log(collectionsTable(await collections(fixture, "edge"), await collections(fixture, "floor")));
} finally {
  await fixture.stop();
}

/** @returns microseconds an assignment, by part */
async function profile(fixture: Fixture, contender: Contender): Promise<Map<string, number>> {
  await fixture.prepare(warmUpCalls);
  await fixture.load(contender, warmUpCalls);
  await fixture.prepare(calls);
  const folder = mkdtempSync(join(tmpdir(), "staff-assign-profile-"));
  try {
    const file = join(folder, "perf.data");
    const recording = ["record", "-e", "cpu-clock", "-F", String(samplesPerSecond), "-g", "-o", file];
    // Control descriptors make it say when it has begun, so that no call is missed.
    const recorder = spawn("perf", [...recording, "--control=fd:3,4", "-D", "-1", "-p", String(contender.pid)], {
      stdio: ["ignore", "ignore", "inherit", "pipe", "pipe"],
    });
    const ended = once(recorder, "exit");
    const [, , , control, acknowledged] = recorder.stdio;
    if (!control || !("write" in control) || !acknowledged) throw new TypeError("perf was given no control pipe");
    control.write("enable\n");
    await once(acknowledged, "data");
    const { cpuMs } = await cpuPerCall(contender, calls, () => fixture.load(contender, calls));
    recorder.kill("SIGINT");
    await ended;
    const reader = spawn("perf", ["script", "-i", file, "-F", "ip,sym"], { stdio: ["ignore", "pipe", "ignore"] });
    const counts = await countParts(createInterface({ input: reader.stdout }));
    const samples = [...counts.values()].reduce((total, count) => total + count, 0);
    return new Map([...counts].map(([part, count]) => [part, (count / samples) * cpuMs * 1000]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In a process of its own, since V8's account costs time too. */
async function collections(fixture: Fixture, name: "edge" | "floor"): Promise<Collections> {
  const contender = await fixture.start(name, { v8Flags: collectionFlags });
  await loadInChunks(fixture, contender, collectedCalls);
  await contender.worker.stop();
  return collectionsIn(readFileSync(contender.log, "utf8"));
}

function collectionsTable(ours: Collections, theirs: Collections): string {
  const row = (what: string, of: (collections: Collections) => number, digits: number) =>
    `| ${what} | ${of(ours).toFixed(digits)} | ${of(theirs).toFixed(digits)} |`;
  const perThousand = (count: number) => (count * 1000) / collectedCalls;
  const mean = ({ totalMs, count }: Pauses) => totalMs / Math.max(1, count);
  return [
    "",
    "| garbage collection | ours | floor |\n| --- | --- | --- |",
    row("young generation, times in 1000 assignments", ({ young }) => perThousand(young.count), 1),
    row("milliseconds each, mean", ({ young }) => mean(young), 1),
    row("full, times in 1000 assignments", ({ full }) => perThousand(full.count), 2),
    row("milliseconds each, mean", ({ full }) => mean(full), 1),
    row("of it V8's own work", ({ full, fullByV8Ms }) => fullByV8Ms / Math.max(1, full.count), 1),
    row("milliseconds, the longest", ({ young, full }) => Math.max(young.longestMs, full.longestMs), 1),
    row("microseconds an assignment, both", ({ young, full }) => perThousand(young.totalMs + full.totalMs), 1),
    row("objects of the runtime kept, an assignment", ({ handlesKept }) => handlesKept / collectedCalls, 1),
  ].join("\n");
}
