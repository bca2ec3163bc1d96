import assert from "node:assert/strict";
import { createHash, createHmac, hkdfSync } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import {
  type AuditHead,
  AuditLog,
  type AuditRow,
  auditKeyOf,
  chain,
  checkpointIsGenuine,
  genesis,
  verifyChain,
} from "../../../edge/ledger/audit.ts";
import { Store } from "../../../edge/ledger/store.ts";
import { memorySql, storageKey } from "./support.ts";

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

test("a log that is opened again goes on where it ended, also where retention left nothing but a checkpoint", () => {
  const sql = memorySql();
  const opened = () => new AuditLog(sql, new Store(sql), storageKey);
  opened().append(1, { event: "sent" });
  opened().append(2, { event: "outcome" });
  const { rows, head } = opened().export(0, 10);
  assert.deepEqual(verifyChain(rows, genesis, [key]), { kind: "intact", head });
  assert.equal(head.seq, 2);
  opened().prune(3, 3);
  assert.deepEqual(opened().export(0, 10).rows, []);
  opened().append(4, { event: "revoked" });
  const later = opened().export(0, 10);
  assert.deepEqual([later.checkpoint?.seq, later.head.seq], [2, 3]);
  assert.equal(verifyChain(later.rows, head, [key]).kind, "intact");
});

test("a checkpoint is genuine under any of the keys that are held, and under no other", () => {
  const other = auditKeyOf(new Uint8Array(32).fill(8));
  const sql = memorySql();
  const log = new AuditLog(sql, new Store(sql), storageKey);
  log.append(1, { event: "sent" });
  log.prune(2, 2);
  const { checkpoint } = log.export(0, 10);
  assert.ok(checkpoint);
  const isGenuine = (...keys: (typeof key)[]) => checkpointIsGenuine(checkpoint, checkpoint.signature, keys);
  assert.deepEqual(
    [isGenuine(other), isGenuine(), isGenuine(key), isGenuine(other, key), isGenuine(key, other)],
    [false, false, true, true, true],
  );
});

/** A version that names the same key otherwise would call every chain before it one of an unknown key. */
test("the mac is the key's id and HMAC-SHA-256 over previous mac, number, time and entry, computed here by hand", () => {
  const [row] = chained(["entry"]);
  const secret = Buffer.from(hkdfSync("sha256", storageKey, new Uint8Array(), "staff-assign audit", 32));
  const id = createHash("sha256").update(secret).digest("hex").slice(0, 8);
  const mac = createHmac("sha256", secret).update("genesis\n1\n1000\nentry").digest("base64url");
  assert.equal(row?.mac, `${id}.${mac}`);
});
