/** Speaks the edge's HTTP contract for one endpoint and session. Answers are guarded by hand: no schema travels. */
import type { Assignment, GuidePage } from "../shared/contract.ts";
import { errorOf, StaffAssignError } from "./errors.ts";
import { type Fetch, type JsonAnswer, requestJson } from "./http.ts";
import type { Intent } from "./intent.ts";
import { isText } from "./own.ts";
import type { Session } from "./session.ts";

/** ms; the edge itself tries for 8 s and then answers 202 */
const attemptTimeoutMs = 12_000;

export interface AssignmentAnswer {
  _assignment: Assignment;
  _retryAfterMs: number;
}

export type Client = ReturnType<typeof createClient>;

/** Every call rejects with a StaffAssignError only. */
export function createClient(endpoint: string, session: Session, fetch: Fetch) {
  const aborts = new Set<() => void>();

  /** @param hold awaited before each send; when it rejects, nothing is sent */
  async function call(path: string, intent?: Intent, body?: object, hold?: () => Promise<void>): Promise<JsonAnswer> {
    const url = `${endpoint}/v1/${path}`;
    const method = body ? "POST" : "GET";
    for (let replayed = false; ; replayed = true) {
      // Each time: the session that follows a refused one may be another shop's.
      const held = await session._get(intent && intent.tenant);
      const headers = await session._headers(held._token, method, url);
      if (intent && body) headers["idempotency-key"] = intent.key;
      const init: RequestInit = { method, headers, credentials: "omit", cache: "no-store" };
      if (hold) await hold();
      const answer = await requestJson(fetch, url, init, attemptTimeoutMs, body, aborts);
      if (answer._status < 300) return answer;
      const error = errorOf(answer._body, answer._status);
      const refused = answer._status === 401;
      if (refused) session._drop(held, error.problem && error.problem.serverTime);
      if (!refused || replayed) throw error;
    }
  }

  const assignmentOf = async (answer: Promise<JsonAnswer>): Promise<AssignmentAnswer> => {
    const { _body, _retryAfterMs } = await answer;
    const assignment = _body as Assignment | null;
    if (!assignment || !isText(assignment.id) || !/^(assigned|pending|failed|superseded)$/.test(assignment.status)) {
      throw new StaffAssignError("network", "unreadable");
    }
    return { _assignment: assignment, _retryAfterMs };
  };

  const pageOf = async <T>(answer: Promise<JsonAnswer>) => {
    const page = (await answer)._body as { data: T[] } | null;
    if (!page || !Array.isArray(page.data)) throw new StaffAssignError("network", "unreadable");
    return page;
  };

  return {
    _endpoint: endpoint,
    _session: session,
    /** Aborts what is under way; the edge finishes what it has begun. */
    _abort() {
      for (const abort of aborts) abort();
    },
    // These are sent under the session of the intent's own tenant, or not at all.
    _assign: (intent: Intent, hold: () => Promise<void>) =>
      assignmentOf(call("assignments", intent, intent.request, hold)),
    _read: (intent: Intent) =>
      assignmentOf(call(`assignments/${encodeURIComponent(intent.assignmentId as string)}`, intent)),
    /** What the edge knows of an order, newest first. */
    _find: async (intent: Intent) => {
      const { channel, order } = intent.request;
      const path = `assignments?${new URLSearchParams({ channel, order })}`;
      return (await pageOf<Assignment>(call(path, intent))).data;
    },
    /** Guides of a store, at most ten: a page of them, or who has a number. */
    _guides: (query: { storeId: string; limit: string; offset: string } | { storeId: string; workId: string }) =>
      pageOf(call(`guides?${new URLSearchParams(query)}`)) as Promise<GuidePage>,
    _guidesByMobile: async (storeId: string, mobile: string) =>
      (await pageOf(call("guides/search", undefined, { storeId, mobile }))).data,
  };
}
