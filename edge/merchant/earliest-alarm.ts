/** What it needs of an object's storage. */
interface AlarmStorage {
  getAlarm(): Promise<number | null>;
  setAlarm(at: number): Promise<void>;
}

/**
 * An object has one alarm for everything that is due. Wishes are heard one after another: two that looked at the clock
 * at the same time could otherwise leave the later one in force.
 */
export function createEarliestAlarm(storage: AlarmStorage) {
  let last: Promise<unknown> = Promise.resolve();
  /** @param at epoch milliseconds */
  return (at: number): Promise<void> => {
    const set = last.then(async () => {
      const now = await storage.getAlarm();
      if (now === null || at < now) await storage.setAlarm(at);
    });
    // what failed for one is told to that one, and keeps nobody else waiting
    last = set.catch(() => {});
    return set;
  };
}
