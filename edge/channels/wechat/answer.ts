/**
 * What an answer is worth: pure, from status, signature state and body to an outcome. Only a verified 2xx of the
 * documented status is success. Errors are taken as fact when signed; a 401 in the platform's form is too, since WeChat
 * Pay never signs or executes a request whose own signature it refuses. What a stranger on the way may have written is
 * never a fact: outside the platform's form it leaves the outcome open; in that form it ends a first send, labelled as
 * unproved. Only a fact about the parameters themselves ends an assignment that an earlier send may have made already.
 */
import type { Failure } from "../../problem.ts";
import type { SignatureState } from "./answer-signature.ts";
import { parseObject, readError, type UpstreamError } from "./error-body.ts";
import { holdsWheneverSent, type Operation, refusalOf } from "./refusals.ts";

export interface Answer {
  status: number;
  signature: SignatureState;
  body: Uint8Array;
  requestId?: string;
  retryAfterMs?: number;
}

/** As a `Verdict`, with the body of a verified success. */
export type Outcome =
  | { kind: "ok"; body: Uint8Array; requestId?: string }
  | { kind: "rejected"; failure: Failure }
  | { kind: "unsent"; failure: Failure; retryAfterMs?: number }
  | { kind: "unknown"; failure: Failure; retryAfterMs?: number };

/** The one documented success of each operation. */
const successStatus: Readonly<Record<Operation, 200 | 204>> = {
  assign: 204,
  register: 200,
  query: 200,
  update: 204,
  certificates: 200,
  echo: 200,
};

/** HTTP 429 goes by several names, and some products answer them with another status. */
const rateCodes = new Set([
  "RATELIMIT_EXCEEDED",
  "RATE_LIMITED",
  "FREQUENCY_LIMITED",
  "FREQUENCY_LIMIT_EXCEED",
  "FREQUENCY_LIMIT",
]);

/** As far apart as tries are by themselves: a stranger's page that asks for an hour must not end what it did not refuse. */
const maxUnsignedWaitMs = 60_000;

/** @param uncertain an earlier send of the same parameters may have been executed */
export function classify(operation: Operation, answer: Answer, uncertain = false): Outcome {
  const outcome = worthOf(operation, answer);
  // A refused assignment gives its order free; what a refused update or query said before is of no consequence.
  return uncertain && operation === "assign" ? behindDoubt(outcome, answer) : outcome;
}

/** A refusal of today says nothing about a send of before, unless it is about what both had in common. */
function behindDoubt(outcome: Outcome, answer: Answer): Outcome {
  switch (outcome.kind) {
    case "ok":
    case "unknown":
      return outcome;
    case "unsent":
      return { ...outcome, kind: "unknown" };
    case "rejected":
      return answer.signature === "verified" && holdsWheneverSent(readError(answer.body))
        ? outcome
        : { ...outcome, kind: "unknown" };
  }
}

function worthOf(operation: Operation, answer: Answer): Outcome {
  const { status, signature } = answer;
  // A merchant without certificates has nothing to verify this with; believing it costs advice, never an assignment.
  if (operation === "certificates" && status === 404) return refused(operation, answer, readError(answer.body));
  if (signature !== "verified" && signature !== "unsigned") return untrusted(answer, `signature: ${signature}`);
  if (status >= 200 && status < 300) {
    return signature === "verified" ? verifiedSuccess(operation, answer) : untrusted(answer, "no signature");
  }
  const error = readError(answer.body);
  if (signature === "verified" || (status === 401 && isPlatformForm(error))) return refused(operation, answer, error);
  return unsignedError(operation, answer, error);
}

function verifiedSuccess(operation: Operation, answer: Answer): Outcome {
  const error = readError(answer.body);
  const { status, body, requestId } = answer;
  // APIv3, HTTP 202: accepted, to be repeated with the same parameters; a code in it names the progress, not an error.
  if (status === 202)
    return unknown("upstream_unavailable", "WeChat Pay accepted the call without finishing it.", answer, error);
  // An error in the clothes of a success was seen on other calls of the platform.
  if (error.code !== undefined) return refused(operation, answer, error);
  const readable = status === 204 ? body.length === 0 : parseObject(body) !== undefined;
  if (status !== successStatus[operation] || !readable) {
    return unknown(
      "upstream_unverified",
      `WeChat Pay answered HTTP ${status} in a form that is not documented.`,
      answer,
    );
  }
  return { kind: "ok", body, ...(requestId && { requestId }) };
}

