/** What several ledgers tell, joined, is what one ledger that held it all would tell. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { findRecord, joinPages } from "../../../edge/ledger/history.ts";
import type { AssignmentRecord, RecordPage } from "../../../edge/ledger/protocol.ts";
import { fail, ok, type Result } from "../../../edge/problem.ts";

const record = (id: string): AssignmentRecord => ({
  id,
  status: "assigned",
  channel: "wechat",
  order: id,
  createdAt: "2026-11-22T00:00:00Z",
  attempts: 1,
});

/** A page as one ledger gives it. */
function pageOf(ids: readonly string[], limit: number, cursor: string | undefined): Result<RecordPage> {
  const behind = ids
    .toSorted()
    .toReversed()
    .filter((id) => cursor === undefined || id < cursor);
  const shown = behind.slice(0, limit);
  const last = shown.at(-1);
  return ok({ data: shown.map(record), ...(behind.length > limit && last !== undefined && { nextCursor: last }) });
}

describe("pages of several ledgers", () => {
  const ledgers = fc
    .uniqueArray(fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom("0", "1", "2", "a") }), {
      maxLength: 40,
    })
    .chain((ids) => fc.tuple(...ids.map((id) => fc.tuple(fc.constant(id), fc.nat(3)))));
  test("are the pages of one that held it all, cursor and end included", () => {
    fc.assert(
      fc.property(ledgers, fc.integer({ min: 1, max: 10 }), (placed, limit) => {
        const whole = placed.map(([id]) => id);
        let cursor: string | undefined;
        do {
          const from = cursor;
          const pages = [0, 1, 2, 3].map((index) =>
            pageOf(
              placed.filter(([, ledger]) => ledger === index).map(([id]) => id),
              limit,
              from,
            ),
          );
          const joined = joinPages(pages, limit);
          assert.deepEqual(joined, pageOf(whole, limit, from));
          cursor = joined.ok ? joined.value.nextCursor : undefined;
        } while (cursor !== undefined);
      }),
    );
  });
  test("are a failure where one ledger could not answer: half a history is none", () => {
    const broken = fail("misconfigured", "broken");
    assert.deepEqual(joinPages([pageOf(["a"], 1, undefined), broken], 1), broken);
  });
});

describe("one record among several ledgers", () => {
  const nowhere = fail("not_found", "none");
  const broken = fail("misconfigured", "broken");
  test("is found wherever it is, also where another ledger could not look", () => {
    assert.deepEqual(findRecord([nowhere, ok(record("a"))]), ok(record("a")));
    assert.deepEqual(findRecord([broken, ok(record("a")), nowhere]), ok(record("a")));
  });
  test("is not there only when every ledger has said so", () => {
    const none = findRecord([nowhere, nowhere]);
    assert.equal(none.ok ? "found" : none.failure.code, "not_found");
    assert.deepEqual(findRecord([nowhere, broken]), broken);
  });
});
