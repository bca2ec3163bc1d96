import assert from "node:assert/strict";
import { createHmac, hkdfSync } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { type AuditHead, type AuditRow, auditKeyOf, chain, genesis, verifyChain } from "../../../edge/ledger/audit.ts";

const storageKey = new Uint8Array(32).fill(7);
const key = auditKeyOf(storageKey);

function chained(entries: string[], start: AuditHead = genesis): AuditRow[] {
  const rows: AuditRow[] = [];
  let head = start;
  for (const [index, entry] of entries.entries()) {
    const row = chain(head, 1000 + index, entry, key);
    rows.push(row);
    head = row;
  }
  return rows;
}

const someEntries = fc.array(fc.string(), { minLength: 2, maxLength: 20 });

test("an untouched chain is intact and ends at its last row", () => {
  fc.assert(
    fc.property(someEntries, (entries) => {
      const rows = chained(entries);
      const last = rows.at(-1);
      assert.deepEqual(verifyChain(rows, genesis, [key]), { kind: "intact", head: { seq: last?.seq, mac: last?.mac } });
    }),
  );
});

test("an edited entry, time or mac is found at its row", () => {
  fc.assert(
    fc.property(someEntries, fc.nat(), fc.constantFrom("entry", "at", "mac"), (entries, pick, member) => {
      const rows = chained(entries);
      const index = pick % rows.length;
      const row = rows[index];
      assert.ok(row);
      const edited = { ...row, [member]: member === "at" ? row.at + 1 : `${row[member]}x` };
      const verdict = verifyChain(rows.with(index, edited), genesis, [key]);
      assert.deepEqual(verdict, { kind: "broken", seq: row.seq, why: "edited" });
    }),
  );
});

test("a deleted row is found, wherever it stood before the end", () => {
  fc.assert(
    fc.property(someEntries, fc.nat(), (entries, pick) => {
      const rows = chained(entries);
      const index = pick % (rows.length - 1);
      assert.deepEqual(verifyChain(rows.toSpliced(index, 1), genesis, [key]), {
        kind: "broken",
        seq: index + 1,
        why: "missing",
      });
    }),
  );
});

test("two rows that change places are found", () => {
  const [a, b] = chained(["a", "b"]);
  assert.ok(a && b);
  assert.equal(verifyChain([b, a], genesis, [key]).kind, "broken");
});

test("a row that was renumbered to fill a gap is found", () => {
  const [a, , c] = chained(["a", "b", "c"]);
  assert.ok(a && c);
  assert.deepEqual(verifyChain([a, { ...c, seq: 2 }], genesis, [key]), { kind: "broken", seq: 2, why: "edited" });
});

test("a chain under a key that nobody holds is told apart from an edited one", () => {
  const other = auditKeyOf(new Uint8Array(32).fill(8));
  assert.deepEqual(verifyChain(chained(["a"]), genesis, [other]), { kind: "broken", seq: 1, why: "unknown-key" });
});

test("a chain goes on from a checkpoint", () => {
  const checkpoint = chained(["a", "b"]).at(-1);
  assert.ok(checkpoint);
  const rows = chained(["c", "d"], checkpoint);
  assert.equal(verifyChain(rows, checkpoint, [key]).kind, "intact");
  assert.equal(verifyChain(rows, genesis, [key]).kind, "broken");
});

test("the mac is HMAC-SHA-256 over previous mac, number, time and entry, computed here by hand", () => {
  const [row] = chained(["entry"]);
  const secret = Buffer.from(hkdfSync("sha256", storageKey, new Uint8Array(), "staff-assign audit", 32));
  const mac = createHmac("sha256", secret).update("genesis\n1\n1000\nentry").digest("base64url");
  assert.equal(row?.mac.split(".")[1], mac);
});
