/**
 * Intents that outlive the page, in IndexedDB: written before the first send, removed with the outcome, failures
 * kept until a cashier has seen them. A write counts when its transaction is complete, not when its request succeeds.
 */
import type { Assignment, AssignmentRequest } from "../shared/contract.ts";
import { randomId, wait } from "./clock.ts";
import type { StaffAssignCode } from "./errors.ts";

export interface Intent {
  /** Idempotency-Key of every send of this intent */
  key: string;
  endpoint: string;
  /** who it belongs to; undefined until the page has had a session */
  tenant: string | undefined;
  request: AssignmentRequest;
  /** epoch milliseconds of the device */
  createdAt: number;
  maxAgeMs: number;
  /** a send was begun: the edge may have it */
  sent?: boolean;
  /** the edge has it and goes on by itself */
  assignmentId?: string;
  /** assigned; kept for a moment so that another tab finds the answer */
  result?: Assignment;
  /** ended without success; kept until seen */
  failure?: { code: StaffAssignCode; reason: string | undefined };
  endedAt?: number;
}

/** ms; longer than one attempt, so that a lease never ends under its sender */
const leaseMs = 30_000;
const leasePollMs = 250;

function open() {
  const request = indexedDB.open("staff-assign", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("intents", { keyPath: "key" });
    request.result.createObjectStore("leases", { keyPath: "name" });
  };
  return new Promise<IDBDatabase>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error);
  });
}

/** Runs `work` in one transaction; answers with what `work` returned when it is complete. */
async function transact<T>(name: string, work: (store: IDBObjectStore) => T): Promise<T> {
  const database = await open();
  try {
    const transaction = database.transaction(name, "readwrite");
    const value = work(transaction.objectStore(name));
    return await new Promise<T>((resolve, reject) => {
      transaction.oncomplete = () => resolve(value);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const putIntent = (intent: Intent) => transact("intents", (store) => store.put(intent));

export const deleteIntent = (key: string) => transact("intents", (store) => store.delete(key));

export const readIntents = async (): Promise<Intent[]> => (await transact("intents", (store) => store.getAll())).result;

/** Takes a lease unless someone else's is running. A lease too far in the future is of a clock that has jumped. */
async function takeLease(name: string, owner: string): Promise<boolean> {
  const { result } = await transact("leases", (store) => {
    const request = store.get(name);
    request.onsuccess = () => {
      const left = request.result ? request.result.until - Date.now() : 0;
      if (left <= 0 || left > leaseMs) store.put({ name, owner, until: Date.now() + leaseMs });
    };
    return request;
  });
  const { result: now } = result ? await transact("leases", (store) => store.get(name)) : { result: { owner } };
  return now?.owner === owner;
}

/** Runs `work` while no other tab runs work of this name: by Web Locks, else by a lease, else unprotected. */
export async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = navigator.locks as LockManager | undefined;
  if (locks) return locks.request(`staff-assign:${name}`, work);
  const owner = randomId();
  try {
    while (!(await takeLease(name, owner))) await wait(leasePollMs);
  } catch {
    // Storage is gone, and with it every other tab's outbox: there is nobody to exclude.
  }
  try {
    return await work();
  } finally {
    transact("leases", (store) => store.delete(name)).catch(() => {});
  }
}
