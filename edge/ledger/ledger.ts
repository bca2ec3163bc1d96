/**
 * The Ledger object: the only writer of its assignments, and the one that sends them; its name says of which orders. Two
 * calls for one order meet here and share one send; a page that goes away does not cut a send off.
 */
import { DurableObject } from "cloudflare:workers";
import type { ChannelName, GuidePage, OrderState } from "../../shared/contract.ts";
import type { Channel, OrderReference } from "../channels/channel.ts";
import { openChannel } from "../channels/open.ts";
import type { Limits } from "../config.ts";
import { Deadlines } from "../deadlines.ts";
import type { Env } from "../environment.ts";
import { configOf } from "../loaded-config.ts";
import { fail, ok, type Result } from "../problem.ts";
import { consoleTelemetry } from "../telemetry.ts";
import { Admission } from "./admission.ts";
import { newAssignmentId } from "./assignment-id.ts";
import type { AuditPage } from "./audit.ts";
import { Book } from "./book.ts";
import { decide, type Known, type Wanted } from "./decide.ts";
import { beginsInDoubt } from "./doubt.ts";
import { operateGuides } from "./guide-operations.ts";
import { sweepEveryMs } from "./housekeeping.ts";
import { intentOf, intentText, isSealedAtRest, openIntent } from "./identity.ts";
import { look } from "./look.ts";
import { parseLedgerName } from "./name.ts";
import { newRow, originOf, wantedOf } from "./new-row.ts";
import { orderKeyOf } from "./order-key.ts";
import type { AssignCall, AssignmentRecord, Call, GuideOperation, ListCall, RecordPage } from "./protocol.ts";
import { recoverAfterMs } from "./runner.ts";
import { foregroundMs } from "./schedule.ts";
import { isOpen } from "./state.ts";
import { type Row, Store } from "./store.ts";
import { isVisible, tenantOf } from "./tenant.ts";
import { conflict, orderFor, recordOf } from "./view.ts";
import { createWorks, misconfigured, type Works } from "./works.ts";

/** A ledger whose configuration is broken looks this often whether it has been mended. */
const recheckEveryMs = 60_000;
/** Alarms are at least this far apart, so that attempts a moment apart share one wake. */
const alarmSlackMs = 50;
/** No session lives longer, so a revocation need not either: an hour and its tolerance, in seconds. */
const longestSessionSeconds = 3_660;

