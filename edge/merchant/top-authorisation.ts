/**
 * The merchant's authorisation at TOP: which session key is in force, when it ends, who refreshes it, which bans stand.
 * One refresher at a time, since a refresh rotates the token it uses. Work that is due (refresh, warnings ahead of the
 * end) is done by the object's alarm. Trade-off: a session is never tried out; that it is refused is learnt from calls.
 */
import type { GenericSchema, InferOutput } from "valibot";
import type { TopSessionSwap } from "../../shared/operator-contract.ts";
import type { TopGrant } from "../channels/tmall/authorisation.ts";
import { createTopClient, type TopClient } from "../channels/tmall/client.ts";
import { importTmallCredentials } from "../channels/tmall/credentials.ts";
import type { TopBan } from "../channels/tmall/errors.ts";
import type { TmallSettings } from "../channels/tmall/settings.ts";
import { refreshToken } from "../channels/tmall/token-refresh.ts";
import { sha256Hex } from "../digest.ts";
import type { Telemetry } from "../telemetry.ts";
import { dayMs, dueWarning, nextDue, refreshAt, type SessionLife, type SessionState, stateOf } from "./top-lifetime.ts";
import {
  BansSchema,
  ClockOffsetSchema,
  readRecord,
  type SessionNotes,
  SessionNotesSchema,
  type StoredSession,
} from "./top-records.ts";
import type { TopSessionStore } from "./top-session-store.ts";

/** For operators: no session, no token. */
export interface TopStatus {
  origin: "configured" | "swapped" | "refreshed";
  state: SessionState;
  /** RFC 3339 */
  expiresAt?: string;
  /** whole days that are left, rounded down; negative when it is over */
  daysLeft?: number;
  refreshable: boolean;
  /** why the last refresh failed, with the platform's code where it gave one */
  refreshFailed?: { at: string; detail: string; upstreamCode?: string; final: boolean };
  /** where some stand: nothing is sent that they are about. `api`: a method, or `*` for every call of the app */
  bans?: { api: string; until: string; reason: TopBan["reason"] }[];
}

const refreshTimeoutMs = 10_000;
/** Each call with a dead session is refused; one write a minute says so as well as a thousand. */
const refusalNoteMs = 60_000;

type Session = Omit<StoredSession, "origin"> & { origin: TopStatus["origin"] };

export interface TopAuthorisationOptions {
  alias: string;
  settings: TmallSettings & { gateway: string };
  store: TopSessionStore;
  fetch: typeof fetch;
  /** epoch milliseconds */
  now: () => number;
  telemetry: Telemetry;
  /** Asks for `runDue` at that time (epoch milliseconds) or earlier. */
  wake: (at: number) => Promise<void>;
}

export class MerchantTopAuthorisation {
  readonly #options: TopAuthorisationOptions;
  #session: Session | undefined;
  #refreshing: Promise<void> | undefined;
  /** settles when every session that came so far is written */
  #adopted: Promise<unknown> = Promise.resolve();

  constructor(options: TopAuthorisationOptions) {
    this.#options = options;
  }

