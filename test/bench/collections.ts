/** For how long the garbage collector stops an isolate, as V8 tells it itself. Pure. */

export const collectionFlags = ["--trace-gc", "--trace-gc-nvp"];

/** Milliseconds of the isolate's thread. */
export interface Pauses {
  count: number;
  totalMs: number;
  longestMs: number;
}

export interface Collections {
  young: Pauses;
  full: Pauses;
  /** of the full ones, V8's own work: marking, clearing, moving; in what is left the runtime frees its objects that died */
  fullByV8Ms: number;
  /** objects of the runtime (a request, a cursor, a call's promise) that collections of the young generation found in use */
  handlesKept: number;
}

interface Collection {
  gc: string;
  pause: number;
  nodes_copied_in_new: number;
  mark: number;
  clear: number;
  evacuate: number;
  sweep: number;
  finish: number;
}

/** @param output what a process prints that runs with these flags, among other lines */
export function collectionsIn(output: string): Collections {
  const collections = [...output.matchAll(/ ms: GC: (\{.*\})/g)].map(([, json = ""]) => JSON.parse(json) as Collection);
  const young = collections.filter(({ gc }) => gc === "s");
  const full = collections.filter(({ gc }) => gc === "mc");
  return {
    young: pausesOf(young),
    full: pausesOf(full),
    fullByV8Ms: full.reduce(
      (sum, { mark, clear, evacuate, sweep, finish }) => sum + mark + clear + evacuate + sweep + finish,
      0,
    ),
    handlesKept: young.reduce((sum, collection) => sum + collection.nodes_copied_in_new, 0),
  };
}

function pausesOf(collections: readonly Collection[]): Pauses {
  const pauses = collections.map(({ pause }) => pause);
  return {
    count: pauses.length,
    totalMs: pauses.reduce((sum, pause) => sum + pause, 0),
    longestMs: Math.max(0, ...pauses),
  };
}
