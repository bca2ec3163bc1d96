/** What arrived and what is to go wrong: the request log, the queue of faults, the counts per order. */
import { type Channel, readMarker } from "../faults/fault.ts";

/** A request as the book keeps it: no signature, token, name or mobile. */
export interface RequestEntry {
  channel: Channel;
  /** host name the client called: `127.0.0.1` plays the primary host, `localhost` the backup */
  host: string;
  method: string;
  path: string;
  /** `assign`, `query`, …; for TOP the method */
  operation: string;
  /** asks for an assignment: the book counts these per order */
  assigns: boolean;
  /** the caller, as far as it is proven: WeChat `mchid` or `mchid/sub_mchid`, TOP app key */
  account?: string;
  order?: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

export interface Conclusion {
  status: number;
  executed: boolean;
  requestId: string;
  /** the platform's code where it refused */
  answer?: string;
}

export interface QueuedFault {
  fault: string;
  channel?: Channel;
  host?: string;
  operation?: string;
  /** calls to let pass first */
  skip: number;
  /** calls to strike; null: until the faults are cleared */
  times: number | null;
}

/** Enough for a test run to look back at, little enough for a soak run. */
const keptRequests = 1000;

export class Traffic {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  log(entry: RequestEntry, fault?: string): number {
    const { seq } = this.#sql
      .exec<{ seq: number }>(
        `INSERT INTO requests (at, channel, host, method, path, operation, account, order_id, headers, body, fault)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
        Date.now(),
        entry.channel,
        entry.host,
        entry.method,
        entry.path,
        entry.operation,
        entry.account ?? null,
        entry.order ?? null,
        JSON.stringify(entry.headers),
        JSON.stringify(entry.body),
        fault ?? null,
      )
      .one();
    if (seq % 100 === 0) this.#sql.exec("DELETE FROM requests WHERE seq <= ?", seq - keptRequests);
    return seq;
  }

  conclude(seq: number, { status, executed, requestId, answer }: Conclusion): void {
    this.#sql.exec(
      "UPDATE requests SET status = ?, executed = ?, request_id = ?, answer = ? WHERE seq = ?",
      status,
      executed ? 1 : 0,
      requestId,
      answer ?? null,
      seq,
    );
  }

  queue(fault: QueuedFault): void {
    this.#sql.exec(
      "INSERT INTO faults (channel, host, operation, fault, skip, times) VALUES (?, ?, ?, ?, ?, ?)",
      fault.channel ?? null,
      fault.host ?? null,
      fault.operation ?? null,
      fault.fault,
      fault.skip,
      fault.times,
    );
  }

  queued(): unknown[] {
    return this.#sql.exec("SELECT channel, host, operation, fault, skip, times FROM faults ORDER BY id").toArray();
  }

  /**
   * The fault that strikes this request, if any: the first queued one that fits, else the first marker among its ids.
   *
   * @returns its name or number
   */
  strike(entry: RequestEntry, ids: readonly string[]): string | undefined {
    const queued = this.#sql
      .exec<{ id: number; fault: string; skip: number; times: number | null }>(
        `SELECT id, fault, skip, times FROM faults WHERE (channel IS NULL OR channel = ?) AND (host IS NULL OR host = ?)
         AND (operation IS NULL OR operation = ?) ORDER BY id LIMIT 1`,
        entry.channel,
        entry.host,
        entry.operation,
      )
      .toArray()[0];
    if (queued) {
      if (queued.skip > 0) {
        this.#sql.exec("UPDATE faults SET skip = skip - 1 WHERE id = ?", queued.id);
      } else {
        if (queued.times === 1) this.#sql.exec("DELETE FROM faults WHERE id = ?", queued.id);
        else if (queued.times !== null) this.#sql.exec("UPDATE faults SET times = times - 1 WHERE id = ?", queued.id);
        return queued.fault;
      }
    }
    for (const id of ids) {
      const marker = readMarker(id);
      if (!marker) continue;
      const { uses } = this.#sql
        .exec<{ uses: number }>(
          "INSERT INTO marks (id, uses) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET uses = uses + 1 RETURNING uses",
          `${entry.channel} ${entry.operation} ${id}`,
        )
        .one();
      return marker.times === undefined || uses <= marker.times ? marker.fault : undefined;
    }
    return undefined;
  }

  countSend(channel: Channel, account: string, order: string): void {
    this.#sql.exec(
      `INSERT INTO orders (channel, account, order_id, sends) VALUES (?, ?, ?, 1)
       ON CONFLICT (channel, account, order_id) DO UPDATE SET sends = sends + 1`,
      channel,
      account,
      order,
    );
  }

  countExecution(channel: Channel, account: string, order: string, guide: string): void {
    this.#sql.exec(
      `INSERT INTO orders (channel, account, order_id, executions, guide, guides) VALUES (?, ?, ?, 1, ?, json_array(?))
       ON CONFLICT (channel, account, order_id) DO UPDATE
       SET executions = executions + 1, guide = excluded.guide, guides = json_insert(guides, '$[#]', excluded.guide)`,
      channel,
      account,
      order,
      guide,
      guide,
    );
  }

  orders(order?: string): unknown[] {
    return this.#sql
      .exec<{ guides: string }>(
        `SELECT channel, account, order_id AS "order", sends, executions, guide, guides FROM orders
         WHERE ?1 IS NULL OR order_id = ?1 ORDER BY rowid DESC LIMIT 1000`,
        order ?? null,
      )
      .toArray()
      .map((row) => ({ ...row, guides: JSON.parse(row.guides) }));
  }

  totals(): unknown[] {
    return this.#sql
      .exec(
        `SELECT channel, count(*) AS orders, sum(sends) AS sends, sum(executions) AS executions,
         sum(executions > 1) AS executedMoreThanOnce,
         sum(CASE WHEN (SELECT count(DISTINCT value) FROM json_each(guides)) > 1 THEN 1 ELSE 0 END) AS reassigned
         FROM orders GROUP BY channel`,
      )
      .toArray();
  }

  requests(order?: string, limit = 100): unknown[] {
    return this.#sql
      .exec<{ headers: string; body: string; executed: number }>(
        `SELECT seq, at, channel, host, method, path, operation, account, order_id AS "order", headers, body, fault, status,
         executed, request_id AS requestId, answer FROM requests WHERE ?1 IS NULL OR order_id = ?1 ORDER BY seq DESC LIMIT ?2`,
        order ?? null,
        limit,
      )
      .toArray()
      .map((row) => ({
        ...row,
        headers: JSON.parse(row.headers),
        body: JSON.parse(row.body),
        executed: row.executed === 1,
      }));
  }

  /** @returns false when the nonce was used before */
  spendNonce(mchid: string, nonce: string, now: number, windowMs: number): boolean {
    this.#sql.exec("DELETE FROM nonces WHERE at < ?", now - windowMs);
    const { rowsWritten } = this.#sql.exec(
      "INSERT OR IGNORE INTO nonces (mchid, nonce, at) VALUES (?, ?, ?)",
      mchid,
      nonce,
      now,
    );
    return rowsWritten > 0;
  }
}
