/**
 * The Tmall channel: one attempt of an assignment, and the look at an order. TOP has no idempotency key, so whenever an
 * earlier or the present send may have run, the work card decides and not a second send.
 * Trade-off: a doubtful answer costs one or two calls more; an order with two workers costs a visit in vain.
 */
import type { GuideView } from "../../../shared/contract.ts";
import { maskMobile, maskName } from "../../mask.ts";
import { type Failure, ok, type Result } from "../../problem.ts";
import type {
  AssignmentIntent,
  AttemptOptions,
  Channel,
  ChannelRuntime,
  GuideReference,
  OrderReference,
  OrderSight,
  Verdict,
} from "../channel.ts";
import { assignWorkerApi, assignWorkerParameters, readBusinessResult } from "./assign-worker.ts";
import type { TopAuthorisation } from "./authorisation.ts";
import { createTopClient } from "./client.ts";
import type { TmallCredentials } from "./credentials.ts";
import { failureOf, type TopFault } from "./errors.ts";
import { createCardReader } from "./read-back.ts";
import { type CardWorker, isNobody, type Standing, standingOf, type WorkCardView } from "./work-card.ts";

/** A ban this short is waited out within the attempt's budget; a longer one is told to the cashier. */
const longestAwaitedBanMs = 5_000;
/** A page asks and waits: two calls at most fit in, task and card. */
const orderLookUpMs = 8_000;
const orderNotFound = { reason: "order_not_found", field: "order" } as const;
/** 1008 is this call's own; the others are those of its sibling calls, which share one system behind them. */
const msgCodes: Readonly<Record<string, Pick<Failure, "reason" | "field">>> = {
  "1008": orderNotFound,
  "5100": { reason: "order_closed", field: "order" },
  "10006": { reason: "guide_not_found", field: "guide" },
  "10010": { reason: "store_invalid", field: "storeId" },
};

/** What one send brought; `doubtful` is a no that the card may contradict, `refused` one that stands. */
type SendResult =
  | Extract<Verdict, { kind: "assigned" | "unsent" | "unknown" }>
  | { kind: "refused" | "doubtful"; failure: Failure; local?: boolean };

type ReadBack =
  | { kind: "standing"; standing: Standing; requestId: string | undefined }
  | { kind: "missing" }
  | { kind: "unreadable"; failure: Failure; retryAfterMs?: number };

