/**
 * Where the picker's people come from: the partner's own list (array or loader), else the store's guides from the
 * edge, ten at a time.
 */
import type { AssignmentClient } from "./assignment-client.ts";
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

function readOptions(list: unknown): GuideOption[] {
  const options: GuideOption[] = [];
  for (const item of Array.isArray(list) ? list : []) {
    const option: GuideOption = {};
    for (const member of members) {
      const value = own(item, member);
      if (isText(value)) option[member] = value;
    }
    if (option.id || option.mobile) options.push(option);
  }
  return options;
}

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
export const readLightList = (host: Element): GuideOption[] =>
  Array.from(host.querySelectorAll("option"), ({ value, text }) => ({ id: value, name: text }));

export class GuideList {
  _guides: GuideOption[] = [];
  _loading = false;
  _failed = false;
  private readonly _changed: () => void;
  private _source: GuideSource | undefined;
  private _client: AssignmentClient | undefined;
  private _storeId = "";
  private _total = 0;
  private _run = 0;

  constructor(changed: () => void) {
    this._changed = changed;
  }

  /** Whether there is anything to choose from; without it a guide's number is typed. */
  get _known() {
    return this._source || this._storeId;
  }

  get _hasMore() {
    return this._guides.length < this._total;
  }

  _use(source: GuideSource | undefined, client: AssignmentClient | undefined, storeId = "") {
    if (source === this._source && client === this._client && storeId === this._storeId) return;
    this._source = source;
    this._client = client;
    this._storeId = storeId;
    this._run++;
    this._loading = false;
    this._total = 0;
    this._guides = readOptions(source);
  }

  /** Loads what a look at the list, or a search in it, needs. */
  async _search(query: string): Promise<void> {
    const source = this._source;
    const [client, storeId] = [this._client, this._storeId];
    if (typeof source === "function") {
      await this._load(async () => {
        this._guides = readOptions(await source(query));
      });
    } else if (!source && client && storeId) {
      if (!this._guides.length) await this._more();
      for (let page = 0; query && this._hasMore && !this._failed && page < maxSearchPages; page++) await this._more();
    }
  }

  /** The next page of the store's guides. */
  async _more(): Promise<void> {
    const client = this._client;
    if (!client) return;
    await this._load(async (isCurrent) => {
      const { data, total } = await client._guides(this._storeId, this._guides.length);
      if (!isCurrent()) return;
      const found = readOptions(data);
      const known = new Set(this._guides.map(({ id }) => id));
      this._guides = this._guides.concat(found.filter(({ id }) => !known.has(id)));
      // An empty page ends the list, whatever total it claims.
      this._total = found.length ? Number(total) : 0;
    });
  }

  /** Work that newer work overtakes is dropped. */
  private async _load(work: (isCurrent: () => boolean) => Promise<void>) {
    const run = ++this._run;
    const isCurrent = () => run === this._run;
    this._loading = true;
    this._failed = false;
    this._changed();
    await work(isCurrent).catch(() => {
      this._failed = isCurrent();
    });
    if (!isCurrent()) return;
    this._loading = false;
    this._changed();
  }
}
