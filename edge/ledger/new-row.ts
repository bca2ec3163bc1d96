/** What a caller wants, and the assignment that begins with it. Pure. */
import type { Caller } from "../access/caller.ts";
import type { AssignmentIntent } from "../channels/channel.ts";
import type { Identity, Wanted } from "./decide.ts";
import { fingerprint, guideKey, guideView, type IdentityKeys } from "./identity.ts";
import type { Call } from "./protocol.ts";
import type { Origin } from "./runner.ts";
import type { Row } from "./store.ts";
import { tenantOf } from "./tenant.ts";

/** Who asked, as the audit names it. */
export const originOf = ({ caller, requestId }: Pick<Call, "caller" | "requestId">): Origin => ({
  ...(caller.session && { session: caller.session.id }),
  ...(caller.origin !== undefined && { origin: caller.origin }),
  requestId,
});

export function wantedOf(
  caller: Pick<Caller, "partnerId" | "subMchid" | "storeId">,
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
    ...tenantOf(caller),
    ...identityUnder(present),
    replaces,
    ...(earlier.length > 0 && { earlier: () => earlier.map(identityUnder) }),
  };
}

/** @param now epoch milliseconds @param uncertain an earlier send for the order may have taken effect */
export function newRow(
  id: string,
  now: number,
  wanted: Wanted,
  intent: AssignmentIntent,
  idempotencyKey: string | undefined,
  uncertain: boolean,
): Row {
  return {
    id,
    partner: wanted.partner,
    subMchid: wanted.subMchid,
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
    uncertain,
    attempts: 0,
    createdAt: now,
    assignedAt: undefined,
    failure: undefined,
    upstreamRequestId: undefined,
    observed: false,
  };
}
