/** A ledger of another version is neither read nor changed, and the log says so. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { Store } from "../../../edge/ledger/store.ts";
import { schemaVersion } from "../../../edge/ledger/tables.ts";
import { memorySql } from "./support.ts";

describe("a ledger on disk", () => {
  const refusal = { message: /^the ledger has schema \d+; this version knows \d+$/ };
  /** Every table and row, so that nothing that a refused ledger holds can change unseen. */
  const contents = (database: DatabaseSync) => {
    const tables = database.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all();
    const rows = tables
      .filter(({ sql }) => String(sql).includes("TABLE"))
      .map(({ name }) => database.prepare(`SELECT * FROM ${name}`).all());
    return JSON.stringify([tables, rows]);
  };
  test("notes the version that wrote it, and opens again under it", () => {
    const sql = memorySql();
    assert.equal(new Store(sql).meta("schema"), String(schemaVersion));
    assert.equal(new Store(sql).meta("schema"), String(schemaVersion));
  });
  test("of a newer version is refused, named in the log and left as it is", (t) => {
    const logged = t.mock.method(console, "error", () => {});
    const database = new DatabaseSync(":memory:");
    database.exec("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
    database.exec(`INSERT INTO meta VALUES ('schema', '${schemaVersion + 1}'), ('name', 'demo/-/0')`);
    const before = contents(database);
    assert.throws(() => new Store(memorySql(database)), refusal);
    assert.equal(contents(database), before);
    const { event, ledger, schema, known } = JSON.parse(String(logged.mock.calls[0]?.arguments[0]));
    assert.deepEqual(
      [event, ledger, schema, known],
      ["ledger_refused", "demo/-/0", `${schemaVersion + 1}`, schemaVersion],
    );
  });
  test("of the first version, which knew no sub-merchant, is refused and left as it is", (t) => {
    t.mock.method(console, "error", () => {});
    const database = new DatabaseSync(":memory:");
    database.exec(`
      CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE assignments (id TEXT PRIMARY KEY, partner TEXT NOT NULL, store TEXT NOT NULL, order_key TEXT NOT NULL) WITHOUT ROWID;
      INSERT INTO meta VALUES ('schema', '1'), ('name', 'demo/1900000109/0');
      INSERT INTO assignments VALUES ('id1', 'pos', '', 'tmall:workcard:1');`);
    const before = contents(database);
    assert.throws(() => new Store(memorySql(database)), refusal);
    assert.equal(contents(database), before);
  });
});
