/** The account of garbage collections counts each of V8's lines once, and nothing else that a process prints. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { collectionsIn } from "../bench/collections.ts";

const line = (gc: string, pause: number, kept: number, phases: object = {}) =>
  `[7:0x1:0]     2531 ms: GC: ${JSON.stringify({ pause, gc, stack: true, nodes_copied_in_new: kept, ...phases })}\n`;
const phases = { mark: 7, "mark.roots": 3, clear: 4, evacuate: 2, sweep: 1, finish: 0.5 };
const summary = "[7:0x1]     2531 ms: Scavenge 10.8 (18.1) -> 4.9 (18.4) MB, 3.22 / 0.00 ms allocation failure;\n";
const log = '{"level":"info","event":"assignment","note":"ms: GC: none"}\n';

it("a line that was cut off, and one that is no collection, count for nothing", () => {
  const nothing = { count: 0, totalMs: 0, longestMs: 0 };
  const output = `${log}${summary}${line("s", 9, 9).slice(0, -20)}`;
  assert.deepEqual(collectionsIn(output), { young: nothing, full: nothing, fullByV8Ms: 0, handlesKept: 0 });
});

it("young and full collections are told apart, with their longest pause and what V8 itself did in the full ones", () => {
  const output = [
    line("s", 2, 30),
    summary,
    log,
    line("mc", 50, 0, phases),
    line("s", 4, 12),
    line("mc", 20, 0, phases),
  ].join("");
  assert.deepEqual(collectionsIn(output), {
    young: { count: 2, totalMs: 6, longestMs: 4 },
    full: { count: 2, totalMs: 70, longestMs: 50 },
    fullByV8Ms: 29,
    handlesKept: 42,
  });
});
