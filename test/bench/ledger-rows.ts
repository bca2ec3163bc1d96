/**
 * What an assignment costs in a ledger that holds many: an edge for each number of rows, measured in interleaved rounds.
 * Real assignments begin each ledger, seeding fills it, and the restarted edge has to know a seeded order.
 */
import type { Contender, Fixture } from "./fixture.ts";
import { ledgerFile, mebibytesOf, rowsOf, seedAssignments } from "./ledger-seed.ts";
import { cpuPerCall } from "./measure.ts";
import { residentMiB } from "./processes.ts";
import { type Spread, spreadOf } from "./statistics.ts";

export interface LedgerRowsPoint {
  /** when the measuring begins; its own calls add to them */
  rows: number;
  cpuMsPerAssignment: Spread;
  /** at the end */
  residentMiB: number;
  /** size of the ledger's file before the measuring, audit chain and indexes included */
  fileMiB: number;
}

export const ledgerRowsSteps: readonly number[] = [1_000, 10_000, 100_000, 1_000_000];

/** assignments made by the edge before the seeding */
const realCalls = 300;
const warmUpCalls = 600;
/** of one round, in one ledger */
const callsPerRound = 300;

interface Ledger {
  edge: Contender;
  rows: number;
  fileMiB: number;
  cpuMs: number[];
}

/** @param steps numbers of rows, each above 900 */
export async function measureLedgerRows(
  fixture: Fixture,
  steps: readonly number[],
  rounds: number,
  note: (text: string) => void,
): Promise<LedgerRowsPoint[]> {
  const ledgers: Ledger[] = [];
  for (const rows of steps) {
    ledgers.push(await createLedger(fixture, rows));
    note(`a ledger of ${rows} rows`);
  }
  await fixture.prepare(warmUpCalls);
  for (const { edge } of ledgers) {
    await fixture.rewind();
    await fixture.load(edge, warmUpCalls, { scattered: true });
  }
  for (let round = 0; round < rounds; round++) {
    await fixture.prepare(callsPerRound);
    for (const ledger of [...ledgers.slice(round % ledgers.length), ...ledgers.slice(0, round % ledgers.length)]) {
      await fixture.rewind();
      const load = () => fixture.load(ledger.edge, callsPerRound, { scattered: true });
      ledger.cpuMs.push((await cpuPerCall(ledger.edge, callsPerRound, load)).cpuMs);
    }
    note(`ledger rows, round ${round + 1} of ${rounds}`);
  }
  const points: LedgerRowsPoint[] = [];
  for (const ledger of ledgers) points.push(await finish(ledger, rounds));
  return points;
}

/** As many rows as, with those of the warm-up, make the wanted number. */
async function createLedger(fixture: Fixture, rows: number): Promise<Ledger> {
  const first = await fixture.start("edge");
  await fixture.prepare(realCalls);
  await cpuPerCall(first, realCalls, () => fixture.load(first, realCalls, { scattered: true }));
  await first.worker.stop();
  const file = ledgerFile(first.state);
  const order = seedAssignments(file, rows - warmUpCalls - realCalls);
  const edge = await fixture.start("edge", { state: first.state });
  await expectOtherGuideRefused(fixture, edge, order);
  return { edge, rows, fileMiB: mebibytesOf(file), cpuMs: [] };
}

/** @throws Error when the edge does not know that the order has a guide */
async function expectOtherGuideRefused(fixture: Fixture, edge: Contender, order: string): Promise<void> {
  const answer = await fixture.assign(edge, order, `${fixture.settings.guideId}x`);
  const text = await answer.text();
  if (answer.status !== 409 || (JSON.parse(text) as { code?: string }).code !== "already_assigned") {
    throw new Error(`another guide for the seeded order ${order}: ${answer.status} instead of 409: ${text}`);
  }
}

/** @throws Error when the ledger does not hold what was seeded and made */
async function finish({ edge, rows, fileMiB, cpuMs }: Ledger, rounds: number): Promise<LedgerRowsPoint> {
  const resident = residentMiB(edge.pid);
  await edge.worker.stop();
  const found = rowsOf(ledgerFile(edge.state));
  const expected = rows + rounds * callsPerRound;
  if (found !== expected) throw new Error(`the ledger of ${rows} rows ended with ${found} instead of ${expected}`);
  return { rows, cpuMsPerAssignment: spreadOf(cpuMs), residentMiB: resident, fileMiB };
}
