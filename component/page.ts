/** Elements with the same endpoint, session source and fetch share one dispatcher, and so one session and outbox. */
import { createClient } from "./assignment-client.ts";
import { createDispatcher, type Dispatcher } from "./dispatcher.ts";
import type { Fetch } from "./http.ts";
import { createSession, type SessionCallback } from "./session.ts";

type Key = [endpoint: string, source: string | SessionCallback, dpop: boolean, fetch: Fetch | undefined];

const entries: [Key, Dispatcher][] = [];
/** A page that makes a new callback at every render would otherwise keep them all. */
const maxEntries = 16;

/** The line is back, or the page: what waits is tried. */
const awake = () => {
  for (const [, dispatcher] of entries) dispatcher._flush().catch(() => {});
};

export function dispatcherFor(...key: Key): Dispatcher {
  const known = entries.find(([other]) => other.every((value, index) => value === key[index]));
  if (known) return known[1];
  if (!entries.length) {
    addEventListener("online", awake);
    addEventListener("pageshow", awake);
    document.addEventListener("visibilitychange", awake);
  }
  const [endpoint, source, dpop, fetch] = key;
  // Looked up at each call: pages may wrap `fetch` later.
  const used: Fetch = fetch || ((url, init) => self.fetch(url, init));
  const dispatcher = createDispatcher(createClient(endpoint, createSession(source, used, dpop), used));
  entries.unshift([key, dispatcher]);
  entries.splice(maxEntries);
  return dispatcher;
}
