/**
 * Hands log lines to the exporting thread. A thread of its own, since the server must not depend on it: a collector that
 * is slow or away, a bug in a library or a full heap there end the export at worst, and a stop ends whatever still waits
 * in it. Trade-off: some 65 MB of memory, which only those pay who export.
 */
import { Worker } from "node:worker_threads";
import { ExportError, type Signal } from "./settings.ts";
import type { FromThread, ToThread } from "./thread.ts";

export interface Exporter {
  take(lines: readonly string[]): void;
  /**
   * Sends what is left, for two seconds at most.
   *
   * @param drained when the last line has been taken
   */
  close(drained: Promise<void>): Promise<void>;
}

/** A collector that answers does so in less; behind the server's own stop this still fits what service managers wait. */
export const flushMs = 2_000;
/** A thread that is this far behind gets nothing more until it has caught up: memory is the server's. */
const mostLinesBehind = 20_000;
const mostHeapMb = 256;
/** An outage is told once, and again only when it lasts. */
const tellEveryMs = 10 * 60_000;

/**
 * @param tell one sentence for the operator
 * @throws ExportError when a variable is broken, or the libraries cannot be loaded
 */
export async function startExporter(
  signals: readonly Signal[],
  tell: (sentence: string) => void,
  now = () => performance.now(),
): Promise<Exporter> {
  const thread = new Worker(new URL("thread.ts", import.meta.url), {
    workerData: signals,
    resourceLimits: { maxOldGenerationSizeMb: mostHeapMb },
  });
  const ended = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  const send = (message: ToThread) => thread.postMessage(message);
  let isRunning = false;
  let behind = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  const tellOnce = (what: string) => tell(`OpenTelemetry: ${what}. Log lines and the service are not affected.`);
  const tellSeldom = (what: string) => {
    if (now() - toldAt < tellEveryMs) return;
    toldAt = now();
    tellOnce(what);
  };

  thread.on("message", (message: FromThread) => {
    switch (message.kind) {
      case "ready":
        isRunning = true;
        return ready.resolve();
      case "refused":
        return ready.reject(new ExportError(message.sentence));
      case "taken":
        behind -= message.count;
        return;
      case "failed":
        return tellSeldom(`${message.signal} could not be exported (${message.reason})`);
      case "ended":
        return ended.resolve();
    }
  });
  thread.on("error", (error) => {
    const reason = codeOf(error);
    if (isRunning) tellOnce(`the export has ended (${reason}) until the next start`);
    else ready.reject(new ExportError(`OpenTelemetry cannot be started (${reason}): run npm install again.`));
    isRunning = false;
    ended.resolve();
  });
  try {
    await ready.promise;
  } catch (error) {
    await thread.terminate();
    throw error;
  }
  thread.unref();

  return {
    take: (lines) => {
      if (!isRunning) return;
      if (behind > mostLinesBehind) return tellSeldom("the export is behind and leaves lines out");
      behind += lines.length;
      send({ kind: "lines", lines });
    },
    close: async (drained) => {
      const timeOver = Promise.withResolvers<"time over">();
      const timer = setTimeout(() => timeOver.resolve("time over"), flushMs);
      void drained.then(() => send({ kind: "end" }));
      if ((await Promise.race([ended.promise, timeOver.promise])) === "time over") {
        tellOnce("not everything was exported before the stop");
      }
      clearTimeout(timer);
      await thread.terminate();
    },
  };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return "code" in error ? String(error.code) : error.name;
}
