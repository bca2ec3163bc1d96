/** Everything that one run keeps alive: stub, load generator and contenders, each a process of its own. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Address } from "./contenders/served-by.ts";
import type { LoadAnswer, LoadQuestion } from "./load.ts";
import { startProcess, type Worker } from "./processes.ts";
import { assignmentBody, type BenchSettings, createSettings } from "./settings.ts";

export const contenderNames = ["edge", "floor", "axios-plugin", "node-v3"] as const;
export type ContenderName = (typeof contenderNames)[number];

export interface Contender extends Address {
  name: ContenderName;
  worker: Worker;
  /** directory of its ledgers, should it have any */
  state: string;
  /** file that takes what it prints */
  log: string;
}

export interface StartOptions {
  workerdArgs?: readonly string[];
  v8Flags?: readonly string[];
  /** of a contender that has stopped; absent: a new one */
  state?: string;
}

export interface LoadOptions {
  /** absent: as fast as the answers come */
  ratePerSecond?: number;
  scattered?: boolean;
}

export interface Fixture {
  settings: BenchSettings;
  start(name: ContenderName, options?: StartOptions): Promise<Contender>;
  /** Makes this many signed answers, each to be used once by each contender. */
  prepare(count: number): Promise<void>;
  /** Begins with the first signed answer again: for another contender. */
  rewind(): Promise<void>;
  /** @param count of calls */
  load(contender: Contender, count: number, options?: LoadOptions): Promise<LoadAnswer>;
  /** One assignment beside the load, whatever its answer. */
  assign(contender: Contender, order: string, guideId: string): Promise<Response>;
  stop(): Promise<void>;
}

/** A machine that stalls makes the edge send twice, and each send takes an answer. */
const spareAnswers = 1.1;

export async function createFixture(): Promise<Fixture> {
  // Beside the project and not in a temporary directory: that may be memory, where a commit costs nothing.
  const parent = fileURLToPath(new URL("../../dist/bench", import.meta.url));
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "run-"));
  const log = (name: string) => join(folder, `${name}.log`);
  const made = createSettings();
  const stub = startProcess("./stub.ts", made, log("stub"));
  const { origin } = await stub.ask<{ origin: string }>({ kind: "address" });
  const settings: BenchSettings = { ...made, upstream: origin };
  const generator = startProcess("./load.ts", {}, log("load"));
  const workers = [stub, generator];
  let loads = 0;

  return {
    settings,
    start: async (name, { workerdArgs = [], v8Flags = [], state = join(folder, `${name}-${workers.length}`) } = {}) => {
      const worker = startProcess(`./contenders/${name}.ts`, { ...settings, state, workerdArgs, v8Flags }, log(name));
      workers.push(worker);
      const address = await worker.ask<Address>({});
      return { ...address, name, worker, state, log: log(name) };
    },
    prepare: async (count) => void (await stub.ask({ kind: "prepare", count: Math.ceil(count * spareAnswers) })),
    rewind: async () => void (await stub.ask({ kind: "rewind" })),
    load: async (contender, count, options = {}) => {
      const question: LoadQuestion = {
        url: `${contender.url}/v1/assignments`,
        headers: await headersFor(contender, settings),
        guideId: settings.guideId,
        count,
        orderPrefix: `${process.pid}x${++loads}x`,
        ...options,
      };
      return generator.ask<LoadAnswer>(question);
    },
    assign: async (contender, order, guideId) =>
      fetch(`${contender.url}/v1/assignments`, {
        method: "POST",
        headers: { ...(await headersFor(contender, settings)), "Content-Type": "application/json" },
        body: assignmentBody(order, guideId),
      }),
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Every contender is sent headers of the same names; only the edge asks for what is in them. */
async function headersFor({ name, url }: Contender, settings: BenchSettings): Promise<Record<string, string>> {
  const token = name === "edge" ? await mintSession(url, settings) : settings.partnerApiKey;
  return { Authorization: `Bearer ${token}`, Origin: settings.pageOrigin };
}

async function mintSession(url: string, { partnerApiKey, subMchid, pageOrigin }: BenchSettings): Promise<string> {
  const answer = await fetch(`${url}/v1/sessions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${partnerApiKey}`, "Content-Type": "application/json" },
    body: JSON.stringify({ merchant: "demo", subMchid, origin: pageOrigin, expiresIn: 3600 }),
  });
  if (answer.status !== 201) throw new Error(`the edge mints no session: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { token: string }).token;
}
