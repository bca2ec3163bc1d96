/**
 * Intents that outlive the page, in IndexedDB: written before the first send, removed with the outcome, failures
 * kept until a cashier has seen them. A write counts when its transaction is complete, not when its request succeeds.
 */
import type { Assignment, AssignmentRequest } from "../shared/contract.ts";
import { randomId, wait } from "./clock.ts";
import type { StaffAssignCode } from "./errors.ts";
import type { Told } from "./locales/text.ts";

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
  failure?: { code: StaffAssignCode } & Told;
  endedAt?: number;
}

/** ms; renewed while its owner works, so that the lease of a page that was killed ends soon */
const leaseMs = 3_000;
const leasePollMs = 250;

function open() {
  const request = indexedDB.open("staff-assign", 1);
  request.onupgradeneeded = () => {
    for (const name of ["intents", "leases"]) request.result.createObjectStore(name, { keyPath: "key" });
  };
  return new Promise<IDBDatabase>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
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
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const putIntent = (intent: Intent) => transact("intents", (store) => store.put(intent));

export const deleteIntent = (key: string) => transact("intents", (store) => store.delete(key));

export const readIntents = async (): Promise<Intent[]> => (await transact("intents", (store) => store.getAll())).result;

/** Takes or renews a lease unless someone else's is running. One too far in the future is of a clock that has jumped. */
function takeLease(name: string, owner: string): Promise<boolean> {
  let taken = false;
  return transact("leases", (store) => {
    const request = store.get(name);
    request.onsuccess = () => {
      const { result } = request;
      const left = result ? result.until - Date.now() : 0;
      taken = left <= 0 || left > leaseMs || result.owner === owner;
      if (taken) store.put({ key: name, owner, until: Date.now() + leaseMs });
    };
  }).then(() => taken);
}

/** Runs `work` while no other tab runs work of this name: by Web Locks, else by a lease, else unprotected. */
export async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = navigator.locks as LockManager | undefined;
  if (locks) return locks.request(`staff-assign:${name}`, work);
  const owner = randomId();
  const take = () => takeLease(name, owner);
  try {
    while (!(await take())) await wait(leasePollMs);
  } catch {
    // Storage is gone, and with it every other tab's outbox: there is nobody to exclude.
  }
  const renewal = setInterval(() => take().catch(() => {}), leaseMs / 3);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    transact("leases", (store) => store.delete(name)).catch(() => {});
  }
}
