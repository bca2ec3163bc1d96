/** What is measured: rounds against each other, one ledger as it grows, starts from nothing. */
import { spawnSync } from "node:child_process";
import { loadShare } from "./budgets.ts";
import type { Contender, Fixture } from "./fixture.ts";
import type { LoadAnswer } from "./load.ts";
import { cpuMilliseconds, residentMiB } from "./processes.ts";
import { percentile, type Spread, spreadOf } from "./statistics.ts";

export interface Sizes {
  rounds: number;
  /** assignments of one round, as fast as the answers come */
  calls: number;
  /** assignments of one round at its rate */
  pacedCalls: number;
}

export interface Rounds {
  /** of the rounds; in each it is the same for all, and within what each of them carries on this machine */
  ratePerSecond: Spread;
  figures: Map<Contender, ContenderFigures>;
}

export interface ContenderFigures {
  cpuMsPerAssignment: Spread;
  assignmentsPerSecond: Spread;
  p50Ms: Spread;
  p99Ms: Spread;
}

const warmUpCalls = 1000;
/** Outcomes join the next commit, at the latest after 50 ms: their cost belongs to the round. */
const settleMs = 200;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** @param count of the calls that `run` makes */
export async function cpuPerCall(contender: Contender, count: number, run: () => Promise<LoadAnswer>) {
  const before = cpuMilliseconds(contender.pid);
  const { seconds, pending } = await run();
  await pause(settleMs);
  if (pending > 0) console.error(`${contender.name}: ${pending} of ${count} answered 202; the machine stalled`);
  return { cpuMs: (cpuMilliseconds(contender.pid) - before) / count, perSecond: count / seconds };
}

/**
 * Interleaved: what the machine does besides in one minute falls on all of them. Each round looks for its own rate, since a
 * machine that turns slower would else be asked for more than the share.
 */
export async function measureRounds(
  fixture: Fixture,
  contenders: readonly Contender[],
  sizes: Sizes,
  note: (text: string) => void,
): Promise<Rounds> {
  for (const contender of contenders) {
    await fixture.prepare(warmUpCalls);
    await fixture.load(contender, warmUpCalls);
  }
  const samples = new Map(
    contenders.map((contender) => [contender, { cpu: [], perSecond: [], p50: [], p99: [] } as Samples]),
  );
  const rates: number[] = [];
  for (let round = 0; round < sizes.rounds; round++) {
    // Another one begins in each round.
    const first = round % contenders.length;
    const order = [...samples].slice(first).concat([...samples].slice(0, first));
    let slowest = Number.POSITIVE_INFINITY;
    await fixture.prepare(sizes.calls);
    for (const [contender, sample] of order) {
      await fixture.rewind();
      const closed = await cpuPerCall(contender, sizes.calls, () => fixture.load(contender, sizes.calls));
      sample.cpu.push(closed.cpuMs);
      sample.perSecond.push(closed.perSecond);
      slowest = Math.min(slowest, closed.perSecond);
    }
    const ratePerSecond = Math.round(slowest * loadShare);
    rates.push(ratePerSecond);
    await fixture.prepare(sizes.pacedCalls);
    for (const [contender, sample] of order) {
      await fixture.rewind();
      const { latenciesMs } = await fixture.load(contender, sizes.pacedCalls, { ratePerSecond });
      sample.p50.push(percentile(latenciesMs, 0.5));
      sample.p99.push(percentile(latenciesMs, 0.99));
    }
    note(`round ${round + 1} of ${sizes.rounds}, at ${ratePerSecond} a second`);
  }
  const figures = new Map(
    [...samples].map(([contender, { cpu, perSecond, p50, p99 }]) => [
      contender,
      {
        cpuMsPerAssignment: spreadOf(cpu),
        assignmentsPerSecond: spreadOf(perSecond),
        p50Ms: spreadOf(p50),
        p99Ms: spreadOf(p99),
      },
    ]),
  );
  return { ratePerSecond: spreadOf(rates), figures };
}

interface Samples {
  cpu: number[];
  perSecond: number[];
  p50: number[];
  p99: number[];
}

export interface GrowthPoint {
  assignments: number;
  cpuMsPerAssignment: number;
  residentMiB: number;
}

/** A chunk's answers are signed before it begins; signatures of one second are good for five minutes. */
const chunk = 5_000;

/** One ledger from empty to the last of the steps. @param steps ascending numbers of assignments */
export async function measureGrowth(
  fixture: Fixture,
  contender: Contender,
  steps: readonly number[],
  note: (text: string) => void,
): Promise<GrowthPoint[]> {
  const points: GrowthPoint[] = [];
  let assignments = 0;
  for (const step of steps) {
    const cpuMsPerAssignment = await loadInChunks(fixture, contender, step - assignments);
    assignments = step;
    points.push({ assignments, cpuMsPerAssignment, residentMiB: residentMiB(contender.pid) });
    note(`${assignments} assignments in one ledger`);
  }
  return points;
}

/** @returns CPU milliseconds an assignment, of the last chunk */
export async function loadInChunks(fixture: Fixture, contender: Contender, calls: number): Promise<number> {
  let last = Number.NaN;
  for (let left = calls; left > 0; left -= chunk) {
    const count = Math.min(chunk, left);
    await fixture.prepare(count);
    last = (await cpuPerCall(contender, count, () => fixture.load(contender, count))).cpuMs;
  }
  return last;
}

export interface ColdStart {
  wallMs: Spread;
  cpuMs: Spread;
}

/** From the start of the process to the first answer of the Worker. */
export async function measureColdStart(fixture: Fixture, name: "edge" | "floor", times: number): Promise<ColdStart> {
  const wall: number[] = [];
  const cpu: number[] = [];
  for (let time = 0; time < times; time++) {
    const contender = await fixture.start(name);
    const listening = performance.now();
    await (await fetch(`${contender.url}/healthz`)).text();
    wall.push(performance.now() - listening);
    cpu.push(cpuMilliseconds(contender.pid));
    await contender.worker.stop();
  }
  return { wallMs: spreadOf(wall), cpuMs: spreadOf(cpu) };
}

/** RSA-2048 signatures a second of CPU time, in workerd: no assignment can be cheaper than one of them. */
export async function signaturesPerSecond(floor: Contender, count: number): Promise<number> {
  const before = cpuMilliseconds(floor.pid);
  await (await fetch(`${floor.url}/sign?count=${count}`)).text();
  return (count * 1000) / (cpuMilliseconds(floor.pid) - before);
}

export const cpuModel = (): string =>
  /^Model name:\s*(.+)$/m.exec(spawnSync("lscpu", { encoding: "utf8" }).stdout ?? "")?.[1] ?? "unknown processor";
