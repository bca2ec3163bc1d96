import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { firstIdOf, newAssignmentId } from "../../../edge/ledger/assignment-id.ts";

const time = fc.integer({ min: 0, max: 2 ** 45 });

test("ids of later milliseconds sort after ids of earlier ones", () => {
  fc.assert(
    fc.property(time, time, (a, b) => {
      const [earlier, later] = [newAssignmentId(Math.min(a, b)), newAssignmentId(Math.max(a, b) + 1)];
      assert.ok(earlier < later);
    }),
  );
});

test("an id made after another one sorts behind it, in the same millisecond and with a clock that stepped back", () => {
  fc.assert(
    fc.property(time, time, (a, b) => {
      const before = newAssignmentId(a);
      assert.ok(newAssignmentId(b, before) > before);
      assert.ok(newAssignmentId(a, before) > before);
    }),
  );
});

test("an id made after an older one keeps its own time", () => {
  assert.equal(newAssignmentId(2000, newAssignmentId(1000)).slice(0, 10), newAssignmentId(2000).slice(0, 10));
});

test("the first id of a time divides the ids before it from those of it", () => {
  fc.assert(
    fc.property(time, (at) => {
      assert.ok(newAssignmentId(at) > firstIdOf(at));
      assert.ok(newAssignmentId(at + 1) > firstIdOf(at + 1));
      assert.ok(newAssignmentId(at) < firstIdOf(at + 1));
    }),
  );
});

test("ids of one millisecond differ, are 30 characters long and fit the contract's pattern", () => {
  const ids = new Set(Array.from({ length: 1000 }, () => newAssignmentId(1_800_000_000_000)));
  assert.equal(ids.size, 1000);
  for (const id of ids) assert.match(id, /^[0-9a-hjkmnp-tv-z]{30}$/);
});
