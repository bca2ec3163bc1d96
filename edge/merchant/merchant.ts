/**
 * The Merchant object: one a merchant, named by its alias. It holds what all ledgers of the merchant share and what
 * must change in one place only: platform certificates, the TOP session, bans, the budget of minting, the number of
 * shards. Every public method is an RPC.
 */

import { DurableObject } from "cloudflare:workers";
import type { TopSessionSwap } from "../../shared/operator-contract.ts";
import { type Bucket, take } from "../access/limits.ts";
import type { TopGrant } from "../channels/tmall/authorisation.ts";
import type { TopBan } from "../channels/tmall/errors.ts";
import type { PlatformCertificate } from "../channels/wechat/platform-keys.ts";
import type { Config } from "../config.ts";
import type { Env } from "../environment.ts";
import { configOf } from "../loaded-config.ts";
import { fail, ok, type Result } from "../problem.ts";
import { createSealer, type Sealer } from "../seal.ts";
import { consoleTelemetry } from "../telemetry.ts";
import { createEarliestAlarm } from "./earliest-alarm.ts";
import { type PlatformCertificates, platformCertificatesOf } from "./platform-certificates.ts";
import { agreeOnShards, recordedShards } from "./shard-count.ts";
import { MerchantTopAuthorisation, type TopStatus } from "./top-authorisation.ts";
import { createTopSessionStore } from "./top-session-store.ts";

export class Merchant extends DurableObject<Env> {
  readonly #alias: string;
  readonly #config: Config;
  readonly #certificates: PlatformCertificates | undefined;
  readonly #top: MerchantTopAuthorisation | undefined;
  /** by partner: only one of the configuration gets here, so there are no more than it names */
  readonly #mints = new Map<string, Bucket>();
  #sealer: Promise<Sealer> | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#alias = rememberAlias(ctx);
    this.#config = configOf(env);
    const wechat = this.#config.merchants.get(this.#alias)?.wechat;
    this.#certificates = wechat && platformCertificatesOf(ctx.storage.sql, wechat);
    this.#top = this.#createTop();
  }

  /** A partner mints sessions within its budget; a key that leaked cannot flood. */
  async admitMint(partnerId: string, perSecond: number): Promise<Result<null>> {
    const taken = take(this.#mints.get(partnerId), perSecond, perSecond, Date.now());
    this.#mints.set(partnerId, taken.bucket);
    if (taken.ok) return ok(null);
    return fail("rate_limited", "Too many sessions are minted", { retryAfterSeconds: taken.retryAfterSeconds });
  }

  async platformCertificates(): Promise<Result<PlatformCertificate[]>> {
    return this.#certificates?.current() ?? noWechat(this.#alias);
  }

  /** As `platformCertificates`, after an answer named a certificate that is not among them. */
  async refreshedPlatformCertificates(): Promise<Result<PlatformCertificate[]>> {
    return this.#certificates?.refreshed() ?? noWechat(this.#alias);
  }

  /** A ledger begins. @returns the number of shards that it has to keep to */
  async agreeOnShards(configured: number): Promise<number> {
    return agreeOnShards(this.ctx.storage.sql, configured);
  }

  /** @returns undefined before the merchant's first ledger */
  async recordedShards(): Promise<number | undefined> {
    return recordedShards(this.ctx.storage.sql);
  }

  topGrant(): Promise<TopGrant> {
    return this.#tmall().grant();
  }

  /** A ledger was refused with this session key. @returns the grant now in force, perhaps another one */
  topSessionRefused(session: string): Promise<TopGrant> {
    return this.#tmall().refused(session);
  }

  async noteTopBan(ban: TopBan): Promise<void> {
    this.#tmall().noteBan(ban);
  }

  async noteTopClock(offsetMs: number): Promise<void> {
    this.#tmall().noteClock(offsetMs);
  }

  /** Replaces the session without a deployment. @returns undefined when the new one has ended already */
  swapTopSession(swap: TopSessionSwap): Promise<TopStatus | undefined> {
    return this.#tmall().swap(swap);
  }

  /** TOP's bans are held no longer against the merchant's calls; its ledgers hear of it within half a minute. */
  async liftTopBans(): Promise<void> {
    this.#tmall().liftBans();
  }

  /** @returns undefined when the merchant has no Tmall channel */
  async topStatus(): Promise<TopStatus | undefined> {
    return this.#top?.status();
  }

  override async alarm(): Promise<void> {
    await this.#top?.runDue();
  }

  #tmall(): MerchantTopAuthorisation {
    if (!this.#top) throw new Error(`merchant ${this.#alias} has no Tmall channel`);
    return this.#top;
  }

  #createTop(): MerchantTopAuthorisation | undefined {
    const settings = this.#config.merchants.get(this.#alias)?.tmall;
    if (!settings) return undefined;
    const store = createTopSessionStore(
      this.ctx.storage,
      () => (this.#sealer ??= createSealer(this.#config.storageKeys)),
      this.#alias,
      settings.session,
    );
    return new MerchantTopAuthorisation({
      alias: this.#alias,
      settings,
      store,
      fetch: (input, init) => fetch(input, init),
      now: Date.now,
      telemetry: consoleTelemetry,
      wake: createEarliestAlarm(this.ctx.storage),
    });
  }
}

const noWechat = (alias: string) =>
  fail("misconfigured", `MERCHANT_${alias.toUpperCase()} holds no usable wechat settings.`);

/** An object that its own alarm wakes may not be told its name, so the first caller's is kept. */
function rememberAlias(ctx: DurableObjectState): string {
  const { sql } = ctx.storage;
  sql.exec("CREATE TABLE IF NOT EXISTS merchant (alias TEXT PRIMARY KEY)");
  if (ctx.id.name !== undefined) {
    sql.exec("INSERT OR IGNORE INTO merchant (alias) VALUES (?)", ctx.id.name);
    return ctx.id.name;
  }
  const [row] = sql.exec<{ alias: string }>("SELECT alias FROM merchant").toArray();
  return row?.alias ?? "";
}
