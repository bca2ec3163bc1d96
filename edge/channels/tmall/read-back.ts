/**
 * Looks an order up at the platform: work cards by their id, outer ids and fulfil tasks by way of their cards. Prefers
 * the query that masks personal data where it suffices, and the other one when the app may not call it.
 */
import type { Failure } from "../../problem.ts";
import type { OrderReference } from "../channel.ts";
import type { Members } from "./answer.ts";
import type { TopClient } from "./client.ts";
import { failureOf, type TopFault } from "./errors.ts";
import {
  fulfilTaskApi,
  type QueryResult,
  readFulfilTask,
  readWorkCard,
  type WorkCard,
  type WorkCardView,
  workCardApis,
} from "./work-card.ts";

/** `fault` is what the platform said where it answered at all. */
export type LookUp =
  | { kind: "found"; status: string; cards: readonly [WorkCard, ...WorkCard[]]; requestId: string | undefined }
  | { kind: "missing" }
  | { kind: "unreadable"; failure: Failure; fault?: TopFault };

export interface CardReader {
  /** @param deadline epoch milliseconds */
  lookUp(order: OrderReference, view: WorkCardView, deadline: number): Promise<LookUp>;
}

/** A task merges a handful of cards; one with more is not read back within an attempt. */
const maxCards = 20;
/** Asking again costs quota; but a permission may be given while assignments wait for it, which they do for 15 minutes. */
const permissionRefusalMs = 10 * 60_000;

/** @param now epoch milliseconds */
export function createCardReader(client: TopClient, now: () => number): CardReader {
  /** until when (epoch milliseconds) the views that the platform refused for want of permission are not asked again */
  const refusedUntil = new Map<WorkCardView, number>();
  const isRefused = (view: WorkCardView) => now() < (refusedUntil.get(view) ?? 0);

  async function lookUp({ order, orderKind }: OrderReference, view: WorkCardView, deadline: number): Promise<LookUp> {
    if (orderKind === "workcard") return lookUpCards([order], undefined, view, deadline);
    const asOuter = orderKind === "outer";
    const task = await query(
      fulfilTaskApi,
      { ...(asOuter ? { outer_id: order } : { fulfil_task_id_list: order }), current_page: "1", page_size: "50" },
      (content) => readFulfilTask(content, asOuter ? { outerId: order } : { fulfilTaskId: order }),
      deadline,
    );
    if (task.kind !== "found") return task;
    const { workCardIds, status } = task.value;
    if (workCardIds.length > maxCards) return unreadable("The task has more work cards than are read");
    return lookUpCards(workCardIds, status, view, deadline);
  }

  /** One card after the other: an object has six connections for everything that it does at once. */
  async function lookUpCards(
    ids: readonly string[],
    taskStatus: string | undefined,
    view: WorkCardView,
    deadline: number,
  ): Promise<LookUp> {
    const cards: WorkCard[] = [];
    let requestId: string | undefined;
    for (const id of ids) {
      const card = await queryCard(id, view, deadline);
      // A task that names a card has it; that this one does not show says nothing about the others.
      if (card.kind === "missing" && taskStatus !== undefined) return unreadable("A work card of the task is missing");
      if (card.kind !== "found") return card;
      cards.push(card.value);
      requestId = card.requestId;
    }
    const [first, ...rest] = cards;
    if (!first) return { kind: "missing" };
    return { kind: "found", status: taskStatus ?? first.status, cards: [first, ...rest], requestId };
  }

  async function queryCard(id: string, preferred: WorkCardView, deadline: number) {
    const other = preferred === "masked" ? "full" : "masked";
    const view = isRefused(preferred) && !isRefused(other) ? other : preferred;
    const ask = (from: WorkCardView) =>
      query(
        workCardApis[from],
        { id, current_page: "1", page_size: "10" },
        (content) => readWorkCard(content, id),
        deadline,
      );
    const answer = await ask(view);
    if (answer.kind !== "unreadable" || !lacksPermission(answer.fault)) return answer;
    refusedUntil.set(view, now() + permissionRefusalMs);
    return view === preferred && !isRefused(other) ? ask(other) : answer;
  }

  async function query<T>(
    api: string,
    parameters: Record<string, string>,
    read: (content: Members) => QueryResult<T>,
    deadline: number,
  ): Promise<{ kind: "found"; value: T; requestId: string | undefined } | Exclude<LookUp, { kind: "found" }>> {
    const outcome = await client.call(api, parameters, deadline);
    switch (outcome.kind) {
      case "content": {
        const result = read(outcome.content);
        if (result.kind === "found") return { ...result, requestId: outcome.requestId };
        return result.kind === "missing" ? result : unreadable("Tmall's answer about the order could not be read");
      }
      case "fault":
        return { kind: "unreadable", failure: failureOf(outcome.fault, now()), fault: outcome.fault };
      case "unsent":
      case "unknown":
        return { kind: "unreadable", failure: outcome.failure };
    }
  }

  return { lookUp };
}

/** Codes 11 (no permission) and 22 (no such method for this app): another query may still be open to it. */
const lacksPermission = (fault: TopFault | undefined): boolean =>
  fault?.kind === "refused" &&
  (fault.failure.reason === "permission_missing" || fault.failure.upstream?.code?.split(" ")[0] === "22");

const unreadable = (detail: string) =>
  ({ kind: "unreadable", failure: { code: "upstream_unverified", detail } }) as const;
