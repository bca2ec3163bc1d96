/**
 * `npm run soak [-- --seconds 60]`: the edge as `npm run serve` runs it, against the sandbox, under load, while the
 * platforms are slow, cut connections, lie with signatures and ban, and while the edge is killed with SIGKILL and started
 * again. Afterwards the sandbox's book is compared with the ledger's history. Exit code 1 when a guarantee is broken.
 */
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startSandbox } from "../test/edge/sandbox/sandbox-harness.ts";
import { createWorkplace, type Served, serve } from "../test/serve/served.ts";
import { backendHeaders } from "../test/support/calls.ts";
import { type BookOrder, compare, type LedgerEntry, type Verdict } from "./soak/compare.ts";
import { faultsInTurn } from "./soak/faults.ts";
import { type Intent, runTill } from "./soak/till.ts";

const tills = 12;
/** One round of faults, then the next; the edge is killed in every fourth. */
const roundMs = 5_000;
const roundsPerCrash = 4;
/** After the load: a crashed send is taken up after 20 s, and background tries are at most 60 s apart. */
const settleMs = 150_000;
const pollMs = 1_000;

const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" } } });
const seconds = Number(values.seconds);
if (!(seconds >= 10 && seconds <= 600)) throw new TypeError("--seconds must be 10 to 600");

interface BookRequest {
  fault: string | null;
  host: string;
}

const sandbox = await startSandbox();
// Two names of one address play the primary and the backup host.
const variables = JSON.parse(
  JSON.stringify(sandbox.environment.edge).replaceAll(
    /(http:\/\/(?:127\.0\.0\.1|localhost)):8788/g,
    `$1:${sandbox.port}`,
  ),
) as Record<string, string>;
const workplace = createWorkplace(variables);
const headers = backendHeaders(sandbox.environment.partnerApiKey);
let edge: Served | undefined = await serve(workplace);
let crashes = 0;
try {
  process.exitCode = (await soak()) ? 0 : 1;
} finally {
  await edge?.stop();
  await sandbox.close();
  workplace.remove();
}

async function soak(): Promise<boolean> {
  const until = Date.now() + seconds * 1000;
  const intents: Intent[] = [];
  const origin = () => edge?.origin;
  const load = Promise.all(
    Array.from({ length: tills }, (_, till) => runTill({ till, origin, headers, until, intents })),
  );
  const turns = faultsInTurn();
  for (let round = 1; Date.now() < until; round++) {
    await sandbox.control("/faults", undefined, "DELETE");
    for (const fault of turns.next().value) await sandbox.control("/faults", fault);
    await pause(roundMs / 2);
    if (round % roundsPerCrash === 2) await crashAndRestart();
    await pause(roundMs / 2);
  }
  await sandbox.control("/faults", undefined, "DELETE");
  await load;
  const history = await settledHistory();
  const { orders, requests } = await bookOf();
  const verdict = compare({ intents, history, orders });
  print(verdict, requests);
  return verdict.broken.length === 0;
}

async function crashAndRestart(): Promise<void> {
  await edge?.crash();
  edge = undefined;
  crashes += 1;
  edge = await serve(workplace);
}

async function settledHistory(): Promise<LedgerEntry[]> {
  const until = Date.now() + settleMs;
  for (;;) {
    const history = await readHistory();
    if (history.every(({ status }) => status !== "pending") || Date.now() > until) return history;
    await pause(pollMs);
  }
}

async function readHistory(): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = new URLSearchParams({ limit: "100", ...(cursor && { cursor }) });
    const response = await fetch(`${edge?.origin}/v1/assignments?${query}`, { headers });
    if (response.status === 429) {
      await pause(pollMs);
      continue;
    }
    if (!response.ok) throw new Error(`history: ${response.status} ${await response.text()}`);
    const page = (await response.json()) as { data: LedgerEntry[]; nextCursor?: string };
    entries.push(...page.data);
    if (!page.nextCursor) return entries;
    cursor = page.nextCursor;
  }
}

async function bookOf(): Promise<{ orders: BookOrder[]; requests: BookRequest[] }> {
  const response = await fetch(`${sandbox.origin}/_sandbox/book?limit=1000000`);
  return (await response.json()) as { orders: BookOrder[]; requests: BookRequest[] };
}

function print({ figures, broken }: Verdict, requests: readonly BookRequest[]): void {
  const faults = requests.filter(({ fault }) => fault !== null).length;
  const backup = requests.filter(({ host }) => host.startsWith("localhost")).length;
  const rows = {
    ...figures,
    "calls that a fault struck": faults,
    "calls to the backup host": backup,
    "kills (SIGKILL) and restarts": crashes,
  };
  for (const [name, value] of Object.entries(rows)) console.log(`${name.padEnd(46)} ${value}`);
  for (const sentence of broken.slice(0, 20)) console.error(`BROKEN ${sentence}`);
  console.log(broken.length === 0 ? "\nEvery guarantee held." : `\n${broken.length} orders break a guarantee.`);
}
