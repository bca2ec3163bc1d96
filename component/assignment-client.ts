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

export class AssignmentClient {
  readonly _endpoint: string;
  readonly _session: Session;
  private readonly _fetch: Fetch;
  private readonly _aborts = new Set<() => void>();

  constructor(endpoint: string, session: Session, fetch: Fetch) {
    this._endpoint = endpoint;
    this._session = session;
    this._fetch = fetch;
  }

  /** Aborts what is under way; the edge finishes what it has begun. */
  _abort() {
    for (const abort of this._aborts) abort();
  }

  /** @throws StaffAssignError */
  async _assign(request: AssignmentRequest, key: string): Promise<AssignmentAnswer> {
    return readAssignment(await this._call("assignments", request, key));
  }

  /** @throws StaffAssignError */
  async _read(id: string): Promise<AssignmentAnswer> {
    return readAssignment(await this._call(`assignments/${encodeURIComponent(id)}`));
  }

  /** What the edge knows of an order, newest first. @throws StaffAssignError */
  async _find({ channel, order }: AssignmentRequest): Promise<Assignment[]> {
    return readPage<Assignment>(await this._call(`assignments?channel=${channel}&order=${encodeURIComponent(order)}`))
      .data;
  }

  /** One page of a store's guides, at most ten. @throws StaffAssignError */
  async _guides(storeId: string, offset: number): Promise<GuidePage> {
    return readPage(await this._call(`guides?storeId=${encodeURIComponent(storeId)}&limit=10&offset=${offset}`));
  }

  private async _call(path: string, body?: object, key?: string): Promise<JsonAnswer> {
    const url = `${this._endpoint}/v1/${path}`;
    const method = body ? "POST" : "GET";
    for (let replayed = false; ; replayed = true) {
      const token = await this._session._get();
      const headers = await this._session._headers(token, method, url);
      if (key) headers["idempotency-key"] = key;
      if (body) headers["content-type"] = "application/json";
      const init: RequestInit = { method, headers, credentials: "omit", cache: "no-store" };
      if (body) init.body = JSON.stringify(body);
      const answer = await requestJson(this._fetch, url, init, attemptTimeoutMs, this._aborts);
      if (answer._status < 300) return answer;
      const error = errorOf(answer._body, answer._status);
      const refused = answer._status === 401;
      if (refused) this._session._drop(token, error.problem?.serverTime);
      if (!refused || replayed) throw error;
    }
  }
}

const unreadable = (what: string) => new StaffAssignError("network", `the answer is not ${what}`);

function readAssignment({ _body, _retryAfterMs }: JsonAnswer): AssignmentAnswer {
  const assignment = _body as Assignment | null;
  if (!assignment || !isText(assignment.id) || !/^(assigned|pending|failed|superseded)$/.test(assignment.status)) {
    throw unreadable("an assignment");
  }
  return { _assignment: assignment, _retryAfterMs };
}

function readPage<T>({ _body }: JsonAnswer) {
  const page = _body as (GuidePage & { data: T[] }) | null;
  if (!page || !Array.isArray(page.data)) throw unreadable("a list");
  return page;
}
