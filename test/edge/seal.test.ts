import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { createSealer } from "../../edge/seal.ts";

const key = () => crypto.getRandomValues(new Uint8Array(32));
const [first, second] = [key(), key()];
const sealer = await createSealer([first]);
const record = "assignment 01JC";

const flipped = (sealed: Uint8Array, index: number, bit: number) => {
  const copy = new Uint8Array(sealed);
  copy[index] = (copy[index] ?? 0) ^ (1 << bit);
  return copy;
};

describe("sealing", () => {
  test("gives back any text under the same record", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), async (text, name) => {
        assert.equal(await sealer.open(await sealer.seal(text, name), name), text);
      }),
    );
  });
  test("keeps a leading byte order mark and the empty text", async () => {
    for (const text of ["\ufeffx", "", "\0"])
      assert.equal(await sealer.open(await sealer.seal(text, record), record), text);
  });
  test("never makes the same bytes twice, and none of the text shows", async () => {
    const text = "13800138000";
    const [one, two] = [await sealer.seal(text, record), await sealer.seal(text, record)];
    assert.notDeepEqual(one, two);
    assert.ok(!Buffer.from(one).includes(text));
    assert.equal(one.length, 4 + 12 + text.length + 16);
  });
  test("refuses text that is not well-formed, since it would come back changed", async () => {
    await assert.rejects(sealer.seal("\ud800", record), TypeError);
    await assert.rejects(sealer.seal("x", "\ud800"), TypeError);
  });
});

describe("a sealed record that was altered does not open, not even in part", () => {
  test("every bit of every byte counts: key id, iv, ciphertext and tag", async () => {
    const sealed = await sealer.seal("导购 13800138000", record);
    for (let index = 0; index < sealed.length; index++) {
      for (let bit = 0; bit < 8; bit++) {
        assert.equal(await sealer.open(flipped(sealed, index, bit), record), undefined, `byte ${index}, bit ${bit}`);
      }
    }
  });
  test("cut at any length, or lengthened", async () => {
    const sealed = await sealer.seal("text", record);
    for (let length = 0; length < sealed.length; length++) {
      assert.equal(await sealer.open(sealed.slice(0, length), record), undefined, `${length} bytes`);
    }
    assert.equal(await sealer.open(new Uint8Array([...sealed, 0]), record), undefined);
  });
  test("moved to another record", async () => {
    const [a, b] = [await sealer.seal("a", "merchant a"), await sealer.seal("b", "merchant b")];
    assert.equal(await sealer.open(a, "merchant b"), undefined);
    assert.equal(await sealer.open(b, "merchant a"), undefined);
    assert.equal(await sealer.open(a, ""), undefined);
    assert.equal(await sealer.open(a, "merchant a"), "a");
  });
  test("parts of two records put together", async () => {
    const [a, b] = [await sealer.seal("a", record), await sealer.seal("b", record)];
    assert.equal(await sealer.open(new Uint8Array([...a.slice(0, 16), ...b.slice(16)]), record), undefined);
  });
  test("random bytes of any length", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (bytes) => {
        assert.equal(await sealer.open(bytes, record), undefined);
      }),
    );
  });
  test("a slice of a larger buffer opens like a buffer of its own", async () => {
    const sealed = await sealer.seal("text", record);
    const larger = new Uint8Array([1, 2, 3, ...sealed, 4, 5]);
    assert.equal(await sealer.open(larger.subarray(3, 3 + sealed.length), record), "text");
  });
});

describe("rotation of STORAGE_KEY", () => {
  test("the first key seals, every key opens, a key that is gone opens nothing", async () => {
    const overlap = await createSealer([second, first]);
    const after = await createSealer([second]);
    const old = await sealer.seal("old", record);
    const fresh = await overlap.seal("fresh", record);
    assert.equal(await overlap.open(old, record), "old");
    assert.equal(await after.open(fresh, record), "fresh");
    assert.equal(await after.open(old, record), undefined);
    assert.equal(await sealer.open(fresh, record), undefined);
  });
  test("the key id of one key over the ciphertext of another does not open", async () => {
    const overlap = await createSealer([second, first]);
    const [old, fresh] = [await sealer.seal("old", record), await overlap.seal("fresh", record)];
    assert.equal(await overlap.open(new Uint8Array([...old.slice(0, 4), ...fresh.slice(4)]), record), undefined);
  });
  test("a sealer without key, or with a short one, is a mistake of the caller", async () => {
    await assert.rejects(createSealer([]), TypeError);
    await assert.rejects(createSealer([first, new Uint8Array(31)]), TypeError);
  });
});

test("keys are imported once and cannot be exported", async (context) => {
  const importKey = context.mock.method(crypto.subtle, "importKey");
  const fresh = await createSealer([first, second]);
  for (let round = 0; round < 5; round++) await fresh.open(await fresh.seal("x", record), record);
  assert.equal(importKey.mock.callCount(), 2);
  for (const { arguments: args } of importKey.mock.calls) assert.equal(args[3], false);
});
