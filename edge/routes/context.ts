/** What every route shares: the Hono environment, and answers in the house's form. */
import type { Context } from "hono";
import type { Assignment, Problem } from "../../shared/contract.ts";
import { challengeOf } from "../access/authorization.ts";
import { corsHeaders, publicOriginOf } from "../access/origin.ts";
import type { Config } from "../config.ts";
import type { Env } from "../environment.ts";
import type { AssignmentRecord } from "../ledger/protocol.ts";
import { type Failure, toProblem } from "../problem.ts";

export interface AppEnv {
  Bindings: Env;
  Variables: {
    config: Config;
    requestId: string;
    /** the request's Origin, once it is known to be a partner's */
    origin: string | undefined;
  };
}

export type AppContext = Context<AppEnv>;

/** Relative where the origin that clients use is unknown: a link must not lead to whatever host the request named. */
const problemBase = (c: AppContext): string => `${publicOriginOf(c.req.raw, c.get("config")) ?? ""}/problems/`;

export const problemOf = (c: AppContext, failure: Failure): Problem =>
  toProblem(failure, c.get("requestId"), problemBase(c));

/** Answers hold a tenant's data: nobody may keep them, and no cache may mix them up. */
function commonHeaders(c: AppContext): Record<string, string> {
  const origin = c.get("origin");
  return {
    "Cache-Control": "no-store",
    "X-Request-Id": c.get("requestId"),
    "X-Content-Type-Options": "nosniff",
    ...(origin !== undefined && corsHeaders(origin)),
    Vary: "Origin, Authorization",
  };
}

export function respondJson(
  c: AppContext,
  value: unknown,
  status: number,
  headers: Record<string, string> = {},
): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { ...commonHeaders(c), "Content-Type": "application/json", ...headers },
  });
}

export const respondEmpty = (c: AppContext, headers: Record<string, string> = {}): Response =>
  new Response(null, { status: 204, headers: { ...commonHeaders(c), ...headers } });

export function respondProblem(c: AppContext, failure: Failure): Response {
  const problem = problemOf(c, failure);
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      ...commonHeaders(c),
      "Content-Type": "application/problem+json",
      ...(problem.retryAfter !== undefined && { "Retry-After": String(problem.retryAfter) }),
      ...((problem.status === 401 || problem.code === "scope_refused") && {
        "WWW-Authenticate": challengeOf(c.req.raw, failure),
      }),
    },
  });
}

/** @param allow the methods that the path has, as the `Allow` header lists them */
export function respondMethodNotAllowed(c: AppContext, allow: string): Response {
  const answer = respondProblem(c, { code: "method_not_allowed", detail: `Allowed here: ${allow}` });
  answer.headers.set("Allow", allow);
  return answer;
}

export function assignmentOf(c: AppContext, record: AssignmentRecord): Assignment {
  const { failure, retryAfterSeconds: _, ...assignment } = record;
  return failure ? { ...assignment, problem: problemOf(c, failure) } : assignment;
}