export function createTmallChannel(options: {
  credentials: TmallCredentials;
  authorisation: TopAuthorisation;
  runtime: ChannelRuntime;
}): Channel {
  const { credentials, runtime } = options;
  const client = createTopClient(options);
  const cards = createCardReader(client, runtime.now);

  async function assign(intent: AssignmentIntent, attempt: AttemptOptions): Promise<Verdict> {
    if (intent.channel !== "tmall") throw new TypeError("the Tmall channel was given an intent of another channel");
    if (attempt.uncertain) {
      const settled = await settle(intent, attempt);
      if (settled) return withoutPersonalData(settled, intent.guide);
    }
    const sent = await send(intent, attempt);
    return withoutPersonalData(await conclude(sent, intent, attempt), intent.guide);
  }

  /** Before a second send. @returns undefined when the card is free for it */
  async function settle(intent: AssignmentIntent, attempt: AttemptOptions): Promise<Verdict | undefined> {
    const back = await readBack(intent, attempt);
    if (back.kind === "unreadable") return { ...back, kind: "unknown" };
    if (back.kind === "missing") return { kind: "unknown", failure: noCard };
    switch (back.standing.kind) {
      case "wanted":
        return { kind: "assigned", evidence: "read-back", ...upstreamRequestId(back.requestId) };
      case "other":
        return { kind: "taken", guide: back.standing.guide, ...upstreamRequestId(back.requestId) };
      case "undecidable":
        return { kind: "unknown", failure: undecidable };
      case "nobody":
        return undefined;
    }
  }

  /** After a send: where the answer leaves a doubt, or an earlier send may still have run, the card has the last word. */
  async function conclude(sent: SendResult, intent: AssignmentIntent, attempt: AttemptOptions): Promise<Verdict> {
    switch (sent.kind) {
      case "assigned":
      case "unknown":
        return sent;
      case "unsent":
        // This one never ran; the earlier one may be under way yet, so the next attempt must read the card again.
        return attempt.uncertain ? { ...sent, kind: "unknown" } : sent;
      case "refused":
      case "doubtful":
        break;
    }
    const { failure } = sent;
    const rejected: Verdict = { kind: "rejected", failure };
    if (sent.kind === "refused" && (!attempt.uncertain || sent.local)) return rejected;
    const back = await readBack(intent, attempt);
    const open = (why: Failure): Verdict => ({
      kind: "unknown",
      failure: { ...why, ...(failure.upstream && { upstream: failure.upstream }) },
      ...("retryAfterMs" in back && { retryAfterMs: back.retryAfterMs }),
    });
    switch (back.kind) {
      case "unreadable":
        return open(undecidable);
      case "missing":
        // No card, no worker on it: a first send was refused. An earlier one may have met a card that is gone by now.
        return attempt.uncertain ? open(noCard) : { kind: "rejected", failure: { ...orderNotFound, ...failure } };
      case "standing":
        break;
    }
    switch (back.standing.kind) {
      case "wanted":
        return { kind: "assigned", evidence: "read-back", ...upstreamRequestId(back.requestId) };
      case "undecidable":
        return open(undecidable);
      case "nobody":
      case "other":
        return rejected;
    }
  }

  function refusal({ checkReason }: AssignmentIntent): Failure | undefined {
    if (checkReason === undefined || credentials.allowedCheckReasons.has(checkReason)) return undefined;
    return {
      code: "invalid_request",
      detail: "The check reason is not one that the merchant's configuration allows",
      reason: "parameter_invalid",
      field: "checkReason",
    };
  }

  async function send(intent: AssignmentIntent, { deadline }: AttemptOptions): Promise<SendResult> {
    // The configuration may have changed since the ledger asked.
    const failure = refusal(intent);
    if (failure) return { kind: "refused", failure, local: true };
    const outcome = await client.call(assignWorkerApi, assignWorkerParameters(intent), deadline);
    switch (outcome.kind) {
      case "unsent":
      case "unknown":
        return outcome;
      case "fault":
        return resultOfFault(outcome.fault);
      case "content":
        break;
    }
    const requestId = outcome.requestId;
    const result = readBusinessResult(outcome.content, credentials.okCodes);
    switch (result.kind) {
      case "success":
        return { kind: "assigned", evidence: "answer", ...upstreamRequestId(requestId) };
      case "unreadable":
        runtime.telemetry.count("top_unreadable", { api: assignWorkerApi, cause: "no_result" });
        return { kind: "unknown", failure: { code: "upstream_unverified", detail: "Tmall's answer has no result" } };
      case "contradictory":
        // Counted by code, so that an operator can tell a success code that is not in okCodes yet.
        runtime.telemetry.count("tmall_contradictory_success", { msgCode: result.msgCode });
        return { kind: "doubtful", failure: failureOfResult(result, requestId) };
      case "refused":
        return { kind: "refused", failure: failureOfResult(result, requestId) };
    }
  }

  function resultOfFault(fault: TopFault): SendResult {
    const failure = failureOf(fault, runtime.now());
    switch (fault.kind) {
      case "banned": {
        const retryAfterMs = fault.ban.untilMs - runtime.now();
        if (retryAfterMs > longestAwaitedBanMs) return { kind: "refused", failure };
        return { kind: "unsent", failure, retryAfterMs: Math.max(0, retryAfterMs) };
      }
      case "unexecuted":
        return { kind: "unsent", failure };
      case "unknown":
        return { kind: "unknown", failure };
      case "doubtful":
        return { kind: "doubtful", failure };
      case "refused":
      case "clock":
      case "session":
        return { kind: "refused", failure };
    }
  }

  /** The masked query shows ids, which is enough for a guide known by id; mobiles need the full one. */
  async function readBack(intent: AssignmentIntent, attempt: AttemptOptions): Promise<ReadBack> {
    runtime.telemetry.count("tmall_read_back");
    if (!("id" in intent.guide)) return readCards("full", intent, attempt);
    const back = await readCards("masked", intent, attempt);
    const isOpen = back.kind === "standing" && back.standing.kind === "undecidable";
    return isOpen ? readCards("full", intent, attempt) : back;
  }

  async function readCards(view: WorkCardView, intent: AssignmentIntent, attempt: AttemptOptions): Promise<ReadBack> {
    const order = { order: intent.order, orderKind: intent.orderKind ?? ("workcard" as const) };
    const found = await cards.lookUp(order, view, attempt.deadline);
    switch (found.kind) {
      case "found": {
        const workers = found.cards.map((card) => card.worker);
        const standing = standingOf(workers, intent.guide, attempt.replaced ?? []);
        return { kind: "standing", standing, requestId: found.requestId };
      }
      case "missing":
        return found;
      case "unreadable": {
        const { failure, fault } = found;
        if (fault?.kind !== "banned") return { kind: "unreadable", failure };
        return { kind: "unreadable", failure, retryAfterMs: Math.max(0, fault.ban.untilMs - runtime.now()) };
      }
    }
  }

  async function readOrder(order: OrderReference): Promise<Result<OrderSight | null>> {
    const found = await cards.lookUp(order, "masked", runtime.now() + orderLookUpMs);
    switch (found.kind) {
      case "missing":
        return ok(null);
      case "unreadable":
        return { ok: false, failure: found.failure };
      case "found":
        return ok({
          order: order.order,
          orderKind: order.orderKind,
          status: found.status,
          checkedAt: new Date(runtime.now()).toISOString(),
          cards: found.cards.map(({ storeId, worker }) => ({
            ...(storeId !== undefined && { storeId }),
            ...(!isNobody(worker) && { guide: viewOf(worker) }),
          })),
        });
    }
  }

  return { name: "tmall", refusal, assign, readOrder };
}

