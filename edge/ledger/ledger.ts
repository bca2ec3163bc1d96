/**
 * The Ledger object: the only writer of its assignments, and the one that sends them. Named by merchant, sub-merchant
 * and shard. Two calls for one order meet here and share one send; a page that goes away does not cut a send off.
 */
import { DurableObject } from "cloudflare:workers";
import type { ChannelName, GuidePage, OrderState } from "../../shared/contract.ts";
import type { Channel } from "../channels/channel.ts";
import { openChannel } from "../channels/open.ts";
import type { MerchantSettings } from "../config.ts";
import type { Env } from "../environment.ts";
import { configOf } from "../loaded-config.ts";
import { fail, ok, type Result } from "../problem.ts";
import { createSealer, type Sealer } from "../seal.ts";
import { consoleTelemetry } from "../telemetry.ts";
import { Admission } from "./admission.ts";
import { newAssignmentId } from "./assignment-id.ts";
import { AuditLog, type AuditPage } from "./audit.ts";
import { Book } from "./book.ts";
import { decide, isVisible, type Known, type Wanted } from "./decide.ts";
import {
  fingerprint,
  guideKey,
  guideView,
  identityKeyOf,
  intentOf,
  isPersonal,
  openIntent,
  orderKey,
} from "./identity.ts";
import { parseLedgerName } from "./name.ts";
import type {
  AssignCall,
  AssignmentRecord,
  Call,
  GuideOperation,
  ListCall,
  OrderReference,
  RecordPage,
} from "./protocol.ts";
import { Runner } from "./runner.ts";
import { foregroundMs } from "./schedule.ts";
import { isOpen } from "./state.ts";
import { type Row, Store } from "./store.ts";
import { currentFor, recordOf } from "./view.ts";

/** Housekeeping (old proofs, revocations, rows past retention) runs this often. */
const pruneEveryMs = 6 * 3_600_000;
const dayMs = 86_400_000;
/** The alarm looks this far ahead, so that attempts a moment apart share one wake. */
const alarmSlackMs = 50;
/** No session lives longer, so a revocation need not either: an hour and its tolerance, in seconds. */
const longestSessionSeconds = 3_660;

const misconfigured = fail(
  "misconfigured",
  "The merchant's configuration is broken; the operator's log names the variable",
);

/** What exists only when the configuration is usable. */
interface Works {
  merchant: MerchantSettings;
  sealer: Sealer;
  audit: AuditLog;
  runner: Runner;
  identityKey: Uint8Array;
}

