/**
 * A merchant's platform certificates, on disk in its one object, so that its many ledgers share one download. They are
 * public; what has to be kept is when to look again: before 12 hours have passed, and on an unknown serial, no more
 * often than a cool-down allows, since anybody on the way could invent serials.
 */
import { downloadCertificates } from "../channels/wechat/certificate-download.ts";
import { importWechatCredentials } from "../channels/wechat/credentials.ts";
import type { CertificateSource, PlatformCertificate } from "../channels/wechat/platform-keys.ts";
import type { WechatSettings } from "../channels/wechat/settings.ts";
import { fail, ok, type Result } from "../problem.ts";
import type { Sql } from "../sql.ts";
import { consoleTelemetry, type Telemetry } from "../telemetry.ts";

/** APIv3 asks for intervals below 12 h; two hours are left for failing downloads. */
const refreshAfterMs = 10 * 60 * 60 * 1000;
/** A new certificate is listed a day before its first use: a minute costs nothing and blunts a flood. */
const forcedCooldownMs = 60 * 1000;
/** After a failed download; shorter than the time an assignment is worked on. */
const failureCooldownMs = 10 * 1000;
const downloadBudgetMs = 6 * 1000;

/** @param insists a passing fault is to be met by asking again: those who wait have nothing else to go on with */
type Download = (insists: boolean) => Promise<Result<PlatformCertificate[]>>;

type CertificateRow = { serial_no: string; public_key_pem: string; not_before: number; not_after: number };
type RefreshRow = { refreshed_at: number; forced_at: number };

export class PlatformCertificates implements CertificateSource {
  readonly #sql: Sql;
  readonly #mchid: string;
  readonly #download: Download;
  readonly #now: () => number;
  readonly #telemetry: Telemetry;
  #inFlight: Promise<Result<PlatformCertificate[]>> | undefined;
  #failed: { at: number; result: Result<PlatformCertificate[]> } | undefined;

  constructor({
    sql,
    mchid,
    download,
    now,
    telemetry,
  }: {
    sql: Sql;
    /** certificates of a merchant number that the alias had before are never given out */
    mchid: string;
    download: Download;
    now: () => number;
    telemetry: Telemetry;
  }) {
    this.#sql = sql;
    this.#mchid = mchid;
    this.#download = download;
    this.#now = now;
    this.#telemetry = telemetry;
    sql.exec(`CREATE TABLE IF NOT EXISTS platform_certificate (
      mchid TEXT NOT NULL, serial_no TEXT NOT NULL, public_key_pem TEXT NOT NULL,
      not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, PRIMARY KEY (mchid, serial_no)) WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS platform_certificate_refresh (
      mchid TEXT PRIMARY KEY, refreshed_at INTEGER NOT NULL, forced_at INTEGER NOT NULL) WITHOUT ROWID`);
  }

  async current(): Promise<Result<PlatformCertificate[]>> {
    const stored = this.#stored();
    const now = this.#now();
    if (stored.length > 0 && isWithin(refreshAfterMs, this.#refresh().refreshed_at, now)) return ok(stored);
    if (this.#failed && isWithin(failureCooldownMs, this.#failed.at, now)) {
      return stored.length > 0 ? ok(stored) : this.#failed.result;
    }
    return this.#refreshOnce(stored.length === 0);
  }

  async refreshed(): Promise<Result<PlatformCertificate[]>> {
    if (this.#inFlight) return this.#inFlight;
    const { refreshed_at, forced_at } = this.#refresh();
    const now = this.#now();
    if (isWithin(forcedCooldownMs, forced_at, now)) return this.current();
    // Written before the download: a restart in the middle must not open a second one.
    this.#sql.exec(
      "INSERT OR REPLACE INTO platform_certificate_refresh VALUES (?, ?, ?)",
      this.#mchid,
      refreshed_at,
      now,
    );
    return this.#refreshOnce(true);
  }

  /** One download at a time, shared by all who ask meanwhile. */
  #refreshOnce(insists: boolean): Promise<Result<PlatformCertificate[]>> {
    this.#inFlight ??= this.#refreshNow(insists).finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  async #refreshNow(insists: boolean): Promise<Result<PlatformCertificate[]>> {
    const downloaded = await this.#download(insists);
    if (!downloaded.ok) {
      this.#failed = { at: this.#now(), result: downloaded };
      const stored = this.#stored();
      const { code, reason } = downloaded.failure;
      this.#telemetry.log("error", "wechat_certificates_failed", {
        mchid: this.#mchid,
        code,
        reason,
        kept: stored.length,
      });
      return stored.length > 0 ? ok(stored) : downloaded;
    }
    this.#failed = undefined;
    this.#store(downloaded.value);
    this.#telemetry.log("info", "wechat_certificates_refreshed", {
      mchid: this.#mchid,
      serials: downloaded.value.map(({ serialNo }) => serialNo).join(" "),
    });
    return ok(this.#stored());
  }

  /** No `await` in here: one transaction. */
  #store(certificates: readonly PlatformCertificate[]): void {
    const { forced_at } = this.#refresh();
    this.#sql.exec("DELETE FROM platform_certificate");
    for (const { serialNo, publicKeyPem, notBefore, notAfter } of certificates) {
      this.#sql.exec(
        "INSERT OR REPLACE INTO platform_certificate VALUES (?, ?, ?, ?, ?)",
        this.#mchid,
        serialNo,
        publicKeyPem,
        notBefore,
        notAfter,
      );
    }
    this.#sql.exec("DELETE FROM platform_certificate_refresh");
    this.#sql.exec("INSERT INTO platform_certificate_refresh VALUES (?, ?, ?)", this.#mchid, this.#now(), forced_at);
  }

  #stored(): PlatformCertificate[] {
    return this.#sql
      .exec<CertificateRow>(
        `SELECT serial_no, public_key_pem, not_before, not_after FROM platform_certificate
         WHERE mchid = ? AND not_after > ? ORDER BY not_after DESC`,
        this.#mchid,
        this.#now(),
      )
      .toArray()
      .map((row) => ({
        serialNo: row.serial_no,
        publicKeyPem: row.public_key_pem,
        notBefore: row.not_before,
        notAfter: row.not_after,
      }));
  }

  #refresh(): RefreshRow {
    const [row] = this.#sql
      .exec<RefreshRow>("SELECT refreshed_at, forced_at FROM platform_certificate_refresh WHERE mchid = ?", this.#mchid)
      .toArray();
    return row ?? { refreshed_at: 0, forced_at: 0 };
  }
}

/** A time that lies ahead was noted by a clock that has been set right since: it must not put off a download until it comes. */
const isWithin = (span: number, since: number, now: number): boolean => since <= now && now - since < span;

/** As the Merchant object runs it: real clock, real network, credentials imported for the download alone. */
export function platformCertificatesOf(
  sql: Sql,
  settings: WechatSettings & { hosts: readonly string[] },
): PlatformCertificates {
  const runtime = { fetch, now: Date.now, random: Math.random, telemetry: consoleTelemetry };
  return new PlatformCertificates({
    sql,
    mchid: settings.mchid,
    now: runtime.now,
    telemetry: runtime.telemetry,
    download: async (insists) => {
      const credentials = await importWechatCredentials(settings);
      if (!credentials.ok) return fail("misconfigured", `The merchant's ${credentials.sentence}.`);
      const now = runtime.now();
      return downloadCertificates(credentials.value, runtime, now + downloadBudgetMs, insists ? undefined : now);
    },
  });
}
