/**
 * Intents that outlive the page, in IndexedDB: written before the first send, removed with the outcome, failures
 * kept until a cashier has seen them. A write counts when its transaction is complete, not when its request succeeds.
 */
import type { Assignment, AssignmentRequest } from "../shared/contract.ts";
import { randomId, wait } from "./clock.ts";
import { type StaffAssignCode, StaffAssignError } from "./errors.ts";
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

/**
 * Takes a lease that is free, or renews or gives back one's own, in one transaction. One too far in the future is of a
 * clock that has jumped. @returns false when it is, or was meanwhile, somebody else's
 */
async function lease(name: string, owner: string, step: "take" | "renew" | "release"): Promise<boolean> {
  let mine = false;
  await transact("leases", (store) => {
    const request = store.get(name);
    request.onsuccess = () => {
      const { result } = request;
      const left = result ? result.until - Date.now() : 0;
      mine = step === "take" ? left <= 0 || left > leaseMs : !!result && result.owner === owner;
      if (mine && step === "release") store.delete(name);
      else if (mine) store.put({ key: name, owner, until: Date.now() + leaseMs });
    };
  });
  return mine;
}

/**
 * Runs `work` while no other tab runs work of this name: by Web Locks, else by a lease, else unprotected.
 * @param work is handed what it awaits before each send. That rejects when the lease is lost: the timers of a tab in the
 * background hardly run, those of a frozen one not at all
 */
export async function exclusively<T>(name: string, work: (hold: () => Promise<void>) => Promise<T>): Promise<T> {
  const locks = navigator.locks as LockManager | undefined;
  if (locks) return locks.request(`staff-assign:${name}`, () => work(async () => {}));
  const owner = randomId();
  let leased = true;
  const change = async (step: "take" | "renew" | "release") => {
    try {
      return !leased || (await lease(name, owner, step));
    } catch {
      // Storage is gone, and with it every other tab's outbox: there is nobody to exclude.
      leased = false;
      return true;
    }
  };
  while (!(await change("take"))) await wait(leasePollMs);
  const renewal = setInterval(change, leaseMs / 3, "renew");
  try {
    return await work(async () => {
      if (!(await change("renew"))) throw new StaffAssignError("timeout", "another tab has taken over");
    });
  } finally {
    clearInterval(renewal);
    change("release");
  }
}
