/** The start-up figure counts the page's own thread from the script on, and says so when there is nothing to count. */
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
const script = event("EvaluateScript", 1000, 30_000, { args: { data: { url: "http://x/staff-assign.js" } } });

it("a trace without the script is an error, not a figure", () => {
  const other = { ...script, args: { data: { url: "http://x/jquery.js" } } };
  assert.throws(() => roundOf([other, event("RunTask", 0, 40_000)], 5), /does not hold the script/);
});

it("tasks of other threads and processes, and those over before the script began, do not count", () => {
  const trace = [
    event("RunTask", 0, 400),
    event("RunTask", 900, 31_000),
    script,
    event("RunTask", 70_000, 12_000),
    event("RunTask", 2000, 90_000, { tid: 2 }),
    event("RunTask", 2000, 90_000, { pid: 2 }),
  ];
  assert.deepEqual(roundOf(trace, 5), { scriptEvaluationMs: 30, longestTaskMs: 31, readyMs: 5 });
});
