/**
 * Passes a child's output on, byte for byte and at once, and hands its whole lines to somebody who may be slower or fail.
 * The reader of the output sets the pace, as it would without us, and a disk that was full is written again once it has room.
 */
import type { Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** characters; a line of the edge has a few hundred. Longer ones are passed on, and handed to nobody. */
const longestLine = 65_536;

/** What is left when all else has ended gets this long: a reader that does not read would keep the process for ever. */
export const lastWriteMs = 1_000;

/**
 * @param tellLoss of what could not be written, the first time, with the system's code
 * @returns when all of it has been passed on
 */
export async function passOn(
  source: Readable,
  sink: Writable,
  take: (lines: string[]) => void,
  tellLoss: (code: string) => void,
): Promise<void> {
  const split = lineSplitter();
  let readerHasGone = false;
  let isTold = false;
  // Whoever wrote what failed hears of it; unheard, the event would end the process.
  sink.on("error", () => {});
  for await (const chunk of source as AsyncIterable<Buffer>) {
    // First passed on, then looked at.
    const written = readerHasGone ? undefined : write(sink, chunk);
    const lines = split(chunk);
    if (lines.length > 0) take(lines);
    const code = await written;
    if (code === undefined) continue;
    // It does not come back, and must not hold up a process that goes on writing.
    if (code === "EPIPE") readerHasGone = true;
    else if (!isTold) {
      isTold = true;
      tellLoss(code);
    }
  }
}

/** @returns the code of what went wrong */
function write(sink: Writable, chunk: Buffer): Promise<string | undefined> {
  return new Promise((resolve) => {
    sink.write(chunk, (error?: (Error & { code?: unknown }) | null) =>
      resolve(error ? String(error.code ?? error.name) : undefined),
    );
  });
}

/** @returns of each piece the lines that it completes, without their ends */
export function lineSplitter(): (chunk: Buffer) => string[] {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  return (chunk) => {
    const pieces = (rest + decoder.write(chunk)).split("\n");
    rest = pieces.pop() ?? "";
    if (rest.length > longestLine) rest = "";
    return pieces;
  };
}
