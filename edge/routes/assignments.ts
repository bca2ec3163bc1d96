/** `/v1/assignments`: assign a guide to an order, and look at what came of it. */
import { Hono } from "hono/tiny";
import {
  type Assignment,
  AssignmentQuerySchema,
  type AssignmentRequest,
  idempotencyKeyPattern,
} from "../../shared/contract.ts";
import { readJson } from "../access/read-json.ts";
import { validateAssignment } from "../access/validate.ts";
import { askLedgers, reachLedger } from "../ledger/address.ts";
import { findRecord, joinPages } from "../ledger/history.ts";
import { orderKeyOf } from "../ledger/order-key.ts";
import type { AssignmentRecord, RecordPage } from "../ledger/protocol.ts";
import { fail, ok, type Result } from "../problem.ts";
import { readTraceParent } from "../trace-parent.ts";
import { callerOf, queryOf, reachOf } from "./calls.ts";
import { type AppContext, type AppEnv, assignmentOf, respondJson, respondProblem } from "./context.ts";

export const assignments = new Hono<AppEnv>();

assignments.post("/", async (c) => {
  const key = idempotencyKeyOf(c);
  const admitted = await callerOf(c, "assignments:write");
  if (!admitted.ok) return respondProblem(c, admitted.failure);
  if (!key.ok) return respondProblem(c, key.failure);
  const request = await assignmentRequestOf(c);
  if (!request.ok) return respondProblem(c, request.failure);
  const { caller, merchant } = admitted.value;
  if (!merchant[request.value.channel]) {
    return respondProblem(c, {
      code: "invalid_request",
      field: "channel",
      detail: `The merchant has no ${request.value.channel} channel`,
    });
  }
  const foreign = storeConflict(request.value, caller.storeId);
  if (foreign) return respondProblem(c, foreign);

  const reached = await reachLedger(reachOf(c, admitted.value), request.value.channel, orderKeyOf(request.value));
  if (!reached.ok) return respondProblem(c, reached.failure);
  const { ledger, call } = reached.value;
  const trace = readTraceParent(c.req.raw.headers.get("traceparent"));
  const startedAt = Date.now();
  const answer = await ledger.assign({
    ...call,
    request: request.value,
    ...(key.value !== undefined && { idempotencyKey: key.value }),
    ...(trace && { trace }),
  });
  if (!answer.ok) return respondProblem(c, answer.failure);
  return respondAssignment(c, answer.value, { "Server-Timing": `ledger;dur=${Date.now() - startedAt}` });
});

assignments.get("/", async (c) => {
  const admitted = await callerOf(c, "assignments:read", "assignments:write");
  if (!admitted.ok) return respondProblem(c, admitted.failure);
  const query = queryOf(c, AssignmentQuerySchema);
  if (!query.ok) return respondProblem(c, query.failure);
  const pages = await askLedgers(reachOf(c, admitted.value), query.value.channel, (ledger, call) =>
    ledger.list({ ...call, query: query.value }),
  );
  if (!pages.ok) return respondProblem(c, pages.failure);
  const page = joinPages(pages.value, query.value.limit);
  return page.ok ? respondPage(c, page.value) : respondProblem(c, page.failure);
});

assignments.get("/:id", async (c) => {
  const admitted = await callerOf(c, "assignments:read", "assignments:write");
  if (!admitted.ok) return respondProblem(c, admitted.failure);
  const id = c.req.param("id");
  const answers = await askLedgers(
    reachOf(c, admitted.value),
    undefined,
    (ledger, call) => ledger.read({ ...call, id }),
    (answer) => answer.ok,
  );
  if (!answers.ok) return respondProblem(c, answers.failure);
  const found = findRecord(answers.value);
  return found.ok ? respondFound(c, found.value) : respondProblem(c, found.failure);
});

const respondPage = (c: AppContext, { data, nextCursor }: RecordPage): Response =>
  respondJson(
    c,
    { data: data.map((record) => assignmentOf(c, record)), ...(nextCursor !== undefined && { nextCursor }) },
    200,
  );

/** Looking is always 200; a pending one says when looking again makes sense. */
function respondFound(c: AppContext, record: AssignmentRecord): Response {
  return respondJson(c, assignmentOf(c, record), 200, retryAfter(record));
}

function respondAssignment(c: AppContext, record: AssignmentRecord, timing: Record<string, string>): Response {
  const assignment: Assignment = assignmentOf(c, record);
  if (assignment.status !== "pending") return respondJson(c, assignment, 200, timing);
  return respondJson(c, assignment, 202, {
    ...timing,
    Location: `/v1/assignments/${assignment.id}`,
    ...retryAfter(record),
  });
}

const retryAfter = ({ status, retryAfterSeconds = 1 }: AssignmentRecord): Record<string, string> =>
  status === "pending" ? { "Retry-After": String(retryAfterSeconds) } : {};

function idempotencyKeyOf(c: AppContext): Result<string | undefined> {
  const key = c.req.header("Idempotency-Key");
  if (key === undefined || idempotencyKeyPattern.test(key)) return ok(key);
  return fail("invalid_request", "Idempotency-Key must be 1 to 255 characters of printable ASCII", {
    field: "Idempotency-Key",
  });
}

async function assignmentRequestOf(c: AppContext): Promise<Result<AssignmentRequest>> {
  const body = await readJson(c.req.raw);
  return body.ok ? validateAssignment(body.value) : body;
}

/** A body may narrow what the session allows, never widen it. */
function storeConflict(request: AssignmentRequest, sessionStore: string | undefined) {
  const named = request.channel === "tmall" ? request.storeId : undefined;
  if (sessionStore === undefined || named === undefined || named === sessionStore) return undefined;
  return {
    code: "merchant_refused",
    field: "storeId",
    detail: "The session is bound to another store",
  } as const;
}
