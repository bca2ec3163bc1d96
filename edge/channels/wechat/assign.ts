/**
 * Assigns a guide to an order. The platform documents a repeat with the same parameters as safe, so an earlier doubtful
 * send needs no read-back, and there is none: orders cannot be queried for their guide. So a doubt ends with a success,
 * or with a refusal that the earlier send must have met too; any other refusal leaves it open.
 */
import { guideIdPattern, outTradeNoPattern } from "../../../shared/contract.ts";
import type { Failure } from "../../problem.ts";
import type { AssignmentIntent, AttemptOptions, Verdict } from "../channel.ts";
import type { WechatClient } from "./client.ts";
import type { WechatCredentials } from "./credentials.ts";
import type { PlatformKeys } from "./platform-keys.ts";
import { subMerchantFault } from "./sub-merchant.ts";
import { jsonBody } from "./wire.ts";

export async function assignGuide(
  { client, credentials, keys }: { client: WechatClient; credentials: WechatCredentials; keys: PlatformKeys },
  intent: AssignmentIntent,
  { deadline, uncertain }: AttemptOptions,
): Promise<Verdict> {
  // What stops this attempt before it is sent says nothing about a send of before.
  const stopped = (kind: "rejected" | "unsent", failure: Failure): Verdict => ({
    kind: uncertain ? "unknown" : kind,
    failure,
  });
  const fault = intentFault(credentials, intent);
  if (fault) return stopped("rejected", fault);
  const guideId = "id" in intent.guide ? intent.guide.id : "";

  // Without any platform key no answer could be trusted: then nothing is sent.
  const key = await keys.inForce(deadline);
  if (!key.ok) return stopped(isOperators(key.failure) ? "rejected" : "unsent", key.failure);

  const send = (platformSerial: string, doubtful: boolean) =>
    client.call({
      operation: "assign",
      method: "POST",
      path: `/v3/smartguide/guides/${guideId}/assign`,
      body: jsonBody({ sub_mchid: intent.subMchid, out_trade_no: intent.order }),
      platformSerial,
      repeatable: true,
      uncertain: doubtful,
      deadline,
    });
  let outcome = await send(key.value.id, uncertain);
  if (outcome.kind !== "ok" && outcome.failure.reason === "platform_key_mismatch") {
    // The certificate that was named may have been rotated away meanwhile; its successor gets one try, under the doubt
    // that the first one left.
    const successor = await keys.successorOf(key.value, deadline);
    if (successor) outcome = await send(successor.id, outcome.kind === "unknown");
  }
  if (outcome.kind !== "ok") return outcome;
  return {
    kind: "assigned",
    evidence: "answer",
    ...(outcome.requestId !== undefined && { upstreamRequestId: outcome.requestId }),
  };
}

/** Keys that an operator must set right stay missing; a busy, limited or garbled download may bring them a moment later. */
const isOperators = ({ code }: Failure) => code === "upstream_unauthorized" || code === "misconfigured";

/**
 * What the contract has checked already is checked again before it becomes a path: `..` as an id would turn the call
 * into another one, and a stored intent may be older than today's rules.
 */
function intentFault(credentials: WechatCredentials, intent: AssignmentIntent): Failure | undefined {
  if (!("id" in intent.guide) || !guideIdPattern.test(intent.guide.id)) {
    return { code: "invalid_request", field: "guide.id", detail: "guide.id must be the id of a WeChat Pay guide." };
  }
  if (!outTradeNoPattern.test(intent.order)) {
    return { code: "invalid_request", field: "order", detail: "order must be a WeChat Pay out_trade_no." };
  }
  return subMerchantFault(credentials.mode, intent.subMchid);
}
