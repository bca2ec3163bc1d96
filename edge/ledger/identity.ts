/**
 * Who and what an assignment is about, in forms that can be compared and kept: a guide's identity is the id, else a
 * keyed digest of the mobile without its country code (a plain digest of eleven digits is no secret), never the name.
 */

import type { AssignmentRequest, GuideView } from "../../shared/contract.ts";
import type { AssignmentIntent, GuideReference } from "../channels/channel.ts";
import { hmacSha256 } from "../digest.ts";
import { isObject } from "../is-object.ts";
import { maskMobile } from "../mask.ts";
import { bareMobile } from "../mobile.ts";
import { nodeCrypto } from "../node-crypto.ts";
import type { Sealer } from "../seal.ts";
import type { OutboxRow } from "./store.ts";

/** The first makes what is kept; what an earlier one made is recognised too. */
export type IdentityKeys = readonly [Uint8Array, ...Uint8Array[]];

/** Derived, so that comparing identities and sealing never share a key. @param storageKey ≥ 32 bytes */
export const identityKeyOf = (storageKey: Uint8Array): Uint8Array =>
  new Uint8Array(nodeCrypto().hkdfSync("sha256", storageKey, new Uint8Array(), "staff-assign identity", 32));

export function guideKey(guide: GuideReference, key: Uint8Array): string {
  return "id" in guide ? `id:${guide.id}` : `mobile:${hmacSha256(key, `mobile ${bareMobile(guide.mobile)}`)}`;
}

export function guideView(guide: GuideReference): GuideView {
  return {
    ...("id" in guide ? { id: guide.id } : { mobile: maskMobile(guide.mobile) }),
    ...(guide.name !== undefined && { name: guide.name }),
  };
}

/** Everything that a send, a resend and a read-back need; the tenant's part comes from the caller alone. */
export function intentOf(
  request: AssignmentRequest,
  tenant: { subMchid?: string; storeId?: string },
): AssignmentIntent {
  if (request.channel === "wechat") {
    return {
      channel: "wechat",
      order: request.order,
      guide: request.guide,
      ...(tenant.subMchid !== undefined && { subMchid: tenant.subMchid }),
    };
  }
  const { guide } = request;
  const name = guide.name === undefined ? {} : { name: guide.name };
  const reference: GuideReference =
    guide.id === undefined ? { mobile: guide.mobile ?? "", ...name } : { id: guide.id, ...name };
  return {
    channel: "tmall",
    order: request.order,
    orderKind: request.orderKind ?? "workcard",
    guide: reference,
    ...(request.operator !== undefined && { operator: request.operator }),
    ...(request.storeId !== undefined && { storeId: request.storeId }),
    ...(request.extension !== undefined && { extension: request.extension }),
    ...(request.checkReason !== undefined && { checkReason: request.checkReason }),
  };
}

/** A Tmall intent may hold a worker's mobile and name, and what a partner puts into `extension`; WeChat's holds numbers. */
export const isSealedAtRest = (intent: AssignmentIntent): boolean => intent.channel === "tmall";

/** An intent as the outbox keeps it. WeChat Pay is never sent a name, so that one is left out; the row has it for display. */
export function intentText(intent: AssignmentIntent): string {
  const { guide } = intent;
  if (intent.channel !== "wechat" || guide.name === undefined) return JSON.stringify(intent);
  return JSON.stringify({ ...intent, guide: { ...guide, name: undefined } });
}

/** @returns undefined when it was sealed under a key that is gone */
export async function openIntent(stored: OutboxRow, sealer: Sealer): Promise<AssignmentIntent | undefined> {
  const text = typeof stored.intent === "string" ? stored.intent : await sealer.open(stored.intent, stored.id);
  return text === undefined ? undefined : (JSON.parse(text) as AssignmentIntent);
}

/** Same bytes for the same request, whatever the order of its members. */
export function fingerprint(intent: AssignmentIntent, replaces: string | undefined, key: Uint8Array): string {
  return hmacSha256(key, canonicalJson({ intent: { ...intent, guide: guideKey(intent.guide, key) }, replaces }));
}

export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    isObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}