const undecidable: Failure = {
  code: "upstream_unverified",
  detail: "Whether the worker is on the work card could not be read",
};

const noCard: Failure = { ...undecidable, reason: "order_not_found" };

const upstreamRequestId = (requestId: string | undefined) => (requestId ? { upstreamRequestId: requestId } : {});

function failureOfResult(
  result: { msgCode: string | undefined; message: string },
  requestId: string | undefined,
): Failure {
  const { msgCode, message } = result;
  return {
    code: "upstream_rejected",
    detail: "Tmall refused the assignment; its message says why",
    ...(msgCode !== undefined && Object.hasOwn(msgCodes, msgCode) && msgCodes[msgCode]),
    upstream: { ...(msgCode && { code: msgCode }), ...(message && { message }), ...(requestId && { requestId }) },
  };
}

/** The platform's message may quote the worker it is about; what leaves here does so masked. */
function withoutPersonalData(verdict: Verdict, guide: GuideReference): Verdict {
  if (verdict.kind === "assigned" || verdict.kind === "taken") return verdict;
  const { failure } = verdict;
  if (failure.upstream?.message === undefined) return verdict;
  let { message } = failure.upstream;
  if ("mobile" in guide) {
    const masked = maskMobile(guide.mobile);
    // The platform may quote it without its plus.
    message = message.replaceAll(guide.mobile, masked).replaceAll(guide.mobile.replace("+", ""), masked);
  }
  if (guide.name) message = message.replaceAll(guide.name, maskName(guide.name));
  return { ...verdict, failure: { ...failure, upstream: { ...failure.upstream, message } } };
}

const viewOf = ({ id, mobile, name }: CardWorker): GuideView => ({
  ...(id && { id }),
  ...(mobile && { mobile: maskMobile(mobile) }),
  ...(name && { name: maskName(name) }),
});
