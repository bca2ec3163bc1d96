/**
 * The work cards of a service provider at Tmall. A card opens when it is first named, with nobody on it; afterwards it
 * remembers its worker. Ids that the store makes up have 19 digits, more than a double can hold.
 */
import { demoWorkers } from "../partner/demo-data.ts";

export interface Workcard {
  workcardId: string;
  outerId?: string;
  fulfilTaskId?: string;
  statusCode: string;
  worker?: Worker;
  serviceStoreId?: string;
}

export interface Worker {
  workerId: string;
  name: string;
  mobile: string;
}

export interface WorkcardReference {
  workcardId?: string | undefined;
  outerId?: string | undefined;
  fulfilTaskId?: string | undefined;
}

/** The id, else the mobile, says who is meant. */
export interface WorkerReference {
  workerId?: string | undefined;
  mobile?: string | undefined;
  name?: string | undefined;
}

interface Row extends Record<string, SqlStorageValue> {
  workcard_id: string;
  outer_id: string | null;
  fulfil_task_id: string | null;
  status_code: string;
  worker_id: string | null;
  worker_name: string | null;
  worker_mobile: string | null;
  service_store_id: string | null;
}

/** Base of invented ids, above 2^53. */
const inventedBase = 7_091_800_003_790_000_000n;

/** A number of nine digits from text, always the same for the same text. */
function digitsOf(text: string): bigint {
  let hash = 0n;
  for (const character of text) hash = (hash * 131n + BigInt(character.codePointAt(0) ?? 0)) % 999_999_937n;
  return hash;
}

const invented = (text: string) => String(inventedBase + digitsOf(text));

/** Whom an id or a mobile means: one of the demo shop's workers, else an invented person who is always the same. */
export function workerOf(target: WorkerReference): Worker {
  const known = demoWorkers.find(
    ({ workerId, mobile }) => workerId === target.workerId || (!target.workerId && mobile === target.mobile),
  );
  return {
    workerId: target.workerId ?? known?.workerId ?? invented(`worker ${target.mobile}`),
    name: known?.name ?? target.name ?? "工人",
    mobile:
      target.mobile ??
      known?.mobile ??
      `139${String(digitsOf(target.workerId ?? ""))
        .padStart(8, "0")
        .slice(-8)}`,
  };
}

export class WorkcardStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @returns the card, opened when new; undefined when the ids name different cards */
  open(account: string, reference: WorkcardReference): Workcard | undefined {
    const { workcardId, outerId, fulfilTaskId } = reference;
    const found = this.#sql
      .exec<Row>(
        `SELECT * FROM workcards WHERE account = ?1 AND (workcard_id = ?2 OR outer_id = ?3 OR fulfil_task_id = ?4)`,
        account,
        workcardId ?? null,
        outerId ?? null,
        fulfilTaskId ?? null,
      )
      .toArray();
    if (found.length > 1) return undefined;
    const [row] = found;
    if (row) {
      const agrees =
        (workcardId === undefined || row.workcard_id === workcardId) &&
        (outerId === undefined || row.outer_id === outerId) &&
        (fulfilTaskId === undefined || row.fulfil_task_id === fulfilTaskId);
      return agrees ? fromRow(row) : undefined;
    }
    const name = workcardId ?? outerId ?? fulfilTaskId ?? "";
    const card: Workcard = {
      workcardId: workcardId ?? invented(`card ${name}`),
      outerId: outerId ?? `T-${name}`,
      fulfilTaskId: fulfilTaskId ?? invented(`task ${name}`),
      statusCode: "0",
    };
    this.#sql.exec(
      "INSERT INTO workcards (account, workcard_id, outer_id, fulfil_task_id, status_code) VALUES (?, ?, ?, ?, ?)",
      account,
      card.workcardId,
      card.outerId ?? null,
      card.fulfilTaskId ?? null,
      card.statusCode,
    );
    return card;
  }

  assign(account: string, workcardId: string, worker: Worker, serviceStoreId: string | undefined): void {
    this.#sql.exec(
      `UPDATE workcards SET worker_id = ?, worker_name = ?, worker_mobile = ?, service_store_id = coalesce(?, service_store_id),
       status_code = '3' WHERE account = ? AND workcard_id = ?`,
      worker.workerId,
      worker.name,
      worker.mobile,
      serviceStoreId ?? null,
      account,
      workcardId,
    );
  }
}

const fromRow = (row: Row): Workcard => ({
  workcardId: row.workcard_id,
  statusCode: row.status_code,
  ...(row.outer_id !== null && { outerId: row.outer_id }),
  ...(row.fulfil_task_id !== null && { fulfilTaskId: row.fulfil_task_id }),
  ...(row.worker_id !== null && {
    worker: { workerId: row.worker_id, name: row.worker_name ?? "", mobile: row.worker_mobile ?? "" },
  }),
  ...(row.service_store_id !== null && { serviceStoreId: row.service_store_id }),
});
