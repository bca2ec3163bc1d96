/** The sessions that TOP has given out: one an app, replaced by a refresh, which also spends the refresh token. */
import { randomHex } from "../encoding.ts";
import type { TopApp } from "../settings.ts";

export interface Authorisation {
  session: string;
  refreshToken: string;
  /** epoch milliseconds */
  expiresAt: number;
}

const day = 86_400_000;
/** A year, as for back-office apps. */
const sessionMs = 365 * day;

export class AuthorisationStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  of(app: TopApp): Authorisation {
    const row = this.#sql
      .exec<{ session: string; refresh_token: string; expires_at: number }>(
        "SELECT session, refresh_token, expires_at FROM authorisations WHERE app_key = ?",
        app.appKey,
      )
      .toArray()[0];
    if (row) return { session: row.session, refreshToken: row.refresh_token, expiresAt: row.expires_at };
    return this.#keep(app.appKey, {
      session: app.session,
      refreshToken: app.refreshToken,
      expiresAt: Date.now() + sessionMs,
    });
  }

  /** @returns undefined when the refresh token is not the current one */
  refresh(app: TopApp, refreshToken: string): Authorisation | undefined {
    if (this.of(app).refreshToken !== refreshToken) return undefined;
    return this.#keep(app.appKey, {
      session: `6100${randomHex(22)}`,
      refreshToken: `6101${randomHex(22)}`,
      expiresAt: Date.now() + sessionMs,
    });
  }

  expire(app: TopApp): void {
    this.#keep(app.appKey, { ...this.of(app), expiresAt: Date.now() - 1 });
  }

  #keep(appKey: string, authorisation: Authorisation): Authorisation {
    this.#sql.exec(
      "INSERT OR REPLACE INTO authorisations (app_key, session, refresh_token, expires_at) VALUES (?, ?, ?, ?)",
      appKey,
      authorisation.session,
      authorisation.refreshToken,
      authorisation.expiresAt,
    );
    return authorisation;
  }
}
