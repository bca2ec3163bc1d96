/**
 * Passes a child's output on, byte for byte and at once, and hands its whole lines to somebody who may be slower or fail.
 * The reader of the output sets the pace, as it would without us.
 */
import type { Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** characters; a line of the edge has a few hundred. Longer ones are passed on, and handed to nobody. */
const longestLine = 65_536;

/** @returns when all of it has been passed on */
export function passOn(source: Readable, sink: Writable, take: (lines: string[]) => void): Promise<void> {
  const split = lineSplitter();
  // First passed on, then looked at.
  source.pipe(sink, { end: false });
  source.on("data", (chunk: Buffer) => {
    const lines = split(chunk);
    if (lines.length > 0) take(lines);
  });
  // A reader that has gone must not hold up a process that goes on writing.
  sink.on("error", () => source.resume());
  return new Promise((resolve) => source.once("close", resolve));
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
