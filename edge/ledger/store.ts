/**
 * The statements over the ledger's tables. Everything here is synchronous, so that what one turn writes is one
 * commit. docs/storage.md describes each record.
 */
import type { AssignmentQuery, ChannelName, GuideView, OrderKind } from "../../shared/contract.ts";
import type { Failure } from "../problem.ts";
import type { Sql, SqlValue } from "../sql.ts";
import { firstIdOf } from "./assignment-id.ts";
import { orderKeyOf, orderKeysOf } from "./order-key.ts";
import { type State, statesOf } from "./state.ts";
import { openTables } from "./tables.ts";
import type { Tenant } from "./tenant.ts";

export interface Row extends Tenant {
  id: string;
  channel: ChannelName;
  orderKind: OrderKind | undefined;
  order: string;
  guideKey: string;
  guide: GuideView;
  fingerprint: string;
  idempotencyKey: string | undefined;
  replaces: string | undefined;
  state: State;
  /** an attempt may have taken effect without proof */
  uncertain: boolean;
  attempts: number;
  /** epoch milliseconds, as all times here */
  createdAt: number;
  assignedAt: number | undefined;
  failure: Failure | undefined;
  upstreamRequestId: string | undefined;
  /** found on the platform by read-back, not made by us */
  observed: boolean;
}

/** What an open assignment still needs; gone with its outcome. */
export interface OutboxRow {
  id: string;
  /** JSON of the intent, or sealed bytes of it when it is personal */
  intent: string | Uint8Array;
  nextAttemptAt: number;
}

interface SqlRow extends Record<string, SqlValue> {
  id: string;
  partner: string;
  sub_mchid: string;
  store: string;
  channel: string;
  order_kind: string | null;
  order_id: string;
  guide_key: string;
  guide: string;
  fingerprint: string;
  key_ref: string | null;
  replaces: string | null;
  state: string;
  uncertain: number;
  attempts: number;
  created_at: number;
  assigned_at: number | null;
  failure: string | null;
  upstream_request_id: string | null;
  observed: number;
}

const columns =
  "id, partner, sub_mchid, store, channel, order_kind, order_id, guide_key, guide, fingerprint, key_ref, replaces, state, uncertain, attempts, created_at, assigned_at, failure, upstream_request_id, observed";

/**
 * Takes a whole row as one parameter, a JSON array: workerd spends some thousand instructions on each parameter, SQLite
 * half as many on a member of an array that it has parsed.
 */
const insertRow = `INSERT INTO assignments (${columns}, order_key)
  VALUES (${Array.from({ length: 21 }, (_, index) => `?1 ->> ${index}`).join(", ")})`;

/** An idempotency key belongs to its tenant. None of the parts before the key has a slash. */
const keyReference = ({ partner, subMchid, store }: Tenant, key: string) => `${partner}/${subMchid}/${store}/${key}`;

export class Store {
  readonly #sql: Sql;

  /** @throws Error when the ledger on disk has tables of another version */
  constructor(sql: Sql) {
    this.#sql = sql;
    openTables(sql);
  }

  meta(name: string): string | undefined {
    const [row] = this.#sql.exec<{ value: string }>("SELECT value FROM meta WHERE name = ?", name).toArray();
    return row?.value;
  }

