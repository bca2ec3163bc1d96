/**
 * Where the picker's people come from: the partner's own list (array or loader), else the store's guides from the
 * edge, ten at a time, or looked up there by mobile.
 */
import type { Client } from "./assignment-client.ts";
import type { Choice } from "./order.ts";
import { isText, own, parseJson } from "./own.ts";

/** One person of a partner's list: an id, or for Tmall a mobile, and a name. */
export interface GuideOption extends Choice {
  /** number on the badge, or account name: found by search and by scan */
  workId?: string | undefined;
  userId?: string | undefined;
}

/** Called with what was typed; may answer with all or with what fits. */
export type GuideLoader = (query: string) => Promise<readonly GuideOption[]> | readonly GuideOption[];
export type GuideSource = readonly GuideOption[] | GuideLoader;

/** A search goes through at most this many pages of a store, so that a slip of the hand is not hundreds of calls. */
const maxSearchPages = 20;

const members = ["id", "mobile", "name", "workId", "userId"] as const;

const readOptions = (list: unknown): GuideOption[] =>
  (Array.isArray(list) ? list : [])
    .map((item) => {
      const option: GuideOption = {};
      for (const member of members) {
        const value = own(item, member);
        if (isText(value)) option[member] = value;
      }
      return option;
    })
    .filter(({ id, mobile }) => id || mobile);

/** A list from text; what is not JSON is told on the console, since only a developer can mend it. */
export function parseGuides(text: string | null): GuideOption[] {
  try {
    return readOptions(parseJson(text || "[]"));
  } catch (error) {
    console.error("staff-assign: guides", error);
    return [];
  }
}

/** People written into the page: `<option value="id">Name</option>`. */
export function readLightList(host: Element): GuideOption[] | undefined {
  const options = Array.from(host.querySelectorAll("option"), ({ value, text }) => ({ id: value, name: text }));
  return options.length ? options : undefined;
}

export type GuideList = ReturnType<typeof createGuideList>;

export function createGuideList(changed: () => void) {
  let source: GuideSource | undefined;
  let client: Client | undefined;
  let storeId: string | undefined;
  let total = 0;
  let run = 0;

  /** Work that newer work overtakes is dropped. @param work answers with the list and how many there are in all */
  async function load(work: () => Promise<[guides: GuideOption[], total?: number]>) {
    const mine = ++run;
    list._note = "loading";
    changed();
    const found = await work().catch(() => undefined);
    if (mine !== run) return;
    if (found) [list._guides, total = 0] = found;
    list._note = found ? "nobody" : "network";
    changed();
  }

  const list = {
    _guides: [] as GuideOption[],
    /** what an empty list says: the key of its text */
    _note: "nobody" as "nobody" | "loading" | "network",
    /** comes from elsewhere since the last search */
    _stale: false,

    /** Whether there is anything to choose from; without it a guide's number is typed. */
    _known: () => source || storeId,
    _hasMore: () => list._guides.length < total,

    _use(newSource: GuideSource | undefined, newClient: Client | undefined, newStoreId: string | undefined) {
      if (newSource === source && newClient === client && newStoreId === storeId) return;
      source = newSource;
      client = newClient;
      storeId = newStoreId;
      run++;
      list._note = "nobody";
      total = 0;
      list._guides = readOptions(source);
      list._stale = true;
    },

    /** Loads what a look at the list, or a search in it, needs. */
    async _search(query: string) {
      list._stale = false;
      const [loader, edge, store] = [source, client, storeId];
      if (typeof loader === "function") await load(async () => [readOptions(await loader(query))]);
      else if (loader || !edge || !store) return;
      else if (/^1\d{10}$/.test(query)) {
        // The edge names no mobiles: who is found by one is marked with it, so that the row fits what is typed.
        const mark = (guide: GuideOption) => Object.assign(guide, { mobile: query });
        await load(async () => [merged(readOptions(await edge._guidesByMobile(store, query)).map(mark)), total]);
      } else {
        if (!list._guides.length) await list._more();
        for (let page = 0; query && list._hasMore() && list._note !== "network" && page < maxSearchPages; page++)
          await list._more();
      }
    },

    /** The next page of the store's guides. */
    async _more() {
      const [edge, store] = [client, storeId];
      if (!edge || !store) return;
      await load(async () => {
        const { data, total: all } = await edge._guides(store, list._guides.length);
        const found = readOptions(data);
        // An empty page ends the list, whatever total it claims.
        return [merged(found), found.length ? Number(all) : 0];
      });
    },
  };

  /** Those that are known, and those found that are new. */
  const merged = (found: GuideOption[]) =>
    list._guides.concat(found.filter(({ id }) => list._guides.every((guide) => guide.id !== id)));

  return list;
}
