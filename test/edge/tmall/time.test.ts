/** A call of TOP ends in its time, also where the runtime does not pass the abort on to headers or body. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { attemptMs } from "../../../edge/ledger/schedule.ts";
import { type Answer, harness } from "./gateway.ts";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

const never = () => new Promise<never>(() => undefined);
const stalls: [name: string, answer: Answer][] = [
  ["headers that never come", never],
  ["a body that never ends", () => new Response(new ReadableStream({ pull: never }))],
  [
    "one byte, then silence",
    () =>
      new Response(
        new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([0x7b])), pull: never }),
      ),
  ],
];

describe("an assignment that was sent and meets", () => {
  for (const [name, answer] of stalls) {
    it(`${name} is unknown when its time is over, and the work is told to stop`, { timeout: 60_000 }, async () => {
      const top = await harness([answer]);
      const verdict = top.assign({}, { deadline: top.clock.now + attemptMs });
      for (let turn = 0; turn < 20 || top.forms.length === 0; turn++) {
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      assert.equal(top.requests[0]?.init.signal?.aborted, false);
      top.clock.now += attemptMs;
      mock.timers.tick(attemptMs);
      const { kind, ...more } = await verdict;
      assert.equal(kind, "unknown");
      assert.ok("failure" in more && more.failure.code === "upstream_unavailable");
      assert.equal(top.requests[0]?.init.signal?.aborted, true);
      assert.ok(top.counted.some((line) => line.includes("top_unanswered") && line.includes("timeout")));
    });
  }
});