export class Ledger extends DurableObject<Env> {
  readonly #store: Store;
  readonly #book: Book;
  readonly #admission: Admission;
  readonly #channels = new Map<ChannelName, Result<Channel>>();
  #works: Works | undefined;
  /** epoch milliseconds of the alarm that is set */
  #alarmAt: number | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new Store(ctx.storage.sql);
    this.#book = new Book(this.#store);
    this.#admission = new Admission(this.#store);
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarmAt = (await ctx.storage.getAlarm()) ?? undefined;
      this.#works = await this.#assemble();
    });
  }

  /** `assigned`, or `pending` after at most eight seconds, or a failure. */
  async assign(call: AssignCall): Promise<Result<AssignmentRecord>> {
    const works = this.#works;
    if (!works) return misconfigured;
    const channel = await this.#channel(works, call.request.channel);
    if (!channel.ok) return channel;

    const now = Date.now();
    const { caller, request, idempotencyKey } = call;
    const intent = intentOf(request, caller);
    const wanted: Wanted = {
      partner: caller.partnerId,
      store: caller.storeId ?? "",
      guideKey: guideKey(intent.guide, works.identityKey),
      fingerprint: fingerprint(intent, request.replaces, works.identityKey),
      replaces: request.replaces,
    };
    const id = newAssignmentId(now);
    const plain = JSON.stringify(intent);
    // Sealing is asynchronous, so it comes before the turn that must not be split.
    const stored = isPersonal(intent) ? await works.sealer.seal(plain, id) : plain;

    const admitted = this.#admit(call);
    if (!admitted.ok) return admitted;
    const key = orderKey(request);
    for (;;) {
      const newest = this.#book.newestOfOrder(key);
      const decision = this.#decide(works, wanted, newest, idempotencyKey);
      switch (decision.kind) {
        case "key-reused":
          return fail("idempotency_key_reused", "This Idempotency-Key was used with another body");
        case "conflict":
          return conflict(newest, wanted);
        case "join":
          return this.#answer(works, decision.known.id, wanted, now, true);
        case "wait":
          if (!(await settles(works.runner.job(decision.known.id)?.attempt, now + foregroundMs))) {
            return conflict(newest, wanted);
          }
          break;
        case "begin": {
          if (decision.after && newest) works.runner.supersede(newest);
          const row = newRow(id, now, wanted, intent, guideView(intent.guide), idempotencyKey);
          // The platform may hold what the assignment before this one named, if that was never proved or disproved.
          works.runner.begin({ ...row, uncertain: newest?.uncertain ?? false }, intent, stored, {
            ...(caller.session && { session: caller.session.id }),
            ...(caller.origin !== undefined && { origin: caller.origin }),
            requestId: call.requestId,
          });
          return this.#answer(works, id, wanted, now, false);
        }
      }
    }
  }

  async read(call: Call & { id: string }): Promise<Result<AssignmentRecord>> {
    const admitted = this.#admit(call);
    if (!admitted.ok) return admitted;
    const row = this.#book.byId(call.id);
    const viewer = { partner: call.caller.partnerId, store: call.caller.storeId ?? "" };
    if (!row || !isVisible(row, viewer)) return fail("not_found", "No assignment of this tenant has this id");
    return ok(this.#record(row));
  }

  async list(call: ListCall): Promise<Result<RecordPage>> {
    const admitted = this.#admit(call);
    if (!admitted.ok) return admitted;
    const { rows, more } = this.#book.list(call.caller.partnerId, call.caller.storeId ?? "", call.query);
    const last = rows.at(-1);
    return ok({ data: rows.map((row) => this.#record(row)), ...(more && last && { nextCursor: last.id }) });
  }

  async guides(call: Call & { operation: GuideOperation }): Promise<Result<GuidePage | { id: string } | null>> {
    const works = this.#works;
    if (!works) return misconfigured;
    const admitted = this.#admit(call);
    if (!admitted.ok) return admitted;
    const channel = await this.#channel(works, "wechat");
    if (!channel.ok) return channel;
    const directory = channel.value.guides;
    if (!directory) return fail("not_found", "This channel keeps no guides");
    const tenant = call.caller.subMchid === undefined ? {} : { subMchid: call.caller.subMchid };
    const { operation } = call;
    switch (operation.kind) {
      case "list":
        return directory.list({ ...operation.query, ...tenant });
      case "search":
        return directory.search({ ...operation.query, ...tenant });
      case "register":
        return directory.register({ ...operation.guide, ...tenant });
      case "update":
        return directory.update(operation.id, { ...operation.update, ...tenant });
    }
  }

  async readOrder(call: Call & OrderReference): Promise<Result<OrderState>> {
    const works = this.#works;
    if (!works) return misconfigured;
    const admitted = this.#admit(call);
    if (!admitted.ok) return admitted;
    const channel = await this.#channel(works, "tmall");
    if (!channel.ok) return channel;
    if (!channel.value.readOrder) return fail("not_found", "This channel has no query by order");
    return channel.value.readOrder({ order: call.order, orderKind: call.orderKind });
  }

  /** Admission alone, for a call that another shard will act on: a proof and a session have one home. */
  async admit(call: Call): Promise<Result<null>> {
    return this.#admit(call);
  }

  async revoke(partnerId: string, sessionId: string): Promise<void> {
    const now = Date.now();
    this.#admission.revoke(partnerId, sessionId, Math.floor(now / 1000) + longestSessionSeconds);
    this.#works?.audit.append(now, { event: "revoked", partner: partnerId, session: sessionId });
  }

  /** For operators: entries after a sequence number, with the head and the checkpoint that retention left. */
  async auditPage(after: number, limit: number): Promise<Result<AuditPage>> {
    if (!this.#works) return misconfigured;
    this.#book.flush();
    return ok(this.#works.audit.export(after, limit));
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined;
    this.#book.flush();
    const works = this.#works;
    if (!works) return;
    const now = Date.now();
    const due = this.#store.outboxByTime().filter((entry) => entry.nextAttemptAt <= now + alarmSlackMs);
    await Promise.all(due.map((entry) => this.#resume(works, entry.id)));
    this.#prune(works, Date.now());
    this.#book.flush();
    const next = this.#store.outboxByTime().find((entry) => !works.runner.job(entry.id)?.inFlight);
    if (next) this.#wake(Math.max(next.nextAttemptAt, Date.now() + alarmSlackMs));
  }

  async #assemble(): Promise<Works | undefined> {
    const name = this.ctx.id.name ?? this.#store.meta("name");
    if (name === undefined) throw new TypeError("a ledger is addressed by its name");
    if (this.#store.meta("name") === undefined) this.#store.setMeta("name", name);
    const config = configOf(this.env);
    const merchant = config.merchants.get(parseLedgerName(name).merchant);
    const [storageKey] = config.storageKeys;
    if (!merchant || !storageKey) return undefined;
    const identityKey = identityKeyOf(storageKey);
    const audit = new AuditLog(this.ctx.storage.sql, this.#store, storageKey);
    const runner = new Runner({
      store: this.#store,
      book: this.#book,
      audit,
      openChannel: (channel) => (this.#works ? this.#channel(this.#works, channel) : Promise.resolve(misconfigured)),
      telemetry: consoleTelemetry,
      now: Date.now,
      random: Math.random,
      wake: (at) => this.#wake(at),
      identityKey,
      merchant: merchant.alias,
    });
    return { merchant, sealer: await createSealer(config.storageKeys), audit, runner, identityKey };
  }

  /** Opened once: keys are imported when a channel is first used and kept as long as this object lives. */
  async #channel(works: Works, name: ChannelName): Promise<Result<Channel>> {
    const known = this.#channels.get(name);
    if (known) return known;
    const opened = await openChannel(name, works.merchant, this.env.MERCHANT, {
      fetch: (input, init) => fetch(input, init),
      now: Date.now,
      random: Math.random,
      telemetry: consoleTelemetry,
    });
    this.#channels.set(name, opened);
    return opened;
  }

  #admit(call: Call): Result<null> {
    return call.admitted ? ok(null) : this.#admission.admit(call.caller, call.limits, Date.now());
  }

  #decide(works: Works, wanted: Wanted, newest: Row | undefined, idempotencyKey: string | undefined) {
    const known = (row: Row | undefined): Known | undefined =>
      row && { ...row, inFlight: works.runner.job(row.id)?.inFlight ?? false };
    const keyed =
      idempotencyKey === undefined
        ? undefined
        : this.#book.byIdempotencyKey(wanted.partner, wanted.store, idempotencyKey);
    return decide(wanted, known(keyed), known(newest));
  }

  async #answer(
    works: Works,
    id: string,
    wanted: Wanted,
    calledAt: number,
    replayed: boolean,
  ): Promise<Result<AssignmentRecord>> {
    const job = works.runner.job(id);
    if (job) {
      // While the page is still being waited for, later tries count too; in the background only the one under way.
      const inForeground = calledAt < job.row.createdAt + foregroundMs;
      await settles(inForeground ? job.ended : job.inFlight ? job.attempt : undefined, calledAt + foregroundMs);
    }
    const row = this.#book.byId(id);
    if (!row) throw new TypeError("an assignment that was answered for is gone");
    if (row.state === "superseded" || row.failure?.code === "already_assigned") {
      return conflict(this.#book.newestOfOrder(orderKey(row)), wanted);
    }
    if (row.failure && !isOpen(row.state)) return { ok: false, failure: row.failure };
    return ok(this.#record(row, replayed));
  }

  /** The lazy net below the alarm: an open assignment that nobody works on is taken up again when it is looked at. */
  #record(row: Row, replayed = false): AssignmentRecord {
    const works = this.#works;
    const job = works?.runner.job(row.id);
    const stored = isOpen(row.state) && !job ? this.#store.outbox(row.id) : undefined;
    if (works && stored && stored.nextAttemptAt < Date.now()) this.ctx.waitUntil(this.#resume(works, row.id));
    const nextAttemptAt = job?.nextAttemptAt ?? stored?.nextAttemptAt;
    return recordOf(row, { replayed, now: Date.now(), ...(nextAttemptAt !== undefined && { nextAttemptAt }) });
  }

  async #resume(works: Works, id: string): Promise<void> {
    const stored = this.#store.outbox(id);
    const row = this.#book.byId(id);
    if (!stored || !row || !isOpen(row.state)) return;
    const intent = works.runner.job(id)?.intent ?? (await openIntent(stored, works.sealer));
    if (!intent) {
      // Sealed under a key that is gone: nothing can be sent or proved any more.
      consoleTelemetry.log("error", "intent_unreadable", { merchant: works.merchant.alias, assignment: id });
      return works.runner.abandon(row);
    }
    return works.runner.resume(row, intent);
  }

  #wake(at: number): void {
    if (this.#alarmAt !== undefined && this.#alarmAt <= at) return;
    this.#alarmAt = at;
    void this.ctx.storage.setAlarm(at);
  }

  #prune(works: Works, now: number): void {
    const last = Number(this.#store.meta("pruned") ?? 0);
    if (now - last < pruneEveryMs) return;
    const retainFrom = now - works.merchant.retentionDays * dayMs;
    this.#store.prune(Math.floor(now / 1000), retainFrom);
    works.audit.prune(retainFrom, now);
    this.#store.setMeta("pruned", String(now));
  }
}

function newRow(
  id: string,
  now: number,
  wanted: Wanted,
  intent: Pick<Row, "channel" | "order"> & { orderKind?: Row["orderKind"] },
  guide: Row["guide"],
  idempotencyKey: string | undefined,
): Row {
  return {
    id,
    partner: wanted.partner,
    store: wanted.store,
    channel: intent.channel,
    orderKind: intent.orderKind,
    order: intent.order,
    guideKey: wanted.guideKey,
    guide,
    fingerprint: wanted.fingerprint,
    idempotencyKey,
    replaces: wanted.replaces,
    state: "intent",
    uncertain: false,
    attempts: 0,
    createdAt: now,
    assignedAt: undefined,
    failure: undefined,
    upstreamRequestId: undefined,
    observed: false,
  };
}

function conflict(current: Row | undefined, viewer: Wanted): Result<never> {
  return fail("already_assigned", "The order has another guide; name it in `replaces` to change it", {
    ...(current && { current: currentFor(current, viewer) }),
  });
}

/** @returns whether the promise settled before the time, in epoch milliseconds */
async function settles(promise: Promise<void> | undefined, until: number): Promise<boolean> {
  if (!promise) return true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(0, until - Date.now()));
  });
  const settled = await Promise.race([promise.then(() => true), timeout]);
  clearTimeout(timer);
  return settled;
}
