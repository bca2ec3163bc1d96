/**
 * The session of one page: fetched once for all who ask, kept in memory only, and counted by a clock that the
 * device's own cannot disturb. Renewal starts ahead of the end while someone works with the element, never by itself,
 * so that an idle till does not keep a session alive for ever.
 */
import type { SessionAnswer } from "../shared/contract.ts";
import { monotonicNow, wait } from "./clock.ts";
import { createProofKey, type ProofKey } from "./dpop.ts";
import { StaffAssignError } from "./errors.ts";
import { type Fetch, requestJson } from "./http.ts";
import { isText, own } from "./own.ts";

export type SessionCallback = (need: { jkt?: string }) => Promise<SessionAnswer>;

/** ms; a backend that mints a session makes one call to the edge */
const obtainTimeoutMs = 15_000;
/** ms before its end in which a session is renewed in the background */
const renewAheadMs = 60_000;

export class Session {
  /** who an intent belongs to: merchant, sub-merchant and store of the last session, which may have ended */
  _tenant: string | undefined;
  _storeId: string | undefined;
  private _token: string | undefined;
  private _scheme = "";
  private _endsAt = 0;
  private _renewAt = 0;
  private _obtaining: Promise<string> | undefined;
  private _key: Promise<ProofKey> | undefined;
  /** the server's epoch milliseconds when the monotonic clock was 0 */
  private _serverEpoch = Date.now() - monotonicNow();
  private readonly _source: string | SessionCallback;
  private readonly _fetch: Fetch;
  private readonly _dpop: boolean;

  constructor(source: string | SessionCallback, fetch: Fetch, dpop: boolean) {
    this._source = source;
    this._fetch = fetch;
    this._dpop = dpop;
  }

  /** The token. @throws StaffAssignError `session_unavailable`, `network`, `timeout`, `csp_blocked`, `unsupported_browser` */
  _get(): Promise<string> {
    const now = monotonicNow();
    if (!this._token || now >= this._endsAt) return this._obtain();
    if (now > this._renewAt) this._obtain().catch(() => {});
    return Promise.resolve(this._token);
  }

  /** Forgets a token that the edge refused, unless it has been replaced already. */
  _drop(token: string, serverTime: string | undefined) {
    if (this._token === token) this._token = undefined;
    this._setServerTime(serverTime);
  }

  async _headers(token: string, method: string, url: string): Promise<Record<string, string>> {
    const key = await this._key;
    const authorization = `${this._scheme} ${token}`;
    if (!key) return { authorization };
    const seconds = Math.floor((this._serverEpoch + monotonicNow()) / 1000);
    return { authorization, dpop: await key._prove(method, url, token, seconds) };
  }

  private _setServerTime(rfc3339: string | undefined) {
    const time = Date.parse(rfc3339 || "");
    if (time) this._serverEpoch = time - monotonicNow();
  }

  private _obtain(): Promise<string> {
    if (!this._obtaining) {
      const ended = () => {
        this._obtaining = undefined;
      };
      this._obtaining = this._request();
      this._obtaining.then(ended, ended);
    }
    return this._obtaining;
  }

  private async _request(): Promise<string> {
    if (this._dpop && !this._key) {
      const key = createProofKey();
      await key;
      this._key = key;
    }
    const key = await this._key;
    const asked = monotonicNow();
    const answer = await this._ask(key ? { jkt: key.jkt } : {});
    const member = (name: keyof SessionAnswer) => own(answer, name);
    const [token, merchant, storeId] = [member("token"), member("merchant"), member("storeId")];
    const lifetimeMs = Number(member("expiresIn")) * 1000;
    const scheme = member("tokenType") || "Bearer";
    if (!isText(token) || !isText(merchant) || !(lifetimeMs > 0) || (key && scheme !== "DPoP")) {
      throw new StaffAssignError("session_unavailable", "the session answer is not usable");
    }
    this._setServerTime(String(member("issuedAt")));
    this._storeId = isText(storeId) ? storeId : undefined;
    this._tenant = JSON.stringify([merchant, member("subMchid"), storeId]);
    this._scheme = String(scheme);
    this._endsAt = asked + lifetimeMs;
    this._renewAt = this._endsAt - Math.min(renewAheadMs, lifetimeMs / 4);
    this._token = token;
    return token;
  }

  private async _ask(need: { jkt?: string }): Promise<unknown> {
    const source = this._source;
    if (typeof source === "string") {
      const headers = { "content-type": "application/json" };
      const init: RequestInit = { method: "POST", credentials: "same-origin", headers, body: JSON.stringify(need) };
      const { _status, _body } = await requestJson(this._fetch, source, init, obtainTimeoutMs);
      if (_status < 300) return _body;
      throw new StaffAssignError("session_unavailable", `session-url answered ${_status}`);
    }
    try {
      const late = wait(obtainTimeoutMs).then(() => Promise.reject("no answer"));
      return await Promise.race([source(need), late]);
    } catch (cause) {
      // The callback's own fetch fails with a TypeError when the line is down; all else is the callback's.
      const offline = cause instanceof TypeError && !navigator.onLine;
      throw new StaffAssignError(offline ? "network" : "session_unavailable", `session callback: ${cause}`);
    }
  }
}
