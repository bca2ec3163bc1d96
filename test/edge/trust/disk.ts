/** The objects' files as somebody with the disk sees them. The process must be dead. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export const objectFiles = (state: string): string[] =>
  readdirSync(join(state, "objects"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

const databases = (state: string) => objectFiles(state).filter((path) => path.endsWith(".sqlite"));

/** The database of the ledger of this name, such as `demo/1900000109/0`. */
export function openLedger(state: string, name: string): DatabaseSync {
  for (const path of databases(state)) {
    const database = new DatabaseSync(path);
    if (tablesOf(database).includes("audit") && metaOf(database, "name") === name) return database;
    database.close();
  }
  throw new Error(`no ledger ${name} on disk`);
}

/** Every value of every row of every object, as text and, for bytes, as hex. */
export function dump(state: string): string {
  const lines: string[] = [];
  for (const path of databases(state)) {
    const database = new DatabaseSync(path);
    for (const table of tablesOf(database)) {
      const all = database.prepare(`SELECT * FROM "${table}"`);
      all.setReadBigInts(true);
      for (const row of all.all()) {
        const values = Object.values(row).map((value) =>
          value instanceof Uint8Array
            ? `${Buffer.from(value).toString("hex")} ${Buffer.from(value).toString("latin1")}`
            : String(value),
        );
        lines.push(`${table}: ${values.join(" | ")}`);
      }
    }
    database.close();
  }
  return lines.join("\n");
}

/** The very bytes of the files, freed pages and logs included. */
export const rawBytes = (state: string): Buffer => Buffer.concat(objectFiles(state).map((path) => readFileSync(path)));

const tablesOf = (database: DatabaseSync): string[] =>
  database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all()
    .map(({ name }) => String(name));

const metaOf = (database: DatabaseSync, name: string): unknown =>
  database.prepare("SELECT value FROM meta WHERE name = ?").get(name)?.value;
