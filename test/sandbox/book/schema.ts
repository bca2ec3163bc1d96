/** Tables of the sandbox's book. The book is a test double's memory: `reset` empties it, nothing migrates. */

export const tables = {
  /** every request seen at an upstream path, newest kept */
  requests: `seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, channel TEXT NOT NULL, host TEXT NOT NULL,
    method TEXT NOT NULL, path TEXT NOT NULL, operation TEXT NOT NULL, account TEXT, order_id TEXT, headers TEXT NOT NULL,
    body TEXT NOT NULL, fault TEXT, status INTEGER, executed INTEGER NOT NULL DEFAULT 0, request_id TEXT, answer TEXT`,
  /** per order: how often an assignment arrived, how often it was carried out, who has it now */
  orders: `channel TEXT NOT NULL, account TEXT NOT NULL, order_id TEXT NOT NULL, sends INTEGER NOT NULL DEFAULT 0,
    executions INTEGER NOT NULL DEFAULT 0, guide TEXT, guides TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (channel, account, order_id)`,
  nonces: `mchid TEXT NOT NULL, nonce TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (mchid, nonce)`,
  guides: `account TEXT NOT NULL, guide_id TEXT NOT NULL, position INTEGER NOT NULL, store_id TEXT NOT NULL, corpid TEXT,
    userid TEXT, work_id TEXT, name TEXT NOT NULL, mobile TEXT NOT NULL, qr_code TEXT, avatar TEXT, group_qrcode TEXT,
    PRIMARY KEY (account, guide_id)`,
  workcards: `account TEXT NOT NULL, workcard_id TEXT NOT NULL, outer_id TEXT, fulfil_task_id TEXT,
    status_code TEXT NOT NULL, worker_id TEXT, worker_name TEXT, worker_mobile TEXT, service_store_id TEXT,
    PRIMARY KEY (account, workcard_id)`,
  authorisations: `app_key TEXT PRIMARY KEY, session TEXT NOT NULL, refresh_token TEXT NOT NULL, expires_at INTEGER NOT NULL`,
  faults: `id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT, host TEXT, operation TEXT, fault TEXT NOT NULL,
    skip INTEGER NOT NULL, times INTEGER`,
  marks: `id TEXT PRIMARY KEY, uses INTEGER NOT NULL`,
  state: `name TEXT PRIMARY KEY, value TEXT NOT NULL`,
} as const;

export function createTables(sql: SqlStorage): void {
  for (const [name, columns] of Object.entries(tables)) sql.exec(`CREATE TABLE IF NOT EXISTS ${name} (${columns})`);
  sql.exec("CREATE INDEX IF NOT EXISTS nonces_by_time ON nonces (at)");
  sql.exec("CREATE INDEX IF NOT EXISTS workcards_by_outer ON workcards (account, outer_id)");
  sql.exec("CREATE INDEX IF NOT EXISTS workcards_by_task ON workcards (account, fulfil_task_id)");
}

export function emptyTables(sql: SqlStorage): void {
  for (const name of Object.keys(tables)) sql.exec(`DELETE FROM ${name}`);
}
