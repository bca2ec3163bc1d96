/**
 * The session of one page: fetched once for all who ask, kept in memory only, and counted by a clock that the
 * device's own cannot disturb. Renewal starts ahead of the end while someone works with the element, never by itself,
 * so that an idle till does not keep a session alive for ever.
 */
import type { SessionAnswer } from "../shared/contract.ts";
import { inTime, monotonicNow } from "./clock.ts";
import { createProofKey, type ProofKey } from "./dpop.ts";
import { StaffAssignError } from "./errors.ts";
import { type Fetch, requestJson } from "./http.ts";
import { isText, own } from "./own.ts";

export type SessionCallback = (need: { jkt?: string }) => Promise<SessionAnswer>;

/** ms; a backend that mints a session makes one call to the edge */
const obtainTimeoutMs = 15_000;
/** ms before its end in which a session is renewed in the background */
const renewAheadMs = 60_000;

export type Session = ReturnType<typeof createSession>;

/** A token and whose it is, which are never looked at apart: another shop may sign in on the same page. */
export interface Held {
  _token: string;
  /** merchant, sub-merchant and store */
  _tenant: string;
}

export function createSession(source: string | SessionCallback, fetch: Fetch, dpop: boolean) {
  /** the last one */
  let held: Held;
  /** 0 when there is none that works */
  let endsAt = 0;
  let renewAt = 0;
  let obtaining: Promise<Held> | undefined;
  let key: ProofKey | undefined;
  /** the server's epoch milliseconds when the monotonic clock was 0 */
  let serverEpoch = Date.now() - monotonicNow();

  const scheme = () => (key ? "DPoP" : "Bearer");

  const setServerTime = (rfc3339: unknown) => {
    const time = Date.parse(String(rfc3339));
    if (time) serverEpoch = time - monotonicNow();
  };

  const ask = async (need: { jkt?: string }): Promise<unknown> => {
    if (typeof source === "string") {
      const init: RequestInit = { method: "POST", credentials: "same-origin" };
      const { _status, _body } = await requestJson(fetch, source, init, obtainTimeoutMs, need);
      if (_status < 300) return _body;
      throw new StaffAssignError("session_unavailable", `session-url answered ${_status}`);
    }
    try {
      return await inTime(source(need), obtainTimeoutMs);
    } catch (cause) {
      // The callback's own fetch fails with a TypeError when the line is down; all else is the callback's.
      const offline = cause instanceof TypeError && !navigator.onLine;
      throw new StaffAssignError(offline ? "network" : "session_unavailable", String(cause));
    }
  };

  async function request(): Promise<Held> {
    try {
      if (dpop && !key) key = await createProofKey();
      const asked = monotonicNow();
      const answer = await ask(key ? { jkt: key.jkt } : {});
      const member = (name: keyof SessionAnswer) => own(answer, name);
      const [token, merchant, storeId] = [member("token"), member("merchant"), member("storeId")];
      const lifetimeMs = Number(member("expiresIn")) * 1000;
      if (!isText(token) || !isText(merchant) || !(lifetimeMs > 0) || (member("tokenType") || "Bearer") !== scheme()) {
        throw new StaffAssignError("session_unavailable", "session is not right");
      }
      setServerTime(member("issuedAt"));
      session._storeId = isText(storeId) ? storeId : undefined;
      endsAt = asked + lifetimeMs;
      renewAt = endsAt - Math.min(renewAheadMs, lifetimeMs / 4);
      held = { _token: token, _tenant: JSON.stringify([merchant, member("subMchid"), storeId]) };
      session._tenant = held._tenant;
      return held;
    } finally {
      obtaining = undefined;
    }
  }

  const obtain = () => {
    obtaining ||= request();
    return obtaining;
  };

  const session = {
    /** who an intent belongs to: merchant, sub-merchant and store of the last session, which may have ended */
    _tenant: undefined as string | undefined,
    _storeId: undefined as string | undefined,

    /** Whether there is a session that has not ended. */
    _isLive: () => monotonicNow() < endsAt,

    /**
     * @param tenant whose it has to be
     * @throws StaffAssignError `session_unavailable` (also when it is another's), `network`, `timeout`, `csp_blocked`, `unsupported_browser`
     */
    async _get(tenant?: string): Promise<Held> {
      const now = monotonicNow();
      const current = now < endsAt ? held : await obtain();
      if (now > renewAt) obtain().catch(() => {});
      if (tenant && tenant !== current._tenant) {
        throw new StaffAssignError("session_unavailable", "waits for its own session");
      }
      return current;
    },

    /** Forgets a token that the edge refused, unless it has been replaced already. */
    _drop({ _token }: Held, serverTime: string | undefined) {
      if (held._token === _token) endsAt = 0;
      setServerTime(serverTime);
    },

    async _headers(used: string, method: string, url: string): Promise<Record<string, string>> {
      const headers: Record<string, string> = { authorization: `${scheme()} ${used}` };
      const seconds = Math.floor((serverEpoch + monotonicNow()) / 1000);
      if (key) headers.dpop = await key._prove(method, url, used, seconds);
      return headers;
    },
  };
  return session;
}
