/**
 * Intents that outlive the page, in IndexedDB: written before the first send, removed with the outcome, failures
 * kept until a cashier has seen them. A write counts when its transaction is complete, not when its request succeeds.
 */
import { inTime, randomId, wait } from "./clock.ts";
import { StaffAssignError } from "./errors.ts";
import type { Intent } from "./intent.ts";

/** ms; renewed while its owner works, so that the lease of a page that was killed ends soon */
const leaseMs = 3_000;
const leasePollMs = 250;

/** ms that storage may take: in some WebViews it never answers, and is not waited for a second time then */
let patienceMs = 5_000;

const transactNow = async <T>(name: string, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
  const opening = indexedDB.open("staff-assign", 1);
  opening.onupgradeneeded = () => {
    for (const store of ["intents", "leases"]) opening.result.createObjectStore(store, { keyPath: "key" });
  };
  await new Promise((resolve, reject) => {
    opening.onsuccess = resolve;
    opening.onerror = () => reject(opening.error);
  });
  const database = opening.result;
  const transaction = database.transaction(name, "readwrite");
  // It closes when its transaction is through, also when `work` throws.
  database.close();
  const request = work(transaction.objectStore(name));
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  patienceMs = 5_000;
  return request.result;
};

/** Runs `work` in one transaction; answers with the result of the request that `work` made, when all is complete. */
const transact = <T>(name: string, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
  inTime(transactNow(name, work), patienceMs).catch((error) => {
    if (error instanceof StaffAssignError) patienceMs = 0;
    throw error;
  });

export const putIntent = (intent: Intent) => transact("intents", (store) => store.put(intent));

export const deleteIntent = (key: string) => transact("intents", (store) => store.delete(key));

export const readIntents = (): Promise<Intent[]> => transact("intents", (store) => store.getAll());

/**
 * Runs `work` while no other tab runs work of this name: by Web Locks, else by a lease, else unprotected.
 * @param work is handed what it awaits before each send. That rejects when the lease is lost: the timers of a tab in the
 * background hardly run, those of a frozen one not at all
 */
export async function exclusively<T>(name: string, work: (hold: () => Promise<void>) => Promise<T>): Promise<T> {
  const locks = navigator.locks as LockManager | undefined;
  try {
    if (locks) return await locks.request(`staff-assign:${name}`, () => work(async () => {}));
  } catch (cause) {
    // Where a page may store nothing, it may lock nothing either, and no work has begun. What work throws is of our own kind;
    // a bug in it would be met a second time, under the same idempotency key.
    if (cause instanceof StaffAssignError) throw cause;
  }
  const owner = randomId();
  /** Storage is gone, and with it every other tab's outbox: there is nobody to exclude. */
  let alone = false;
  /**
   * One step of the lease, in one transaction: taken when it is free or has ended (one too far in the future is of a clock
   * that has jumped), renewed or given back when it is still its owner's. @returns whether it was so
   */
  const change = async (taken: boolean, over?: boolean) => {
    let mine = false;
    await transact("leases", (store) => {
      const request = store.get(name);
      request.onsuccess = () => {
        const { owner: holder, until = 0 } = request.result || {};
        const left = until - Date.now();
        mine = taken ? holder === owner : left <= 0 || left > leaseMs;
        if (mine) over ? store.delete(name) : store.put({ key: name, owner, until: Date.now() + leaseMs });
      };
      return request;
    }).catch(() => {
      alone = true;
    });
    return mine || alone;
  };
  while (!(await change(false))) await wait(leasePollMs);
  const renewal = setInterval(change, leaseMs / 3, true);
  try {
    return await work(async () => {
      if (!(await change(true))) throw new StaffAssignError("timeout");
    });
  } finally {
    clearInterval(renewal);
    change(true, true);
  }
}