  setMeta(name: string, value: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, value);
  }

  insert(row: Row): void {
    this.#sql.exec(
      insertRow,
      JSON.stringify([
        row.id,
        row.partner,
        row.subMchid,
        row.store,
        row.channel,
        row.orderKind ?? null,
        row.order,
        row.guideKey,
        JSON.stringify(row.guide),
        row.fingerprint,
        row.idempotencyKey === undefined ? null : keyReference(row, row.idempotencyKey),
        row.replaces ?? null,
        row.state,
        Number(row.uncertain),
        row.attempts,
        row.createdAt,
        row.assignedAt ?? null,
        row.failure === undefined ? null : JSON.stringify(row.failure),
        row.upstreamRequestId ?? null,
        Number(row.observed),
        orderKeyOf(row),
      ]),
    );
  }

  /** Writes what can change: state and outcome. A failed assignment gives its idempotency key back. */
  update(row: Row): void {
    this.#sql.exec(
      `UPDATE assignments SET state = ?, uncertain = ?, attempts = ?, assigned_at = ?, failure = ?, upstream_request_id = ?
         ${row.idempotencyKey === undefined ? ", key_ref = NULL" : ""} WHERE id = ?`,
      row.state,
      Number(row.uncertain),
      row.attempts,
      row.assignedAt ?? null,
      row.failure === undefined ? null : JSON.stringify(row.failure),
      row.upstreamRequestId ?? null,
      row.id,
    );
  }

  byId(id: string): Row | undefined {
    return this.#one(`SELECT ${columns} FROM assignments WHERE id = ?`, id);
  }

  /** The assignment that a key began or joined, with the fingerprint of the request that the key was used for. */
  byIdempotencyKey(tenant: Tenant, key: string): Row | undefined {
    const reference = keyReference(tenant, key);
    const begun = this.#one(`SELECT ${columns} FROM assignments WHERE key_ref = ?`, reference);
    if (begun) return begun;
    const [joined] = this.#sql
      .exec<{ id: string; fingerprint: string }>("SELECT id, fingerprint FROM joined_keys WHERE key_ref = ?", reference)
      .toArray();
    const row = joined && this.byId(joined.id);
    return row && { ...row, fingerprint: joined.fingerprint };
  }

  joinKey(tenant: Tenant, key: string, fingerprint: string, id: string): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO joined_keys (key_ref, fingerprint, id) VALUES (?, ?, ?)",
      keyReference(tenant, key),
      fingerprint,
      id,
    );
  }

  /**
   * The newest assignment of an order: the only one that can hold it. Most orders are new, and a row that is not there costs
   * by its columns, so the id is asked for alone. The cast hides the value from SQLite's planner, which otherwise plans the
   * statement anew for each order: that costs more than the look-up itself.
   */
  newestOfOrder(key: string): Row | undefined {
    const [newest] = this.#sql
      .exec<{ id: string }>(
        "SELECT id FROM assignments WHERE order_key = CAST(? AS TEXT) ORDER BY id DESC LIMIT 1",
        key,
      )
      .toArray();
    return newest && this.byId(newest.id);
  }

  /** The newest assignment of an order that names this guide or, if that is newer, was proved for whomever. */
  lastTold(key: string, guideKey: string): Row | undefined {
    return this.#one(
      `SELECT ${columns} FROM assignments
         WHERE order_key = ? AND (guide_key = ? OR assigned_at IS NOT NULL) ORDER BY id DESC LIMIT 1`,
      key,
      guideKey,
    );
  }

  list({ partner, subMchid, store }: Tenant, query: AssignmentQuery): { rows: Row[]; more: boolean } {
    const conditions = ["partner = ? AND sub_mchid = ?"];
    const bindings: (string | number)[] = [partner, subMchid];
    const where = (condition: string, ...values: string[]) => {
      conditions.push(condition);
      bindings.push(...values);
    };
    const whereIn = (column: string, values: string[]) =>
      where(`${column} IN (${values.map(() => "?").join(", ")})`, ...values);
    if (store !== "") where("store = ?", store);
    if (query.order !== undefined) whereIn("order_key", orderKeysOf(query.order));
    if (query.channel !== undefined) where("channel = ?", query.channel);
    if (query.status !== undefined) whereIn("state", statesOf(query.status));
    if (query.cursor !== undefined) where("id < ?", query.cursor);
    const found = this.#sql
      .exec<SqlRow>(
        `SELECT ${columns} FROM assignments WHERE ${conditions.join(" AND ")} ORDER BY id DESC LIMIT ?`,
        ...bindings,
        query.limit + 1,
      )
      .toArray();
    return { rows: found.slice(0, query.limit).map(fromSql), more: found.length > query.limit };
  }

  putOutbox(row: OutboxRow): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO outbox (id, intent, next_attempt_at) VALUES (?, ?, ?)",
      row.id,
      row.intent,
      row.nextAttemptAt,
    );
  }

  postpone(id: string, nextAttemptAt: number): void {
    this.#sql.exec("UPDATE outbox SET next_attempt_at = ? WHERE id = ?", nextAttemptAt, id);
  }

  dropOutbox(id: string): void {
    this.#sql.exec("DELETE FROM outbox WHERE id = ?", id);
  }

  outbox(id: string): OutboxRow | undefined {
    const [row] = this.#sql
      .exec<{ id: string; intent: string | ArrayBuffer; next_attempt_at: number }>(
        "SELECT id, intent, next_attempt_at FROM outbox WHERE id = ?",
        id,
      )
      .toArray();
    return row && fromOutboxSql(row);
  }

  /** Open assignments by the time of their next attempt. The table holds open ones only, so it stays small. */
  outboxByTime(): Pick<OutboxRow, "id" | "nextAttemptAt">[] {
    return this.#sql
      .exec<{ id: string; next_attempt_at: number }>("SELECT id, next_attempt_at FROM outbox ORDER BY next_attempt_at")
      .toArray()
      .map((row) => ({ id: row.id, nextAttemptAt: row.next_attempt_at }));
  }

  /** @param expiresAt epoch seconds @returns false when the proof was used before */
  spendProof(jti: string, expiresAt: number): boolean {
    return (
      this.#sql.exec("INSERT OR IGNORE INTO proofs (jti, expires_at) VALUES (?, ?)", jti, expiresAt).rowsWritten > 0
    );
  }

  /** @param session its partner and id, since partners choose the ids of sessions that they sign @param expiresAt epoch seconds */
  revoke(session: string, expiresAt: number): void {
    this.#sql.exec("INSERT OR REPLACE INTO revocations (session_id, expires_at) VALUES (?, ?)", session, expiresAt);
  }

  /** The sessions that `revoke` was told. */
  revocations(): string[] {
    return this.#sql
      .exec<{ session_id: string }>("SELECT session_id FROM revocations")
      .toArray()
      .map((row) => row.session_id);
  }

  /** Drops proofs and revocations that have had their time. @param now epoch seconds */
  sweep(now: number): void {
    this.#sql.exec("DELETE FROM proofs WHERE expires_at < ?", now);
    this.#sql.exec("DELETE FROM revocations WHERE expires_at < ?", now);
  }

  /** Whether proofs or revocations wait for the next sweep. */
  holdsExpiring(): boolean {
    const found = "SELECT 1 AS found FROM proofs UNION ALL SELECT 1 FROM revocations LIMIT 1";
    return this.#sql.exec<{ found: number }>(found).toArray().length > 0;
  }

  /** Drops assignments made before a time, open ones excepted. */
  prune(retainFrom: number): void {
    this.#sql.exec("DELETE FROM assignments WHERE id < ? AND id NOT IN (SELECT id FROM outbox)", firstIdOf(retainFrom));
    this.#sql.exec("DELETE FROM joined_keys WHERE id NOT IN (SELECT id FROM assignments)");
  }

  oldestCreatedAt(): number | undefined {
    const [row] = this.#sql
      .exec<{ created_at: number }>("SELECT created_at FROM assignments ORDER BY id LIMIT 1")
      .toArray();
    return row?.created_at;
  }

  #one(statement: string, ...bindings: string[]): Row | undefined {
    const [row] = this.#sql.exec<SqlRow>(statement, ...bindings).toArray();
    return row && fromSql(row);
  }
}

