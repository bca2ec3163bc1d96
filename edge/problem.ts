/**
 * Failures inside the edge, and the one place that turns them into RFC 9457 problem documents.
 * A failure is plain data: it crosses RPC and is stored with its assignment.
 */
import type { Assignment, Problem } from "../shared/contract.ts";
import { type ProblemCode, problemCodes } from "../shared/problem-codes.ts";
import type { ProblemReason } from "../shared/problem-reasons.ts";
import { adviceOf } from "./advice.ts";

export interface Failure {
  code: ProblemCode;
  /** one English sentence for the developer; holds no secret and no personal data */
  detail: string;
  field?: string;
  reason?: ProblemReason;
  retryAfterSeconds?: number;
  /** only where it differs from the code's own */
  retryable?: boolean;
  current?: Partial<Assignment>;
  upstream?: { code?: string; message?: string; requestId?: string };
  /** epoch milliseconds */
  serverTime?: number;
  /** what a 401's challenge names where it is not the token that is wrong; no member of the document */
  challenge?: "invalid_dpop_proof";
}

export type Result<T> = { ok: true; value: T } | { ok: false; failure: Failure };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const fail = (code: ProblemCode, detail: string, more: Omit<Failure, "code" | "detail"> = {}) =>
  ({ ok: false, failure: { code, detail, ...more } }) as const;

/** @param base where the page of each code lives: `${PUBLIC_ORIGIN}/problems/`, or without an origin `/problems/` */
export function toProblem(failure: Failure, requestId: string, base: string): Problem {
  const { status, title, retryable } = problemCodes[failure.code];
  return {
    type: `${base}${failure.code}`,
    title,
    status,
    detail: failure.detail,
    code: failure.code,
    requestId,
    retryable: failure.retryable ?? retryable,
    advice: adviceOf[failure.reason ?? failure.code],
    ...(failure.retryAfterSeconds !== undefined && { retryAfter: failure.retryAfterSeconds }),
    ...(failure.field !== undefined && { field: failure.field }),
    ...(failure.reason !== undefined && { reason: failure.reason }),
    ...(failure.current && { current: failure.current }),
    ...(failure.upstream && { upstream: failure.upstream }),
    ...(failure.serverTime !== undefined && { serverTime: new Date(failure.serverTime).toISOString() }),
  };
}
