/**
 * What can go wrong, as data. Only codes cross the wire; the words a cashier reads come from the locales, and the
 * English `message` is for the partner's developer.
 */
import type { Problem } from "../shared/contract.ts";
import type { ElementCode, ProblemCode } from "../shared/problem-codes.ts";
import { isText, own } from "./own.ts";

export type StaffAssignCode = ProblemCode | ElementCode;

/** The only error that the element's methods reject with. */
export class StaffAssignError extends Error {
  /** one of the closed set of codes */
  readonly code: StaffAssignCode;
  /** the edge's RFC 9457 answer, where there was one */
  readonly problem: Problem | undefined;
  /** for support */
  readonly requestId: string | undefined;
  /** the member of the request that is wrong: `order`, `guide.id` */
  readonly field: string | undefined;
  /** whether the same call may succeed later */
  readonly retryable: boolean;

  constructor(code: StaffAssignCode, message?: string, problem?: Problem, field?: string) {
    super(message || (problem ? problem.detail : code));
    this.code = code;
    this.problem = problem;
    this.requestId = problem && problem.requestId;
    this.field = field || (problem && problem.field);
    this.retryable = problem ? problem.retryable : /^(network|timeout)$/.test(code);
  }
}

StaffAssignError.prototype.name = "StaffAssignError";

/** An answer that is no problem document (a gateway's page, a portal) counts as a network that does not work. */
export function errorOf(body: unknown, status: number): StaffAssignError {
  return isText(own(body, "code"))
    ? new StaffAssignError((body as Problem).code, "", body as Problem)
    : new StaffAssignError("network", `answer ${status}`);
}
