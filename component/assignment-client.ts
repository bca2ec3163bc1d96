/** Speaks the edge's HTTP contract for one endpoint and session. Answers are guarded by hand: no schema travels. */
import type { Assignment, AssignmentRequest, GuidePage } from "../shared/contract.ts";
import { errorOf, StaffAssignError } from "./errors.ts";
import { type Fetch, type JsonAnswer, requestJson } from "./http.ts";
import { isText } from "./own.ts";
import type { Session } from "./session.ts";

/** ms; the edge itself tries for 8 s and then answers 202 */
const attemptTimeoutMs = 12_000;

export interface AssignmentAnswer {
  _assignment: Assignment;
  _retryAfterMs: number;
}

const unreadable = () => new StaffAssignError("network", "unreadable");

export type Client = ReturnType<typeof createClient>;

/** Every call rejects with a StaffAssignError only. */
export function createClient(endpoint: string, session: Session, fetch: Fetch) {
  const aborts = new Set<() => void>();

  async function call(path: string, body?: object, key?: string): Promise<JsonAnswer> {
    const url = `${endpoint}/v1/${path}`;
    const method = body ? "POST" : "GET";
    for (let replayed = false; ; replayed = true) {
      const token = await session._get();
      const headers = await session._headers(token, method, url);
      if (key) headers["idempotency-key"] = key;
      const init: RequestInit = { method, headers, credentials: "omit", cache: "no-store" };
      const answer = await requestJson(fetch, url, init, attemptTimeoutMs, body, aborts);
      if (answer._status < 300) return answer;
      const error = errorOf(answer._body, answer._status);
      const refused = answer._status === 401;
      if (refused) session._drop(token, error.problem && error.problem.serverTime);
      if (!refused || replayed) throw error;
    }
  }

  const assignmentOf = async (answer: Promise<JsonAnswer>): Promise<AssignmentAnswer> => {
    const { _body, _retryAfterMs } = await answer;
    const assignment = _body as Assignment | null;
    if (!assignment || !isText(assignment.id) || !/^(assigned|pending|failed|superseded)$/.test(assignment.status)) {
      throw unreadable();
    }
    return { _assignment: assignment, _retryAfterMs };
  };

  const pageOf = async <T>(answer: Promise<JsonAnswer>) => {
    const page = (await answer)._body as { data: T[] } | null;
    if (!page || !Array.isArray(page.data)) throw unreadable();
    return page;
  };

  return {
    _endpoint: endpoint,
    _session: session,
    /** Aborts what is under way; the edge finishes what it has begun. */
    _abort() {
      for (const abort of aborts) abort();
    },
    _assign: (request: AssignmentRequest, key: string) => assignmentOf(call("assignments", request, key)),
    _read: (id: string) => assignmentOf(call(`assignments/${encodeURIComponent(id)}`)),
    /** What the edge knows of an order, newest first. */
    _find: async ({ channel, order }: AssignmentRequest) =>
      (await pageOf<Assignment>(call(`assignments?${new URLSearchParams({ channel, order })}`))).data,
    /** Guides of a store, at most ten: a page of them, or who has a number. */
    _guides: (query: { storeId: string; limit: string; offset: string } | { storeId: string; workId: string }) =>
      pageOf(call(`guides?${new URLSearchParams(query)}`)) as Promise<GuidePage>,
    _guidesByMobile: async (storeId: string, mobile: string) =>
      (await pageOf(call("guides/search", { storeId, mobile }))).data,
  };
}
