/** The exporting thread: lines in, OTLP out. It shares nothing with the thread that serves but these messages. */
import { parentPort, workerData } from "node:worker_threads";
import { openSdk, type Sdk } from "./sdk.ts";
import { ExportError, type Signal } from "./settings.ts";

/** Lines, or the wish to send what is left and to end. */
export type ToThread = { kind: "lines"; lines: readonly string[] } | { kind: "end" };

export type FromThread =
  | { kind: "ready" }
  /** The configuration is broken: one sentence for the operator. */
  | { kind: "refused"; sentence: string }
  | { kind: "taken"; count: number }
  | { kind: "failed"; signal: Signal; reason: string }
  | { kind: "ended" };

const port = parentPort;
if (!port) throw new TypeError("this file is a thread of tools/serve.ts");
const say = (message: FromThread) => port.postMessage(message);

const sdk = open();
if (sdk) {
  port.on("message", (message: ToThread) => {
    if (message.kind === "lines") {
      for (const line of message.lines) sdk.take(line);
      say({ kind: "taken", count: message.lines.length });
    } else {
      void sdk.shutdown().then(() => say({ kind: "ended" }));
    }
  });
  say({ kind: "ready" });
}

function open(): Sdk | undefined {
  try {
    return openSdk(workerData as Signal[], (signal, reason) => say({ kind: "failed", signal, reason }));
  } catch (error) {
    if (!(error instanceof ExportError)) throw error;
    say({ kind: "refused", sentence: error.message });
    return undefined;
  }
}
