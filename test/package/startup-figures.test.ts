/** The start-up figure counts the page's own thread from the element's beginning on, and says so when there is nothing to count. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { roundOf, type TraceEvent } from "../bench/startup-figures.ts";

const event = (name: string, ts: number, tdur: number, more: Partial<TraceEvent> = {}): TraceEvent => ({
  name,
  ts,
  dur: 2 * tdur,
  tdur,
  pid: 1,
  tid: 1,
  ...more,
});
const begins: TraceEvent = { name: "startup-begins", ts: 1000, pid: 1, tid: 1 };
const script = event("EvaluateScript", 1500, 20_000, { args: { data: { url: "http://x/staff-assign.js" } } });

it("a trace without the page or its script is an error, not a figure", () => {
  const inline = { ...script, args: { data: { url: "http://x/till" } } };
  assert.throws(() => roundOf([script, event("RunTask", 0, 40_000)]), /does not hold the page/);
  assert.throws(() => roundOf([begins, inline, event("RunTask", 0, 40_000)]), /does not hold the script/);
});

it("tasks of other threads and processes, and those over before the element began, do not count", () => {
  const trace = [
    event("RunTask", 0, 400),
    event("RunTask", 900, 31_000),
    begins,
    script,
    event("RunTask", 2000, 90_000, { tid: 2 }),
    event("RunTask", 2000, 90_000, { pid: 2 }),
    event("RunTask", 70_000, 12_000),
    event("Paint", 71_000, 500),
    event("Paint", 3000, 500, { tid: 2 }),
  ];
  assert.deepEqual(roundOf(trace), { scriptMs: 20, frameMs: 12, longestTaskMs: 31 });
});