/** @param error from a signed answer, or from a 401 */
function refused(operation: Operation, answer: Answer, error: UpstreamError): Outcome {
  const { status } = answer;
  if (status === 429 || (error.code !== undefined && rateCodes.has(error.code))) {
    return {
      kind: "unsent",
      failure: { ...rateLimited(answer), upstream: upstreamOf(answer, error) },
      ...retryAfter(answer),
    };
  }
  if (status >= 500 || status === 408 || error.code === "SYSTEM_ERROR" || error.code === "SERVICE_UNAVAILABLE") {
    return unknown("upstream_unavailable", `WeChat Pay has a fault of its own (HTTP ${status}).`, answer, error);
  }
  if (status >= 300 && status < 400) {
    return unknown(
      "upstream_unverified",
      "WeChat Pay's address answered with a redirect, which is not followed.",
      answer,
    );
  }
  return {
    kind: "rejected",
    failure: { ...refusalOf(operation, status, error), upstream: upstreamOf(answer, error) },
  };
}

/** Every error of APIv3 has a message and a code such as PARAM_ERROR; a gateway's or firewall's page is of another form. */
const isPlatformForm = ({ code = "", message }: UpstreamError) =>
  message !== undefined && /^[A-Z][0-9A-Z_]+$/.test(code);

/** From a gateway or firewall on the way, or from nobody we know: its words are labelled, none is acted on. */
function unsignedError(operation: Operation, answer: Answer, error: UpstreamError): Outcome {
  const { status } = answer;
  if (status === 429) {
    return {
      kind: "unknown",
      failure: { ...rateLimited(answer), upstream: upstreamOf(answer, error) },
      ...retryAfter(answer),
    };
  }
  if (status >= 500 || status === 408) {
    return unknown("upstream_unavailable", `Unsigned answer with HTTP ${status}.`, answer, error);
  }
  const detail = `Unsigned answer with HTTP ${status}: it may come from a gateway on the way and proves nothing.`;
  if (status >= 300 && status < 400) return unknown("upstream_unverified", detail, answer);
  const isRead = operation === "query" || operation === "certificates";
  if (!isPlatformForm(error) && !isRead) return unknown("upstream_unverified", detail, answer);
  // In the platform's form it is most likely its own, the signature lost on the way; and a read changes nothing. A second
  // try would meet the same: it ends here, labelled as what it is.
  return { kind: "rejected", failure: { code: "upstream_unverified", detail, upstream: upstreamOf(answer, error) } };
}

function untrusted(answer: Answer, why: string): Outcome {
  return unknown("upstream_unverified", `The answer (HTTP ${answer.status}) could not be verified (${why}).`, answer);
}

function unknown(
  code: "upstream_unavailable" | "upstream_unverified",
  detail: string,
  answer: Answer,
  error: UpstreamError = {},
): Outcome {
  const failure: Failure = { code, detail, upstream: upstreamOf(answer, error) };
  if (error.code === "SYSTEM_ERROR") failure.reason = "platform_busy";
  return { kind: "unknown", failure, ...retryAfter(answer) };
}

function rateLimited(answer: Answer): Failure {
  const { retryAfterMs } = retryAfter(answer);
  return {
    code: "rate_limited",
    detail: "WeChat Pay limits the rate of calls.",
    reason: "flow_control",
    ...(retryAfterMs !== undefined && { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) }),
  };
}

function retryAfter({ retryAfterMs, signature }: Answer): { retryAfterMs?: number } {
  if (retryAfterMs === undefined) return {};
  return { retryAfterMs: signature === "verified" ? retryAfterMs : Math.min(retryAfterMs, maxUnsignedWaitMs) };
}

function upstreamOf({ requestId }: Answer, { code, message }: UpstreamError): NonNullable<Failure["upstream"]> {
  return { ...(code && { code }), ...(message && { message }), ...(requestId && { requestId }) };
}
