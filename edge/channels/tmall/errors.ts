/**
 * What an `error_response` means, by code and by the beginning of sub_code (never by message text): one pure function.
 * Trade-off: a code that no table knows is not retried, since every failed call costs the app quota and success rate.
 */
import type { ProblemCode } from "../../../shared/problem-codes.ts";
import type { ProblemReason } from "../../../shared/problem-reasons.ts";
import type { Failure } from "../../problem.ts";
import type { TopError } from "./answer.ts";
import { nextTopMidnight, topTimestamp } from "./signing.ts";

/** `api` is a method name, or `*` for the whole app; `untilMs` in epoch milliseconds. */
export interface TopBan {
  api: string;
  untilMs: number;
  reason: "flow_control" | "daily_quota";
}

/**
 * `refused`: a definite no. `doubtful`: a no by the table, though the call may have run; what the platform holds
 * decides. `unexecuted`: certainly not run, may be repeated. `unknown`: may have run. `clock`, `session`, `banned` carry
 * a cause that the caller can act on; their failure stands when it cannot.
 */
export type TopFault =
  | { kind: "refused" | "doubtful" | "unexecuted" | "unknown" | "clock"; failure: Failure }
  | { kind: "session"; failure: Failure /** the session key itself is not accepted any more */; dead: boolean }
  | { kind: "banned"; ban: TopBan; upstream?: NonNullable<Failure["upstream"]> };

/** Flow control that names no duration is counted by the second or the minute. */
const unnamedBanSeconds = 2;
/** A ban beyond this is not flow control by the minute; the quota of the day is spent. */
const longestFlowControlSeconds = 180;
/** A ban cannot outlast the day it is counted in; a larger number is a misreading. */
const longestBanSeconds = 86_400;

export function classify(error: TopError, api: string, nowMs: number): TopFault {
  const { code, subCode = "" } = error;
  const failure = (problem: ProblemCode, detail: string, reason?: ProblemReason, field?: string): Failure => ({
    code: problem,
    detail,
    ...(reason && { reason }),
    ...(field && { field }),
    upstream: upstreamOf(error),
  });
  const operator = (detail: string, reason?: ProblemReason): TopFault => ({
    kind: "refused",
    failure: failure("upstream_unauthorized", detail, reason),
  });

  switch (code) {
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
      return banned();
    case 3:
    case 9:
    case 21:
    case 22:
    case 23:
    case 32:
    case 33:
    case 34:
    case 47:
      return operator("TOP does not accept the form of the call; is the gateway address right?");
    case 11:
      return subCode.startsWith("isv.permission-ip-whitelist")
        ? operator("The app accepts calls from listed IP addresses only, and this one is not listed", "ip_not_allowed")
        : operator("The app lacks the permission for this API", "permission_missing");
    case 12:
    case 13:
      return operator("The user or partner lacks the permission for this API", "permission_missing");
    case 24:
    case 25:
      return operator("TOP refused the signature; are app secret and sign method right?", "signature_refused");
    case 26:
    case 27:
    case 44:
      return session("The session key is missing, expired or withdrawn; authorise the app again", true);
    case 42:
    case 53:
      return session(
        "The session's grant or the app's security level does not suffice; authorise the app again",
        false,
      );
    case 28:
    case 29:
      return operator("TOP does not know the app key in this environment", "merchant_unknown");
    case 30:
    case 31:
      return {
        kind: "clock",
        failure: failure("upstream_unauthorized", "TOP refused the time stamp; the clock is wrong", "clock_skew"),
      };
    case 40:
    case 41:
    case 43:
      return { kind: "refused", failure: refusal("parameter_invalid") };
    default:
      return bySubCode();
  }

  function banned(): TopFault {
    return { kind: "banned", ban: readBan(error, api, nowMs), upstream: upstreamOf(error) };
  }

  function session(detail: string, dead: boolean): TopFault {
    return { kind: "session", dead, failure: failure("upstream_unauthorized", detail, "reauthorise") };
  }

  function refusal(otherwise?: ProblemReason): Failure {
    const { reason = otherwise, field } = readParameterFault(subCode);
    return failure("upstream_rejected", "Tmall refused a parameter of the call", reason, field);
  }

  /** 15, its twin 50, 10, and business codes of old: the prefix of sub_code says who is at fault. */
  function bySubCode(): TopFault {
    if (/^isp\.call-limited|^accesscontrol\./.test(subCode)) return banned();
    if (/^isv\.(?:invalid-permission|permission-)/.test(subCode)) {
      return operator("The app lacks the permission for this API", "permission_missing");
    }
    if (/^isv\.[^:]*-service-error/.test(subCode)) {
      return { kind: "doubtful", failure: failure("upstream_rejected", "A service of Tmall failed on this call") };
    }
    if (subCode.startsWith("isv.")) return { kind: "refused", failure: refusal() };
    const busy = () => failure("upstream_unavailable", "Tmall is busy", "platform_busy");
    if (/^isp\.[^:]*timeout/.test(subCode)) return { kind: "unknown", failure: busy() };
    if (/^isp\.(?:[^:]*service-unavailable|system-busy)/.test(subCode)) return { kind: "unexecuted", failure: busy() };
    if (/^isp\.(?:(?:top-)?remote-(?:service-error|connection-error)|unknown-error)/.test(subCode)) {
      return { kind: "unknown", failure: busy() };
    }
    if (/^isp\.(?:invalid-parameters|top-parse-error)/.test(subCode)) {
      return { kind: "refused", failure: failure("upstream_rejected", "Tmall could not read a parameter of the call") };
    }
    if (code === 10 && subCode === "") return { kind: "unknown", failure: busy() };
    return { kind: "doubtful", failure: failure("upstream_rejected", "Tmall refused the call for a cause of its own") };
  }
}

