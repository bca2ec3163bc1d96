import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readCapped } from "../../edge/read-capped.ts";

/** A body in these chunks, which remembers whether it was told to stop. */
function bodyOf(chunks: readonly Uint8Array[], end: "closes" | "breaks" | "stalls" = "closes") {
  let next = 0;
  const told = { cancelled: false, pulled: 0 };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        told.pulled++;
        const chunk = chunks[next++];
        if (chunk) return controller.enqueue(chunk);
        if (end === "breaks") return controller.error(new TypeError("connection lost"));
        return end === "closes" ? controller.close() : new Promise<never>(() => undefined);
      },
      cancel() {
        told.cancelled = true;
        // As a peer that never confirms.
        return new Promise<never>(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, told };
}

describe("a body", () => {
  test("within the cap is taken to the byte, in whatever chunks it comes; one beyond it never is", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 10 }),
        fc.nat(120),
        async (chunks, cap) => {
          const whole = Buffer.concat(chunks);
          const { stream, told } = bodyOf(chunks);
          const read = await readCapped(stream, cap);
          assert.deepEqual(read && Buffer.from(read), whole.length <= cap ? whole : undefined);
          assert.equal(told.cancelled, whole.length > cap);
        },
      ),
    );
  });
  test("that never ends is left at the first byte too many, without waiting for its sender", async () => {
    const { stream, told } = bodyOf([new Uint8Array(4), new Uint8Array(4), new Uint8Array(4)], "stalls");
    assert.equal(await readCapped(stream, 5), undefined);
    assert.deepEqual(told, { cancelled: true, pulled: 2 });
  });
  test("that breaks off is no body, though what came of it was within the cap", async () => {
    await assert.rejects(readCapped(bodyOf([new Uint8Array(4)], "breaks").stream, 5), TypeError);
  });
  test("that is absent is empty, under any cap", async () => {
    assert.equal((await readCapped(null, 0))?.length, 0);
  });
});
