/** Looks into what the element keeps in IndexedDB, and changes it as another tab, or time, would. */

export interface Kept {
  key: string;
  [member: string]: unknown;
}

/** @returns undefined before the element has made its database: who comes to look must not make an empty one */
function open(): Promise<IDBDatabase | undefined> {
  const request = indexedDB.open("staff-assign");
  return new Promise((resolve, reject) => {
    request.onupgradeneeded = () => request.transaction?.abort();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => (request.error?.name === "AbortError" ? resolve(undefined) : reject(request.error));
  });
}

async function read(name: "intents" | "leases"): Promise<Kept[]> {
  const database = await open();
  if (!database) return [];
  try {
    const request = database.transaction(name).objectStore(name).getAll();
    return await new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } finally {
    database.close();
  }
}

async function change(name: "intents" | "leases", edit: (kept: Kept) => void): Promise<void> {
  const all = await read(name);
  const database = await open();
  if (!database) throw new Error("the element has no database");
  const transaction = database.transaction(name, "readwrite");
  for (const kept of all) {
    edit(kept);
    transaction.objectStore(name).put(kept);
  }
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  database.close();
}

export const intents = () => read("intents");
export const changeIntents = (edit: (intent: Kept) => void) => change("intents", edit);
export const leases = () => read("leases");
export const changeLeases = (edit: (lease: Kept) => void) => change("leases", edit);

/** Waits until the outbox looks as it should. */
export async function untilKept(look: (kept: Kept[]) => boolean, what: string): Promise<Kept[]> {
  const limit = performance.now() + 15_000;
  for (;;) {
    const kept = await intents();
    if (look(kept)) return kept;
    if (performance.now() > limit) throw new Error(`waited in vain: ${what}, has ${JSON.stringify(kept)}`);
  }
}
