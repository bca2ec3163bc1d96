/** The start-up figure counts the page's own thread from its first line on, and says so when there is nothing to count. */
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
const address = "http://x/till";
const page = event("ParseHTML", 1000, 30_000, { args: { beginData: { url: address } } });
const script = event("EvaluateScript", 1500, 20_000, { args: { data: { url: "http://x/staff-assign.js" } } });

it("a trace without the page or its script is an error, not a figure", () => {
  const inline = { ...script, args: { data: { url: address } } };
  assert.throws(() => roundOf([script, event("RunTask", 0, 40_000)], address), /does not hold the page/);
  assert.throws(() => roundOf([page, inline, event("RunTask", 0, 40_000)], address), /does not hold the script/);
});

it("tasks of other threads and processes, and those over before the page began, do not count", () => {
  const trace = [
    event("RunTask", 0, 400),
    event("RunTask", 900, 31_000),
    page,
    script,
    event("RunTask", 2000, 90_000, { tid: 2 }),
    event("RunTask", 2000, 90_000, { pid: 2 }),
    event("RunTask", 70_000, 12_000),
    event("Paint", 71_000, 500),
    event("Paint", 3000, 500, { tid: 2 }),
  ];
  assert.deepEqual(roundOf(trace, address), { scriptMs: 20, frameMs: 12, longestTaskMs: 31 });
});
