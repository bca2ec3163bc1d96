/**
 * Work cards and fulfil tasks as the platform's queries tell them, and the question that matters: is the wanted worker
 * on it? Pure. Both queries also carry buyers' data; only what is named here is read, nothing is kept.
 */
import { maskName } from "../../mask.ts";
import { bareMobile } from "../../mobile.ts";
import type { GuideReference } from "../channel.ts";
import { asMembers, type Members, readId, readList, readText } from "./answer.ts";
import { readSuccess } from "./assign-worker.ts";

/** The full query and its twin that masks personal data: same parameters, same members. */
export const workCardApis = {
  full: "tmall.servicecenter.workcard.query",
  masked: "tmall.servicecenter.workcard.desensitization.query",
} as const;
export type WorkCardView = keyof typeof workCardApis;

export const fulfilTaskApi = "alibaba.servicecenter.fulfiltask.query";

/** The worker on a card, as far as the answer tells; all absent: nobody. */
export interface CardWorker {
  id?: string;
  /** may be masked by the platform */
  mobile?: string;
  name?: string;
}

export interface WorkCard {
  id: string;
  status: string;
  /** 网点; absent: the answer does not tell it */
  storeId?: string;
  worker: CardWorker;
}

export interface FulfilTask {
  status: string;
  workCardIds: readonly string[];
}

export type QueryResult<T> = { kind: "found"; value: T } | { kind: "missing" } | { kind: "unreadable" };

/** 工单不存在, as the page of the assignment documents it; its sibling calls share one system behind them. */
const noSuchCard = "1008";

/** @param id the card that was asked for; an answer about another one is no answer */
export function readWorkCard(content: Members, id: string): QueryResult<WorkCard> {
  const result = asMembers(content.result);
  if (!result) return { kind: "unreadable" };
  if (readSuccess(result.success) !== true) {
    return { kind: readText(result.msg_code) === noSuchCard ? "missing" : "unreadable" };
  }
  const cards = readRows(asMembers(result.result_data), "data_list");
  if (!cards) return { kind: "unreadable" };
  if (cards.length === 0) return { kind: "missing" };
  const card = cards.find((candidate) => readId(candidate.id) === id);
  if (!card) return { kind: "unreadable" };
  const provider = asMembers(card.service_provider) ?? {};
  const storeId = readId(provider.service_store_id);
  return {
    kind: "found",
    value: {
      id,
      status: readText(card.status_code),
      ...(storeId !== undefined && { storeId }),
      worker: readWorker(provider),
    },
  };
}

/** @param task what was asked for: one of both */
export function readFulfilTask(
  content: Members,
  task: { outerId: string } | { fulfilTaskId: string },
): QueryResult<FulfilTask> {
  const result = asMembers(content.result);
  if (!result || readSuccess(result.success) !== true) return { kind: "unreadable" };
  const tasks = readRows(result, "values");
  if (!tasks) return { kind: "unreadable" };
  if (tasks.length === 0) return { kind: "missing" };
  const found = tasks.find((candidate) =>
    "outerId" in task ? readText(candidate.outer_id) === task.outerId : readId(candidate.id) === task.fulfilTaskId,
  );
  const ids = found && readList(found.workcard_id_list)?.map(readId);
  if (!ids || ids.length === 0) return { kind: "unreadable" };
  const workCardIds = ids.filter((id) => id !== undefined);
  if (workCardIds.length !== ids.length) return { kind: "unreadable" };
  return { kind: "found", value: { status: readText(found.status_code), workCardIds } };
}

/** @returns undefined unless every row is an object; an absent list is an empty one only where the count says so */
function readRows(page: Members | undefined, list: string): Members[] | undefined {
  if (!page) return undefined;
  const rows = page[list] === undefined && readText(page.total_count) === "0" ? [] : readList(page[list]);
  const members = rows?.map(asMembers).filter((row) => row !== undefined);
  return members?.length === rows?.length ? members : undefined;
}

function readWorker(provider: Members): CardWorker {
  const id = readId(provider.worker_id);
  const mobile = readText(provider.worker_mobile);
  const name = readText(provider.worker_name);
  return { ...(id && { id }), ...(mobile && { mobile }), ...(name && { name }) };
}

/** What the cards of one order say about an assignment. */
export type Standing =
  | { kind: "wanted" | "nobody" | "undecidable" }
  /** somebody else, with the identity to name in `current` */
  | { kind: "other"; guide: GuideReference };

/**
 * A task may hold several cards: all must have the wanted worker; one with somebody else is a conflict; one that
 * cannot be judged leaves everything open. A replaced worker counts as nobody.
 */
export function standingOf(
  workers: readonly CardWorker[],
  wanted: GuideReference,
  replaced: readonly GuideReference[],
): Standing {
  let vacant = workers.length === 0;
  let undecidable = false;
  for (const worker of workers) {
    if (isNobody(worker)) {
      vacant = true;
      continue;
    }
    const isWanted = isSameWorker(worker, wanted);
    if (isWanted === true) continue;
    const isReplaced = isOneOf(worker, replaced);
    if (isReplaced === true && isWanted === false) {
      vacant = true;
      continue;
    }
    const guide = identityOf(worker);
    if (isWanted === undefined || isReplaced === undefined || !guide) undecidable = true;
    else return { kind: "other", guide };
  }
  if (undecidable) return { kind: "undecidable" };
  return { kind: vacant ? "nobody" : "wanted" };
}

export const isNobody = (worker: CardWorker) =>
  worker.id === undefined && worker.mobile === undefined && worker.name === undefined;

/** @returns undefined when the card does not show what identity needs; names never decide */
function isSameWorker(worker: CardWorker, guide: GuideReference): boolean | undefined {
  if ("id" in guide) return worker.id === undefined ? undefined : worker.id === guide.id;
  if (worker.mobile === undefined) return undefined;
  if (worker.mobile.includes("*")) return fitsMask(worker.mobile, guide.mobile) ? undefined : false;
  return bareMobile(worker.mobile) === bareMobile(guide.mobile);
}

function isOneOf(worker: CardWorker, guides: readonly GuideReference[]): boolean | undefined {
  const each = guides.map((guide) => isSameWorker(worker, guide));
  return each.includes(true) || (each.includes(undefined) ? undefined : false);
}

/** Nobody here gave this name, so it goes no further than masked; the mobile is digested where it is kept. */
function identityOf(worker: CardWorker): GuideReference | undefined {
  const name = worker.name === undefined ? {} : { name: maskName(worker.name) };
  if (worker.id !== undefined) return { id: worker.id, ...name };
  const mobile = worker.mobile && !worker.mobile.includes("*") ? bareMobile(worker.mobile) : "";
  return mobile === "" ? undefined : { mobile, ...name };
}

/** Whether a mask such as 138****5678 or +86138****5678 could hide this mobile; no proof that it does. */
function fitsMask(masked: string, mobile: string): boolean {
  const shown = masked.replace(/[^\d*]/g, "");
  const head = /^\d*/.exec(shown)?.[0] ?? "";
  const tail = /\d*$/.exec(shown)?.[0] ?? "";
  const bare = bareMobile(mobile);
  return [bare, `86${bare}`, `0086${bare}`].some((digits) => digits.startsWith(head) && digits.endsWith(tail));
}