  async grant(): Promise<TopGrant> {
    const { session } = await this.#current();
    return { session, clockOffsetMs: this.#clockOffsetMs(), bans: this.#bans() };
  }

  /**
   * Where the session can be refreshed, that is waited for, so that who found it dead need not fail for it.
   * @param refused the session key that the platform did not accept @returns the grant now in force
   */
  async refused(refused: string): Promise<TopGrant> {
    const current = await this.#current();
    if (current.session !== refused) return this.grant();
    const now = this.#options.now();
    const notedAt = this.#notes(current).refusedAt ?? Number.NEGATIVE_INFINITY;
    if (now - notedAt >= refusalNoteMs) {
      this.#note(current, { refusedAt: now });
      // Before the refresh: should the object end on the way, its alarm does it.
      await this.#wakeForNext(current);
    }
    await this.#refreshIfDue();
    return this.grant();
  }

  /** Puts another session in force. @returns undefined when its end lies in the past */
  async swap(input: TopSessionSwap): Promise<TopStatus | undefined> {
    const { now, telemetry, alias } = this.#options;
    const expiresAt = input.sessionExpiresAt === undefined ? undefined : Date.parse(input.sessionExpiresAt);
    if (expiresAt !== undefined && !(expiresAt > now())) return undefined;
    await this.#adopt({
      origin: "swapped",
      session: input.session,
      obtainedAt: now(),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(input.refreshToken !== undefined && { refreshToken: input.refreshToken }),
    });
    telemetry.log("info", "top_session_swapped", { merchant: alias });
    return this.status();
  }

  noteBan(ban: TopBan): void {
    const others = this.#bans().filter((standing) => standing.api !== ban.api || standing.untilMs > ban.untilMs);
    this.#write("bans", [...others, ban]);
  }

  /**
   * Forgets every ban: an operator knows that the platform counts anew. One that stands there yet is learnt again from the
   * first call that it refuses.
   */
  liftBans(): void {
    const { telemetry, alias } = this.#options;
    telemetry.log("info", "top_bans_lifted", { merchant: alias, bans: this.#bans().length });
    this.#options.store.writeState("bans", undefined);
  }

  noteClock(offsetMs: number): void {
    this.#write("clock", offsetMs);
  }

  async status(): Promise<TopStatus> {
    const now = this.#options.now();
    const session = await this.#current();
    const { failed } = this.#notes(session);
    const life = this.#life(session);
    const bans = this.#bans().map(({ api, untilMs, reason }) => ({
      api,
      until: new Date(untilMs).toISOString(),
      reason,
    }));
    return {
      origin: session.origin,
      state: stateOf(life, now),
      ...(session.expiresAt !== undefined && {
        expiresAt: new Date(session.expiresAt).toISOString(),
        daysLeft: Math.floor((session.expiresAt - now) / dayMs),
      }),
      refreshable: life.refreshable,
      ...(failed && {
        refreshFailed: {
          at: new Date(failed.at).toISOString(),
          detail: failed.detail,
          ...(failed.upstreamCode !== undefined && { upstreamCode: failed.upstreamCode }),
          final: failed.final,
        },
      }),
      ...(bans.length > 0 && { bans }),
    };
  }

  /** Does what is due now and asks to be woken for what is due next. */
  async runDue(): Promise<void> {
    await this.#refreshIfDue();
    const session = await this.#current();
    this.#warn(session);
    await this.#wakeForNext(session);
  }

  async #refreshIfDue(): Promise<void> {
    const due = refreshAt(this.#life(await this.#current()));
    if (due !== undefined && due <= this.#options.now()) await this.refresh();
  }

  /** Refreshes the session; callers that arrive meanwhile share the one refresh. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const { now, telemetry, alias } = this.#options;
    const old = await this.#current();
    if (old.refreshToken === undefined) return;
    const outcome = await refreshToken(await this.#client(), old.refreshToken, now, now() + refreshTimeoutMs);
    // An operator's swap while the call ran is the newer will.
    if ((await this.#current()) !== old) return;
    if (outcome.kind === "refreshed") {
      const { token } = outcome;
      const fresh: StoredSession = {
        origin: "refreshed",
        session: token.session,
        obtainedAt: now(),
        ...(token.expiresAt !== undefined && { expiresAt: token.expiresAt }),
        ...(token.refreshToken !== undefined && { refreshToken: token.refreshToken }),
      };
      if (!(await this.#adopt(fresh, old))) return;
      telemetry.log("info", "top_session_refreshed", { merchant: alias, again: token.refreshToken !== undefined });
      return;
    }
    const { failure, final } = outcome;
    const upstreamCode = failure.upstream?.code;
    const count = (this.#notes(old).failed?.count ?? 0) + 1;
    const code = upstreamCode === undefined ? {} : { upstreamCode };
    this.#note(old, { failed: { at: now(), detail: failure.detail, ...code, final, count } });
    telemetry.log("error", "top_refresh_failed", { merchant: alias, final, count, code: upstreamCode });
  }

  /**
   * One after another: a swap may come while a refreshed session is being written, and the other way round.
   * @param instead the only session whose place it may take @returns whether it is in force
   */
  #adopt(session: StoredSession, instead?: Session): Promise<boolean> {
    const adopted = this.#adopted.then(async () => {
      if (instead && this.#session !== instead) return false;
      await this.#options.store.save(session);
      this.#options.store.writeState(notesKey, undefined);
      this.#session = session;
      await this.#wakeForNext(session);
      return true;
    });
    this.#adopted = adopted.catch(() => undefined);
    return adopted;
  }

  async #current(): Promise<Session> {
    if (this.#session) return this.#session;
    const { settings, store } = this.#options;
    const loaded = await store.load();
    // Another event of this object may have put one in force while this one read.
    if (this.#session) return this.#session;
    const session: Session = loaded ?? {
      origin: "configured",
      session: settings.session,
      obtainedAt: 0,
      ...(settings.sessionExpiresAt !== undefined && { expiresAt: Date.parse(settings.sessionExpiresAt) }),
      ...(settings.refreshToken !== undefined && { refreshToken: settings.refreshToken }),
    };
    this.#session = session;
    // Once in each life of the object, should its alarm have been lost or never been set.
    await this.#wakeForNext(session);
    return session;
  }

  async #client(): Promise<TopClient> {
    const credentials = await importTmallCredentials(this.#options.settings);
    if (!credentials.ok) throw new TypeError(credentials.sentence);
    const authorisation = {
      // The refresh is called without a session; bans and clock hold for it as for any call.
      grant: async () => ({ session: "", clockOffsetMs: this.#clockOffsetMs(), bans: this.#bans() }),
      refused: async () => undefined,
      noteBan: (ban: TopBan) => this.noteBan(ban),
      noteClock: (offsetMs: number) => this.noteClock(offsetMs),
    };
    return createTopClient({ credentials: credentials.value, authorisation, runtime: this.#options });
  }

  #warn(session: Session): void {
    const life = this.#life(session);
    const days = dueWarning(life, this.#options.now());
    if (days === undefined) return;
    this.#note(session, { warnedDays: days });
    const { telemetry, alias } = this.#options;
    const fields = { merchant: alias, days, refreshable: life.refreshable };
    if (days === 0) telemetry.log("error", "top_session_expired", fields);
    else telemetry.log("warn", "top_session_expires", fields);
  }

  async #wakeForNext(session: Session): Promise<void> {
    const next = nextDue(this.#life(session), this.#options.now());
    if (next !== undefined) await this.#options.wake(next);
  }

  #life(session: Session): SessionLife {
    const { obtainedAt, expiresAt } = session;
    const { refusedAt, warnedDays, failed } = this.#notes(session);
    return {
      obtainedAt,
      refreshable: session.refreshToken !== undefined && failed?.final !== true,
      ...(expiresAt !== undefined && { expiresAt }),
      ...(refusedAt !== undefined && { refusedAt }),
      ...(warnedDays !== undefined && { warnedDays }),
      ...(failed && { failed }),
    };
  }

  /** What lies ahead was noted by a clock that has been set right since, and would hold until that time comes again. */
  #notes(session: Session): SessionNotes {
    const stored = this.#read(SessionNotesSchema, notesKey);
    const { refusedAt = 0, failed } = stored ?? {};
    const isOfThePast = Math.max(refusedAt, failed?.at ?? 0) <= this.#options.now();
    return stored?.session === fingerprint(session) && isOfThePast ? stored : {};
  }

  #note(session: Session, notes: SessionNotes): void {
    this.#write(notesKey, { ...this.#notes(session), ...notes, session: fingerprint(session) });
  }

  /** As with notes; no ban outlasts the day that it is counted in. */
  #bans(): TopBan[] {
    const now = this.#options.now();
    return (this.#read(BansSchema, "bans") ?? []).filter(({ untilMs }) => now < untilMs && untilMs <= now + dayMs);
  }

  #clockOffsetMs(): number {
    return this.#read(ClockOffsetSchema, "clock") ?? 0;
  }

  #read<S extends GenericSchema>(schema: S, name: string): InferOutput<S> | undefined {
    return readRecord(schema, this.#options.store.readState(name));
  }

  #write(name: string, value: unknown): void {
    this.#options.store.writeState(name, JSON.stringify(value));
  }
}

const notesKey = "session-notes";

/**
 * Tells sessions apart in stored state without holding one. An operator may put right the end or the refresh token of a
 * session that stays: what was noted of the wrong one is not about it.
 */
const fingerprint = ({ session, expiresAt, refreshToken }: Session): string =>
  sha256Hex(JSON.stringify([session, expiresAt, refreshToken])).slice(0, 16);