function fromOutboxSql(row: { id: string; intent: string | ArrayBuffer; next_attempt_at: number }): OutboxRow {
  const intent = typeof row.intent === "string" ? row.intent : new Uint8Array(row.intent);
  return { id: row.id, intent, nextAttemptAt: row.next_attempt_at };
}

/** The columns hold what `insert` and `update` wrote; nobody else writes this file. */
function fromSql(row: SqlRow): Row {
  const tenant: Tenant = { partner: row.partner, subMchid: row.sub_mchid, store: row.store };
  return {
    id: row.id,
    ...tenant,
    channel: row.channel as ChannelName,
    orderKind: (row.order_kind ?? undefined) as OrderKind | undefined,
    order: row.order_id,
    guideKey: row.guide_key,
    guide: JSON.parse(row.guide) as GuideView,
    fingerprint: row.fingerprint,
    idempotencyKey: row.key_ref === null ? undefined : row.key_ref.slice(keyReference(tenant, "").length),
    replaces: row.replaces ?? undefined,
    state: row.state as State,
    uncertain: row.uncertain === 1,
    attempts: row.attempts,
    createdAt: row.created_at,
    assignedAt: row.assigned_at ?? undefined,
    failure: row.failure === null ? undefined : (JSON.parse(row.failure) as Failure),
    upstreamRequestId: row.upstream_request_id ?? undefined,
    observed: row.observed === 1,
  };
}
