/**
 * Older assignments for the ledger of a stopped edge, written into its SQLite file: a million real ones would take an
 * hour. Only `assignments` grows; each row copies a real one and has an id, an order and times of its own. Whoever seeds
 * asks the edge for one of the orders afterwards, since a row that it cannot find would cost nothing.
 */
import { randomBytes } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { newAssignmentId } from "../../edge/ledger/assignment-id.ts";

/** milliseconds between one seeded assignment and the next: a million fit into 290 of the 400 days that they are kept */
const spacing = 25_000;
/** Rows of one commit: the write-ahead log stays smaller than the file. */
const rowsPerCommit = 50_000;

/** The file of the one ledger below a state directory, found by its table. @throws Error when there is not exactly one */
export function ledgerFile(state: string): string {
  const files = readdirSync(state, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sqlite"))
    .map((name) => join(state, name))
    .filter(holdsAssignments);
  const [file] = files;
  if (file === undefined || files.length > 1) throw new Error(`${state} holds ${files.length} ledgers instead of one`);
  return file;
}

export const rowsOf = (file: string): number =>
  reading(file, (database) => numberOf(database, "SELECT count(*) AS number FROM assignments"));

export const mebibytesOf = (file: string): number => statSync(file).size / 1024 / 1024;

/**
 * @param count of rows to add
 * @returns an order in the middle of the added ones
 * @throws Error when the ledger still has open assignments, or a row would not sort before the real ones
 */
export function seedAssignments(file: string, count: number): string {
  const database = new DatabaseSync(file);
  try {
    if (numberOf(database, "SELECT count(*) AS number FROM outbox") > 0)
      throw new Error(`${file} has open assignments`);
    const model = database.prepare("SELECT * FROM assignments WHERE state = 'assigned' ORDER BY id LIMIT 1").get();
    if (!model) throw new Error(`${file} has no assignment to copy`);
    // The file is thrown away with the run, so nothing has to survive a power cut.
    database.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;");
    const middle = insertCopies(database, model, count);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    return middle;
  } finally {
    database.close();
  }
}

type Row = Record<string, SQLOutputValue>;

function insertCopies(database: DatabaseSync, model: Row, count: number): string {
  const names = Object.keys(model);
  const insert = database.prepare(
    `INSERT INTO assignments (${names.join(", ")}) VALUES (${names.map((name) => `:${name}`).join(", ")})`,
  );
  let middle = "";
  database.exec("BEGIN");
  for (let index = 0; index < count; index++) {
    const row = copyOf(model, Number(model.created_at) - (count - index) * spacing);
    if (String(row.id) >= String(model.id)) throw new Error(`${row.id} does not sort before ${model.id}`);
    insert.run(row);
    if (index === Math.floor(count / 2)) middle = String(row.order_id);
    if (index % rowsPerCommit === rowsPerCommit - 1) database.exec("COMMIT; BEGIN");
  }
  database.exec("COMMIT");
  return middle;
}

/** @param createdAt epoch milliseconds */
function copyOf(model: Row, createdAt: number): Row {
  const order = randomBytes(14).toString("hex");
  return {
    ...model,
    id: newAssignmentId(createdAt),
    order_id: order,
    order_key: String(model.order_key).replace(String(model.order_id), order),
    key_ref: null,
    created_at: createdAt,
    assigned_at: createdAt + (Number(model.assigned_at) - Number(model.created_at)),
    upstream_request_id: `08${randomBytes(6).toString("hex")}-0`,
  };
}

const holdsAssignments = (file: string) =>
  reading(file, (database) =>
    Boolean(numberOf(database, "SELECT count(*) AS number FROM sqlite_schema WHERE name = 'assignments'")),
  );

function reading<T>(file: string, read: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return read(database);
  } finally {
    database.close();
  }
}

const numberOf = (database: DatabaseSync, query: string) => Number(database.prepare(query).get()?.number);