/** A fault as a failure, for callers that can do nothing about its cause. A ban says when it ends. */
export function failureOf(fault: TopFault, nowMs: number): Failure {
  if (fault.kind !== "banned") return fault.failure;
  const { untilMs, reason } = fault.ban;
  const until = `${topTimestamp(untilMs)} (GMT+8)`;
  return {
    code: "rate_limited",
    detail:
      reason === "daily_quota"
        ? `The app's calls of the day are used up at Tmall, until ${until}`
        : `Tmall limits the app's calls until ${until}`,
    reason,
    retryAfterSeconds: Math.max(1, Math.ceil((untilMs - nowMs) / 1000)),
    ...(fault.upstream && { upstream: fault.upstream }),
  };
}

/** For operators and support: both codes, the text, the request id that Taobao's support asks for. */
function upstreamOf({ code, subCode, message, requestId }: TopError): NonNullable<Failure["upstream"]> {
  const codes = [code, subCode].filter((part) => part !== undefined).join(" ");
  return { ...(codes && { code: codes }), ...(message && { message }), ...(requestId && { requestId }) };
}

/** "This ban will last for N more seconds" */
function readBan({ subCode = "", message }: TopError, api: string, nowMs: number): TopBan {
  const named = /last for (\d{1,9}) more second/i.exec(message)?.[1];
  const seconds = named === undefined ? undefined : Math.min(Number(named), longestBanSeconds);
  const wholeApp = subCode.startsWith("accesscontrol.limited-by-app-access-count");
  const daily = wholeApp || (seconds !== undefined && seconds > longestFlowControlSeconds);
  const untilMs =
    seconds !== undefined
      ? nowMs + seconds * 1000
      : wholeApp
        ? nextTopMidnight(nowMs)
        : nowMs + unnamedBanSeconds * 1000;
  return { api: wholeApp ? "*" : api, untilMs, reason: daily ? "daily_quota" : "flow_control" };
}

/** Parameters of the platform, as the contract names them. */
const fields: Readonly<Record<string, string>> = {
  outer_id: "order",
  fulfil_task_id: "order",
  fulfil_task_id_list: "order",
  workcard_id: "order",
  id: "order",
  target_worker_id: "guide.id",
  target_worker_mobile: "guide.mobile",
  target_worker_name: "guide.name",
  type: "operator",
  service_store_id: "storeId",
  ext_json: "extension",
  stop_order_type_check_reason: "checkReason",
};

/** `isv.invalid-parameter:target_worker_id`, `isv.workcard-not-exist:1898`, `isv.parameters-mismatch:a-and-b` */
function readParameterFault(subCode: string): { reason?: ProblemReason; field?: string } {
  const missing = /^isv\.([a-z_-]+?)-not-exist/.exec(subCode)?.[1];
  if (missing !== undefined) {
    if (/worker/.test(missing)) return { reason: "guide_not_found", field: "guide" };
    if (/store/.test(missing)) return { reason: "store_invalid", field: "storeId" };
    return { reason: "order_not_found", field: "order" };
  }
  if (!/^isv\.(?:missing-parameter|invalid-parameter|parameters-mismatch)/.test(subCode)) return {};
  const name = /^isv\.(?:missing|invalid)-parameter:([a-z_]+)/.exec(subCode)?.[1] ?? "";
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined) return { reason: "parameter_invalid" };
  const reasons: Readonly<Record<string, ProblemReason>> = {
    order: "order_invalid",
    "guide.id": "guide_invalid",
    "guide.mobile": "mobile_invalid",
    "guide.name": "name_invalid",
    storeId: "store_invalid",
  };
  return { reason: reasons[field] ?? "parameter_invalid", field };
}
