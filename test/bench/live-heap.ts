/**
 * How much of the memory is in use: resident memory counts what the collector has not looked at yet, so a process that
 * keeps nothing grows too until it does. One process is told, through V8's inspector, to collect after so many assignments.
 */
import { once } from "node:events";
import { freePort } from "../support/free-port.ts";
import type { Fixture } from "./fixture.ts";
import { loadInChunks } from "./measure.ts";

export interface LiveHeapPoint {
  assignments: number;
  /** of V8's heap, before and after the collection */
  usedMiB: number;
  liveMiB: number;
}

/** @param steps ascending numbers of assignments */
export async function measureLiveHeap(
  fixture: Fixture,
  steps: readonly number[],
  note: (text: string) => void,
): Promise<LiveHeapPoint[]> {
  const address = `127.0.0.1:${await freePort()}`;
  const contender = await fixture.start("edge", { workerdArgs: [`--inspector-addr=${address}`] });
  const points: LiveHeapPoint[] = [];
  let assignments = 0;
  for (const step of steps) {
    await loadInChunks(fixture, contender, step - assignments);
    assignments = step;
    const inspector = await inspect(address);
    const usedMiB = await heapMiB(inspector);
    await inspector.call("HeapProfiler.collectGarbage");
    points.push({ assignments, usedMiB, liveMiB: await heapMiB(inspector) });
    inspector.close();
    note(`live heap after ${assignments} assignments`);
  }
  await contender.worker.stop();
  return points;
}

interface Inspector {
  call(method: string): Promise<unknown>;
  close(): void;
}

/** The only isolate of the process that has code of ours. */
async function inspect(address: string): Promise<Inspector> {
  const targets = (await (await fetch(`http://${address}/json`)).json()) as { webSocketDebuggerUrl: string }[];
  const target = targets.find(({ webSocketDebuggerUrl }) => webSocketDebuggerUrl.endsWith("/edge"));
  if (!target) throw new Error("workerd's inspector does not list the edge");
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await once(socket, "open");
  let calls = 0;
  return {
    call: async (method) => {
      const id = ++calls;
      socket.send(JSON.stringify({ id, method }));
      for (;;) {
        const [event] = (await once(socket, "message")) as [MessageEvent<string>];
        const answer = JSON.parse(event.data) as { id?: number; result?: unknown };
        if (answer.id === id) return answer.result;
      }
    },
    close: () => socket.close(),
  };
}

async function heapMiB(inspector: Inspector): Promise<number> {
  const { usedSize } = (await inspector.call("Runtime.getHeapUsage")) as { usedSize: number };
  return usedSize / 2 ** 20;
}
