/**
 * The sandbox's one Durable Object: what both upstreams know and what they have seen. A book kept in one place lets a
 * test ask afterwards what really happened, however many requests, hosts and restarts lay between.
 */
import { DurableObject } from "cloudflare:workers";
import { type DemoOrder, demoOrders } from "../partner/demo-data.ts";
import type { SandboxEnv, TopApp } from "../settings.ts";
import { type Authorisation, AuthorisationStore } from "./authorisation-store.ts";
import { type GuideFilter, type GuidePatch, type GuideRecord, GuideStore } from "./guide-store.ts";
import { createTables, emptyTables } from "./schema.ts";
import { type Conclusion, type QueuedFault, type RequestEntry, Traffic } from "./traffic.ts";
import {
  type Workcard,
  type WorkcardReference,
  WorkcardStore,
  type Worker,
  type WorkerReference,
  workerOf,
} from "./workcard-store.ts";

export const keyPhases = ["before", "during", "after"] as const;
export type KeyPhase = (typeof keyPhases)[number];

/** Where WeChat Pay's keys stand. */
export interface PlatformState {
  /** from the old platform certificate to the new one */
  rotation: KeyPhase;
  /** from platform certificates to the public key, for a merchant that has both */
  migration: KeyPhase;
}

export interface Admission {
  seq: number;
  /** name or number of the fault that strikes this request */
  fault?: string;
  platform: PlatformState;
  /** the nonce had been used */
  replayed: boolean;
}

/** A signed request is fresh for five minutes either way; nonces are remembered as long as that takes. */
const nonceWindowMs = 600_000;

export class Book extends DurableObject<SandboxEnv> {
  readonly #sql: SqlStorage;
  readonly #traffic: Traffic;
  readonly #guides: GuideStore;
  readonly #workcards: WorkcardStore;
  readonly #authorisations: AuthorisationStore;

  constructor(ctx: DurableObjectState, env: SandboxEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    createTables(this.#sql);
    this.#traffic = new Traffic(this.#sql);
    this.#guides = new GuideStore(this.#sql);
    this.#workcards = new WorkcardStore(this.#sql);
    this.#authorisations = new AuthorisationStore(this.#sql);
  }

  /**
   * Takes a request whose sender is proven into the book.
   *
   * @param ids of the request that may carry a marker
   */
  admit(entry: RequestEntry, ids: readonly string[], nonce?: { mchid: string; value: string }): Admission {
    const platform = this.#platform();
    if (nonce && !this.#traffic.spendNonce(nonce.mchid, nonce.value, Date.now(), nonceWindowMs)) {
      return { seq: this.#traffic.log(entry), platform, replayed: true };
    }
    if (entry.assigns && entry.account && entry.order) {
      this.#traffic.countSend(entry.channel, entry.account, entry.order);
    }
    const fault = this.#traffic.strike(entry, ids);
    return { seq: this.#traffic.log(entry, fault), ...(fault && { fault }), platform, replayed: false };
  }

  /** Logs a request that was refused before its sender was proven. */
  refuse(entry: RequestEntry, conclusion: Conclusion): void {
    this.#traffic.conclude(this.#traffic.log(entry), conclusion);
  }

  conclude(seq: number, conclusion: Conclusion): void {
    this.#traffic.conclude(seq, conclusion);
  }

  guideExists(account: string, guideId: string): boolean {
    return this.#guides.exists(account, guideId);
  }

  guideIsPersonal(account: string, guideId: string): boolean {
    return this.#guides.isPersonal(account, guideId);
  }

  assignGuide(account: string, outTradeNo: string, guideId: string): void {
    this.#traffic.countExecution("wechat", account, outTradeNo, guideId);
  }

  registerGuide(account: string, guide: Omit<GuideRecord, "guideId">): string {
    return this.#guides.register(account, guide);
  }

  updateGuide(account: string, guideId: string, patch: GuidePatch): void {
    this.#guides.update(account, guideId, patch);
  }

  findGuides(account: string, filter: GuideFilter): { data: GuideRecord[]; total: number } {
    return this.#guides.find(account, filter);
  }

  openWorkcard(account: string, reference: WorkcardReference): Workcard | undefined {
    return this.#workcards.open(account, reference);
  }

  /** @param order the id by which the request named the card */
  assignWorker(
    account: string,
    order: string,
    workcardId: string,
    target: WorkerReference,
    serviceStoreId?: string,
  ): void {
    const worker = workerOf(target);
    this.#workcards.assign(account, workcardId, worker, serviceStoreId);
    this.#traffic.countExecution("tmall", account, order, worker.workerId);
  }

  /** Puts a worker on a card without any request: somebody else was quicker. */
  assignOther(account: string, workcardId: string, worker: Worker): void {
    this.#workcards.assign(account, workcardId, worker, undefined);
  }

  /** What TOP checks a request against before it looks at the method. */
  conditions(app: TopApp): { authorisation: Authorisation; clockAheadMs: number } {
    return { authorisation: this.#authorisations.of(app), clockAheadMs: Number(this.#state("clockAheadMs") ?? 0) };
  }

  refreshSession(app: TopApp, refreshToken: string): Authorisation | undefined {
    return this.#authorisations.refresh(app, refreshToken);
  }

  expireSession(app: TopApp): void {
    this.#authorisations.expire(app);
  }

  /** @param aheadMs how far TOP's clock is ahead of ours; negative: behind */
  setClock(aheadMs: number): void {
    this.#setState("clockAheadMs", String(aheadMs));
  }

  setPlatform(state: Partial<PlatformState>): PlatformState {
    const next = { ...this.#platform(), ...state };
    this.#setState("platform", JSON.stringify(next));
    return next;
  }

  queueFault(fault: QueuedFault): void {
    this.#traffic.queue(fault);
  }

  clearFaults(): void {
    this.#sql.exec("DELETE FROM faults");
  }

  /** @param order only what concerns this order */
  read(order?: string, limit?: number) {
    return {
      totals: this.#traffic.totals(),
      orders: this.#traffic.orders(order),
      requests: this.#traffic.requests(order, limit),
      faults: this.#traffic.queued(),
      platform: this.#platform(),
    };
  }

  /** The orders that wait in the demo shop; the same ones until a new batch is asked for. */
  waitingOrders(fresh: boolean): DemoOrder[] {
    const kept = this.#state("batch");
    const batch = fresh || kept === undefined ? Date.now() : Number(kept);
    this.#setState("batch", String(batch));
    return demoOrders(batch);
  }

  reset(): void {
    emptyTables(this.#sql);
  }

  #platform(): PlatformState {
    const kept = this.#state("platform");
    return kept === undefined ? { rotation: "before", migration: "during" } : (JSON.parse(kept) as PlatformState);
  }

  #state(name: string): string | undefined {
    return this.#sql.exec<{ value: string }>("SELECT value FROM state WHERE name = ?", name).toArray()[0]?.value;
  }

  #setState(name: string, value: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO state (name, value) VALUES (?, ?)", name, value);
  }
}

/** One book for both channels. */
export const bookOf = (env: SandboxEnv) => env.BOOK.get(env.BOOK.idFromName("book"));