export class Ledger extends DurableObject<Env> {
  readonly #store: Store;
  readonly #book: Book;
  readonly #admission: Admission;
  readonly #deadlines = new Deadlines(Date.now);
  readonly #channels = new Map<ChannelName, Result<Channel>>();
  #works: Works | undefined;
  /** epoch milliseconds of the alarm that is set */
  #alarmAt: number | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new Store(ctx.storage.sql);
    this.#book = new Book(this.#store);
    this.#admission = new Admission(this.#store);
    const ready = ctx.blockConcurrencyWhile(async () => {
      this.#alarmAt = (await ctx.storage.getAlarm()) ?? undefined;
      this.#works = await this.#assemble();
      return this.#works ? this.#interrupted(this.#works) : [];
    });
    ctx.waitUntil(ready.then((starts) => Promise.all(starts.map((start) => start()))));
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
    const wanted = wantedOf(caller, intent, request.replaces, idempotencyKey, works.identityKeys);
    let id = newAssignmentId(now);
    const plain = intentText(intent);
    const seal = async () => (isSealedAtRest(intent) ? works.sealer.seal(plain, id) : plain);
    // Sealing is asynchronous, so it comes before the turn that must not be split.
    let stored = await seal();
    const from = originOf(call);
    await works.runner.turn(wanted);
    const admitted = this.#admit(call);
    if (!admitted.ok) return admitted;
    for (;;) {
      const newest = this.#book.newestOfOrder(orderKeyOf(request));
      const decision = this.#decide(works, wanted, newest, idempotencyKey);
      switch (decision.kind) {
        case "key-reused":
          return fail("idempotency_key_reused", "This Idempotency-Key was used with another body");
        case "conflict":
          return conflict(newest, wanted);
        case "join":
          if (idempotencyKey !== undefined) this.#book.joinKey(wanted, idempotencyKey, decision.known.id);
          return this.#answer(works, decision.known.id, wanted, now, true);
        case "wait":
          if (!(await this.#deadlines.settles(works.runner.job(decision.known.id)?.attempt, now + foregroundMs))) {
            return conflict(newest, wanted);
          }
          break;
        case "begin": {
          if (newest && newest.id >= id) {
            // The clock stepped back, or another one came and went while this call waited: the newest must sort last.
            id = newAssignmentId(now, newest.id);
            stored = await seal();
            break;
          }
          const refusal = channel.value.refusal?.(intent);
          if (refusal) return { ok: false, failure: refusal };
          if (decision.after && newest) works.runner.supersede(newest, { ...from, id });
          const inDoubt = beginsInDoubt(newest, wanted.guideKey, intent, this.#book);
          const row = newRow(id, now, wanted, intent, idempotencyKey, inDoubt);
          works.runner.begin(row, intent, stored, from, call.trace);
          return this.#answer(works, id, wanted, now, false);
        }
      }
    }
  }

  async read(call: Call & { id: string }): Promise<Result<AssignmentRecord>> {
    const admitted = this.#admit(call);
    if (!admitted.ok) return admitted;
    const row = this.#book.byId(call.id);
    if (!row || !isVisible(row, tenantOf(call.caller)))
      return fail("not_found", "No assignment of this tenant has this id");
    return ok(this.#record(row));
  }

  async list(call: ListCall): Promise<Result<RecordPage>> {
    const admitted = this.#admit(call);
    if (!admitted.ok) return admitted;
    const { rows, more } = this.#book.list(tenantOf(call.caller), call.query);
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
    return look(works.lanes, call, () => operateGuides(directory, call.operation, tenant));
  }

  async readOrder(call: Call & OrderReference): Promise<Result<OrderState>> {
    const works = this.#works;
    if (!works) return misconfigured;
    const admitted = this.#admit(call);
    if (!admitted.ok) return admitted;
    const channel = await this.#channel(works, "tmall");
    if (!channel.ok) return channel;
    const { readOrder } = channel.value;
    if (!readOrder) return fail("not_found", "This channel has no query by order");
    const { order, orderKind } = call;
    const sight = await look(works.lanes, call, () => readOrder({ order, orderKind }));
    if (!sight.ok) return sight;
    const newest = this.#book.newestOfOrder(orderKeyOf({ channel: "tmall", order, orderKind }));
    return orderFor(sight.value, newest, tenantOf(call.caller));
  }

  /** Admission alone, for a call that another shard will act on: a proof and a session have one home. */
  async admit(call: Call): Promise<Result<null>> {
    return this.#admit(call);
  }

  async revoke(partnerId: string, sessionId: string, limits: Limits): Promise<Result<null>> {
    if (!this.#works) return misconfigured;
    const now = Date.now();
    const admitted = this.#admission.admitRevocation(partnerId, limits, now, this.#works.merchant.shards);
    if (!admitted.ok) return admitted;
    if (!this.#admission.revoke(partnerId, sessionId, Math.floor(now / 1000) + longestSessionSeconds)) return ok(null);
    this.#works.audit.append(now, { event: "revoked", partner: partnerId, session: sessionId });
    this.#wake(now + sweepEveryMs);
    return ok(null);
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
    if (!works) {
      if (this.#store.outboxByTime().length > 0) this.#wake(Date.now() + recheckEveryMs);
      return;
    }
    try {
      const now = Date.now();
      const due = this.#store.outboxByTime().filter((entry) => entry.nextAttemptAt <= now);
      await Promise.all(due.map((entry) => this.#resume(works, entry.id)));
      works.house.keep(Date.now());
    } finally {
      this.#book.flush();
      this.#wakeForNext(works);
    }
  }

  async #assemble(): Promise<Works | undefined> {
    const name = this.ctx.id.name ?? this.#store.meta("name");
    if (name === undefined) throw new TypeError("a ledger is addressed by its name");
    if (this.#store.meta("name") === undefined) this.#store.setMeta("name", name);
    const { merchant } = parseLedgerName(name);
    return createWorks(configOf(this.env), merchant, {
      sql: this.ctx.storage.sql,
      store: this.#store,
      book: this.#book,
      admission: this.#admission,
      openChannel: (channel) => (this.#works ? this.#channel(this.#works, channel) : Promise.resolve(misconfigured)),
      wake: (at) => this.#wake(at),
      agreeOnShards: (configured) => this.env.MERCHANT.getByName(merchant).agreeOnShards(configured),
    });
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

  #admit({ caller, limits, admitted }: Call): Result<null> {
    // Proofs and revocations are somewhere else, too, when the number of shards is another one.
    if (!this.#works) return misconfigured;
    if (admitted) return ok(null);
    const now = Date.now();
    const answer = this.#admission.admit(caller, limits, now, this.#works.merchant.shards);
    // What was written must be dropped again, also where nothing but reads ever happens. An earlier alarm finds it too.
    if (answer.ok && caller.proof) this.#wake(now + sweepEveryMs);
    return answer;
  }

  #decide(works: Works, wanted: Wanted, newest: Row | undefined, idempotencyKey: string | undefined) {
    const known = (row: Row | undefined): Known | undefined =>
      row && { ...row, inFlight: works.runner.job(row.id)?.inFlight ?? false };
    const keyed = idempotencyKey === undefined ? undefined : this.#book.byIdempotencyKey(wanted, idempotencyKey);
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
      await this.#deadlines.settles(
        inForeground ? job.ended : job.inFlight ? job.attempt : undefined,
        calledAt + foregroundMs,
      );
    }
    const row = this.#book.byId(id);
    if (!row) throw new TypeError("an assignment that was answered for is gone");
    if (row.state === "superseded" || row.failure?.code === "already_assigned") {
      return conflict(this.#book.newestOfOrder(orderKeyOf(row)), wanted);
    }
    if (row.failure && !isOpen(row.state)) return { ok: false, failure: row.failure };
    return ok(this.#record(row, replayed));
  }

  /** The lazy net below the alarm: an open assignment that nobody works on is taken up again when it is looked at. */
  #record(row: Row, replayed = false): AssignmentRecord {
    const works = this.#works;
    const job = works?.runner.job(row.id);
    const stored = isOpen(row.state) && !job ? this.#store.outbox(row.id) : undefined;
    const nextAttemptAt = job?.nextAttemptAt ?? stored?.nextAttemptAt;
    const now = Date.now();
    const isOverdue = nextAttemptAt !== undefined && nextAttemptAt < now && !job?.inFlight;
    if (works && isOverdue) this.ctx.waitUntil(this.#resume(works, row.id));
    return recordOf(row, { replayed, now, ...(nextAttemptAt !== undefined && { nextAttemptAt }) });
  }

  /**
   * A process that begins finds what another one was sending. That one is gone, so these are taken up at once: a page
   * that asks again waits for the outcome and not for an alarm.
   */
  #interrupted(works: Works): (() => Promise<void>)[] {
    const cutOff = this.#store.outboxByTime().flatMap(({ id }) => {
      const row = this.#book.byId(id);
      return row?.state === "sending" ? [works.runner.interrupted(row)] : [];
    });
    if (this.#alarmAt === undefined) this.#wakeForNext(works);
    return cutOff.map(
      ({ id }) =>
        () =>
          this.#resume(works, id),
    );
  }

  async #resume(works: Works, id: string): Promise<void> {
    const stored = this.#store.outbox(id);
    if (!stored) return;
    const intent = works.runner.job(id)?.intent ?? (await openIntent(stored, works.sealer));
    // Opening took a moment, in which the assignment may have been replaced.
    const row = this.#book.byId(id);
    if (!row || !isOpen(row.state)) return;
    if (intent) return works.runner.resume(row, intent);
    // Sealed under a key that is gone: nothing can be sent or proved any more.
    consoleTelemetry.log("error", "intent_unreadable", { merchant: works.merchant.alias, assignment: id });
    works.runner.abandon(row);
  }

  #wake(at: number): void {
    if (this.#alarmAt !== undefined && this.#alarmAt <= at) return;
    this.#alarmAt = at;
    void this.ctx.storage.setAlarm(at);
  }

  /** An in-flight attempt too is watched over: should this process end, nobody else remembers it. */
  #wakeForNext(works: Works): void {
    const now = Date.now();
    const times = this.#store
      .outboxByTime()
      .map(({ id, nextAttemptAt }) => (works.runner.job(id)?.inFlight ? now + recoverAfterMs : nextAttemptAt));
    const houseAt = works.house.nextAt();
    if (houseAt !== undefined) times.push(houseAt);
    if (times.length > 0) this.#wake(Math.max(Math.min(...times), now + alarmSlackMs));
  }
}
