import assert from "node:assert/strict";
import { test } from "node:test";
import { newAssignmentId } from "../../../edge/ledger/assignment-id.ts";

test("ids of later milliseconds sort after ids of earlier ones", () => {
  const times = [0, 31, 32, 1023, 1024, 1_780_000_000_000, 1_780_000_000_001, 2 ** 45];
  const ids = times.map(newAssignmentId);
  assert.deepEqual(ids.toSorted(), ids);
});

test("a thousand ids of one millisecond differ and show no counter", () => {
  const tails = Array.from({ length: 1000 }, () => newAssignmentId(1_780_000_000_000).slice(10));
  assert.equal(new Set(tails).size, 1000);
  for (const tail of tails) assert.match(tail, /^[0-9a-hjkmnp-tv-z]{20}$/);
});
