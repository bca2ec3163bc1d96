/**
 * The calls behind the guide directory, each under one platform key and one deadline. A query and an update repeat with
 * the same parameters; what registering twice does is documented nowhere, so a person is looked up before each send: an
 * earlier call may have ended in doubt, and its caller may be who calls again.
 */
import { type GuidePage, type GuideRegistration, guideIdPattern } from "../../../shared/contract.ts";
import { type Failure, fail, ok, type Result } from "../../problem.ts";
import type { Outcome } from "./answer.ts";
import { fairWaitMs, type WechatCall, type WechatClient } from "./client.ts";
import type { WechatCredentials } from "./credentials.ts";
import { parseObject } from "./error-body.ts";
import { readGuidePage } from "./guide-page.ts";
import type { PlatformKey } from "./platform-keys.ts";
import { repeatWithin, type WechatRuntime } from "./repeat.ts";
import { encryptField } from "./sensitive-fields.ts";
import { jsonBody, query } from "./wire.ts";

const guidesPath = "/v3/smartguide/guides";

export interface GuideQueryParameters {
  subMchid?: string | undefined;
  storeId: string;
  userId?: string | undefined;
  workId?: string | undefined;
  limit: number;
  offset: number;
}

export interface CallContext {
  client: WechatClient;
  credentials: WechatCredentials;
  runtime: WechatRuntime;
  key: PlatformKey;
  /** epoch milliseconds */
  deadline: number;
}

/** Also what a cached page is named by. */
export function queryString(asked: GuideQueryParameters, encryptedMobile?: string): string {
  return query({
    sub_mchid: asked.subMchid,
    store_id: asked.storeId,
    userid: asked.userId,
    mobile: encryptedMobile,
    work_id: asked.workId,
    limit: String(asked.limit),
    offset: String(asked.offset),
  });
}

export async function queryGuides(
  context: CallContext,
  asked: GuideQueryParameters,
  mobile?: string,
): Promise<Result<GuidePage>> {
  const encryptedMobile = mobile === undefined ? undefined : await encryptField(context.key.encrypt, mobile);
  const call = queryCall(context, queryString(asked, encryptedMobile));
  const answered = await repeatWithin(context.deadline, context.runtime, () => context.client.call(call));
  if (!answered.ok) return answered;
  const page = await readGuidePage(answered.value.body, context.credentials.decryptKey, asked);
  return page ? ok(page) : unreadablePage;
}

export async function updateGuide(
  context: CallContext,
  id: string,
  update: Readonly<Record<"sub_mchid" | "qr_code" | "avatar" | "group_qrcode", string | undefined>>,
  person: { name?: string | undefined; mobile?: string | undefined },
): Promise<Result<null>> {
  const call = callOf(context, {
    operation: "update",
    method: "PATCH",
    path: `${guidesPath}/${id}`,
    body: jsonBody({ ...update, ...(await encryptPerson(context.key, person)) }),
  });
  const answered = await repeatWithin(context.deadline, context.runtime, () => context.client.call(call));
  return answered.ok ? ok(null) : answered;
}

export async function registerGuide(
  context: CallContext,
  guide: GuideRegistration & { subMchid?: string },
): Promise<Result<{ id: string }>> {
  const call = callOf(context, {
    operation: "register",
    method: "POST",
    path: guidesPath,
    body: jsonBody({
      sub_mchid: guide.subMchid,
      corpid: guide.corpId,
      store_id: { digits: guide.storeId },
      userid: guide.userId,
      ...(await encryptPerson(context.key, guide)),
      qr_code: guide.qrCode,
      avatar: guide.avatar,
      group_qrcode: guide.groupQrCode,
    }),
    repeatable: false,
  });
  let doubt: Failure | undefined;
  let found: string | undefined;
  const lookUp = async () => {
    const lookup = await lookUpGuide(context, guide);
    found = lookup.id;
    // That the look-up was refused says nothing about a send in doubt.
    return doubt && lookup.outcome.kind === "rejected"
      ? { ...lookup.outcome, kind: "unknown" as const }
      : lookup.outcome;
  };
  let mustLook = true;
  const answered = await repeatWithin(context.deadline, context.runtime, async () => {
    if (mustLook) {
      const outcome = await lookUp();
      if (found !== undefined || outcome.kind !== "ok") return outcome;
      // A send that nobody waits for would only be one more in doubt.
      if (context.runtime.now() + fairWaitMs > context.deadline) return late(doubt);
    }
    const outcome = await context.client.call(call);
    if (outcome.kind === "unknown") doubt = outcome.failure;
    mustLook = doubt !== undefined;
    if (outcome.kind !== "rejected" || !doubt) return outcome;
    // The send in doubt may have landed meanwhile, and be why this one was refused.
    const now = await lookUp();
    return found === undefined && now.kind === "ok" ? outcome : now;
  });
  // A rate limit says that the last send was too early, not that the one in doubt was.
  if (!answered.ok) return doubt && answered.failure.code === "rate_limited" ? { ok: false, failure: doubt } : answered;
  const id = found ?? parseObject(answered.value.body)?.guide_id;
  if (typeof id === "string" && guideIdPattern.test(id)) return ok({ id });
  return fail("upstream_unverified", "WeChat Pay's answer to the registration holds no guide id.");
}

const late = (doubt: Failure | undefined): Outcome =>
  doubt
    ? { kind: "unknown", failure: doubt }
    : { kind: "unsent", failure: { code: "upstream_unavailable", detail: "The look-up left no time to register." } };

/** @returns an `ok` outcome without id when the platform has no such guide */
async function lookUpGuide(
  context: CallContext,
  { storeId, userId, subMchid }: GuideRegistration & { subMchid?: string },
): Promise<{ outcome: Outcome; id?: string | undefined }> {
  const asked = { subMchid, storeId, userId, limit: 10, offset: 0 };
  const outcome = await context.client.call(queryCall(context, queryString(asked)));
  if (outcome.kind === "rejected" && saysNobody(outcome.failure)) return { outcome: nobody };
  if (outcome.kind !== "ok") return { outcome };
  const page = await readGuidePage(outcome.body, context.credentials.decryptKey, asked);
  if (!page) return { outcome: { kind: "unknown", failure: unreadablePage.failure } };
  return { outcome, id: page.data.find((row) => row.userId === userId)?.id };
}

/**
 * What a query for somebody who is not there answers is documented nowhere: an empty list, or that there is no such
 * resource. Were the second a failure, nobody could be registered.
 */
const saysNobody = ({ code, reason, upstream }: Failure) =>
  code === "upstream_rejected" && (reason === "guide_not_found" || upstream?.code === "RESOURCE_NOT_EXISTS");

const nobody: Outcome = { kind: "ok", body: new Uint8Array() };

const unreadablePage = fail(
  "upstream_unverified",
  "WeChat Pay's list of guides has an unknown form, or holds names that the merchant's private key does not open.",
);

const queryCall = (context: CallContext, parameters: string) =>
  callOf(context, { operation: "query", method: "GET", path: `${guidesPath}?${parameters}` });

const callOf = (
  { key, deadline }: CallContext,
  call: Pick<WechatCall, "operation" | "method" | "path"> & Partial<WechatCall>,
): WechatCall => ({ platformSerial: key.id, repeatable: true, deadline, ...call });

async function encryptPerson(key: PlatformKey, person: { name?: string | undefined; mobile?: string | undefined }) {
  return {
    name: person.name === undefined ? undefined : await encryptField(key.encrypt, person.name),
    mobile: person.mobile === undefined ? undefined : await encryptField(key.encrypt, person.mobile),
  };
}
