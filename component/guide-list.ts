/**
 * Where the picker's people come from: the partner's own list (array or loader), else the store's guides from the
 * edge, ten at a time, or looked up there by mobile.
 */
import type { Client } from "./assignment-client.ts";
import { wait } from "./clock.ts";
import type { Told } from "./locales/text.ts";
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
/** ms after the last key until a search asks: longer than the keys of a name are apart */
const searchDelayMs = 200;

const members = "id mobile name workId userId".split(" ") as (keyof GuideOption)[];

const readOptions = (list: unknown): GuideOption[] =>
  (Array.isArray(list) ? list : [])
    .map((item) => {
      const option: GuideOption = {};
      for (const member of members) {
        const value = own(item, member);
        if (isText(value)) option[member] = value;
        else if (value) console.error("staff-assign: guides", item);
      }
      return option;
    })
    .filter(({ id, mobile }) => id || mobile);

/** A list from text; what is not JSON is told on the console, since only a developer can mend it. No text, no list. */
export function parseGuides(text: string | null): GuideOption[] | undefined {
  try {
    return text === null ? undefined : readOptions(parseJson(text || "[]"));
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

const nobody: Told = { code: "nobody" };
const loading: Told = { code: "loading" };

type Loaded = [guides: GuideOption[], loaded: number, total: number];

export type GuideList = ReturnType<typeof createGuideList>;

export function createGuideList(changed: () => void) {
  let source: GuideSource | undefined;
  let client: Client | undefined;
  let storeId: string | undefined;
  /** people on the store's pages: those that are loaded, and all */
  let loaded = 0;
  let total = 0;
  let run = 0;
  /** what an open list looks for */
  let wanted: string | undefined;

  const note = (what: Told) => {
    list._note = what;
    changed();
  };

  /** Work that newer work overtakes is dropped. @param work answers with all that is known then  @returns whether it came to a good end */
  async function load(work: () => Promise<Loaded>): Promise<boolean> {
    const mine = ++run;
    let result = nobody;
    note(loading);
    try {
      const found = await work();
      if (mine === run) [list._guides, loaded, total] = found;
    } catch (error) {
      result = (own(error, "code") ? error : { code: "network" }) as Told;
    }
    if (mine !== run) return false;
    note(result);
    return result === nobody;
  }

  /** Those that are known, and those found that are new. */
  const merged = (found: unknown) =>
    list._guides.concat(readOptions(found).filter(({ id }) => list._guides.every((guide) => guide.id !== id)));

  const list = {
    _guides: [] as GuideOption[],
    /** what an empty list says */
    _note: nobody,

    /** Whether there is anything to choose from; without it a guide's number is typed. */
    _known: () => source || storeId,
    _hasMore: () => loaded < total,
    /** Whether there may be people who are not loaded. */
    _isRemote: () => list._known() && !Array.isArray(source),

    /** What is looked for goes on to be looked for in another list. */
    _use(newSource: GuideSource | undefined, newClient: Client | undefined, newStoreId: string | undefined) {
      if (newSource === source && newClient === client && newStoreId === storeId) return;
      const again = wanted;
      list._stop();
      source = newSource;
      client = newClient;
      storeId = newStoreId;
      loaded = total = 0;
      list._guides = readOptions(source);
      if (again !== undefined) list._search(again);
    },

    /** Ends what is under way: nobody looks any more. */
    _stop() {
      run++;
      wanted = undefined;
      note(nobody);
    },

    /** Loads what a look at the list, or a search in it, needs. */
    async _search(query: string) {
      wanted = query;
      if (!list._isRemote()) return;
      const pause = async (): Promise<Loaded> => {
        if (query) await wait(searchDelayMs);
        return [list._guides, loaded, total];
      };
      if (!(await load(pause))) return;
      if (source) load(async () => [readOptions(await (source as GuideLoader)(query)), 0, 0]);
      else if (/^1\d{10}$/.test(query)) {
        load(async () => {
          const found = await (client as Client)._guidesByMobile(storeId as string, query);
          // The edge names no mobiles: who is found by one is marked with it, so that the row fits what is typed.
          return [merged(found.map((guide) => Object.assign(guide as object, { mobile: query }))), loaded, total];
        });
      } else {
        let page = 0;
        while ((loaded ? query && list._hasMore() : !page) && page++ < maxSearchPages && (await list._more()));
      }
    },

    /** The next page of the store's guides. */
    _more: () =>
      load(async () => {
        const { data, total: all } = await (client as Client)._guides({
          storeId: storeId as string,
          limit: "10",
          offset: `${loaded}`,
        });
        // An empty page ends the list, whatever total it claims.
        return [merged(data), loaded + data.length, data.length && Number(all)];
      }),

    /** The person with this id, badge number or account, as a scanner reads it. */
    _find: (code: string) => list._guides.find(({ id, workId, userId }) => [id, workId, userId].includes(code)),

    /** Looks for somebody who is not loaded. Rejects when nobody can say. */
    async _ask(code: string) {
      list._guides = merged(
        source
          ? await (source as GuideLoader)(code)
          : (await (client as Client)._guides({ storeId: storeId as string, workId: code })).data,
      );
      return list._find(code);
    },
  };
  return list;
}
