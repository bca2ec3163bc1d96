/** What a caller wants, and the assignment that begins with it. Pure. */
import type { Caller } from "../access/caller.ts";
import type { AssignmentIntent } from "../channels/channel.ts";
import type { Identity, Wanted } from "./decide.ts";
import { fingerprint, guideKey, guideView, type IdentityKeys } from "./identity.ts";
import type { Call } from "./protocol.ts";
import type { Origin } from "./runner.ts";
import type { Row } from "./store.ts";

/** Who asked, as the audit names it. */
export const originOf = ({ caller, requestId }: Pick<Call, "caller" | "requestId">): Origin => ({
  ...(caller.session && { session: caller.session.id }),
  ...(caller.origin !== undefined && { origin: caller.origin }),
  requestId,
});

export function wantedOf(
  { partnerId, storeId }: Pick<Caller, "partnerId" | "storeId">,
  intent: AssignmentIntent,
  replaces: string | undefined,
  idempotencyKey: string | undefined,
  [present, ...earlier]: IdentityKeys,
): Wanted {
  const identityUnder = (key: Uint8Array): Identity => ({
    guideKey: guideKey(intent.guide, key),
    // Only a key is ever compared by what it was used for.
    fingerprint: idempotencyKey === undefined ? "" : fingerprint(intent, replaces, key),
  });
  return {
    partner: partnerId,
    store: storeId ?? "",
    ...identityUnder(present),
    replaces,
    ...(earlier.length > 0 && { earlier: () => earlier.map(identityUnder) }),
  };
}

type Before = Pick<Row, "uncertain" | "guideKey" | "state">;

/**
 * The platform may hold what came before, if that was never proved or disproved. At Tmall the work card is then read first,
 * whoever is named now. WeChat Pay shows no order's guide: there the doubt is about the same parameters sent again, so
 * another guide's refusal is as definite as any, and a refusal in spite of it was about every send of them.
 */
const isInherited = (before: Before, { guideKey }: Wanted, { channel }: AssignmentIntent): boolean =>
  before.uncertain && (channel === "tmall" || (before.guideKey === guideKey && before.state !== "rejected"));

/** @param now epoch milliseconds @param before the order's assignment so far */
export function newRow(
  id: string,
  now: number,
  wanted: Wanted,
  intent: AssignmentIntent,
  idempotencyKey: string | undefined,
  before: Before | undefined,
): Row {
  return {
    id,
    partner: wanted.partner,
    store: wanted.store,
    channel: intent.channel,
    orderKind: intent.orderKind,
    order: intent.order,
    guideKey: wanted.guideKey,
    guide: guideView(intent.guide),
    fingerprint: wanted.fingerprint,
    idempotencyKey,
    replaces: wanted.replaces,
    state: "intent",
    uncertain: before !== undefined && isInherited(before, wanted, intent),
    attempts: 0,
    createdAt: now,
    assignedAt: undefined,
    failure: undefined,
    upstreamRequestId: undefined,
    observed: false,
  };
}
