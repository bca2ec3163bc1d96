/** The guides that WeChat Pay keeps for a merchant, or for a sub-merchant of a service provider. */
import { type DemoGuide, demoGuides } from "../partner/demo-data.ts";

export interface GuideRecord {
  guideId: string;
  storeId: string;
  name: string;
  mobile: string;
  corpid?: string;
  userid?: string;
  workId?: string;
  qrCode?: string;
  avatar?: string;
  groupQrcode?: string;
}

export type GuidePatch = Partial<Pick<GuideRecord, "name" | "mobile" | "qrCode" | "avatar" | "groupQrcode">>;

export interface GuideFilter {
  storeId: string;
  userid?: string;
  mobile?: string;
  workId?: string;
  limit: number;
  offset: number;
}

interface Row extends Record<string, SqlStorageValue> {
  guide_id: string;
  store_id: string;
  name: string;
  mobile: string;
  userid: string | null;
  work_id: string | null;
}

export class GuideStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Each account starts with the guides of the demo shop. */
  #open(account: string): void {
    const known = this.#sql.exec("SELECT 1 FROM guides WHERE account = ? LIMIT 1", account).toArray().length > 0;
    if (!known) for (const guide of demoGuides) this.#insert(account, fromDemo(guide));
  }

  #insert(account: string, guide: GuideRecord): void {
    this.#sql.exec(
      `INSERT INTO guides (account, guide_id, position, store_id, corpid, userid, work_id, name, mobile, qr_code, avatar, group_qrcode)
       VALUES (?1, ?2, (SELECT count(*) FROM guides WHERE account = ?1), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`,
      account,
      guide.guideId,
      guide.storeId,
      guide.corpid ?? null,
      guide.userid ?? null,
      guide.workId ?? null,
      guide.name,
      guide.mobile,
      guide.qrCode ?? null,
      guide.avatar ?? null,
      guide.groupQrcode ?? null,
    );
  }

  /** Registering the same person of the same store again answers the same id, as no rule says otherwise. */
  register(account: string, guide: Omit<GuideRecord, "guideId">): string {
    this.#open(account);
    const same = this.#sql
      .exec<{ guide_id: string }>(
        "SELECT guide_id FROM guides WHERE account = ? AND store_id = ? AND userid = ? AND corpid = ?",
        account,
        guide.storeId,
        guide.userid ?? null,
        guide.corpid ?? null,
      )
      .toArray()[0];
    if (same) return same.guide_id;
    const { count } = this.#sql
      .exec<{ count: number }>("SELECT count(*) AS count FROM guides WHERE account = ?", account)
      .one();
    const guideId = `010083700800001${String(count).padStart(5, "0")}`;
    this.#insert(account, { ...guide, guideId });
    return guideId;
  }

  exists(account: string, guideId: string): boolean {
    this.#open(account);
    return (
      this.#sql.exec("SELECT 1 FROM guides WHERE account = ? AND guide_id = ?", account, guideId).toArray().length > 0
    );
  }

  isPersonal(account: string, guideId: string): boolean {
    const row = this.#sql
      .exec<{ work_id: string | null }>(
        "SELECT work_id FROM guides WHERE account = ? AND guide_id = ?",
        account,
        guideId,
      )
      .toArray()[0];
    return row?.work_id != null;
  }

  update(account: string, guideId: string, patch: GuidePatch): void {
    this.#sql.exec(
      `UPDATE guides SET name = coalesce(?, name), mobile = coalesce(?, mobile), qr_code = coalesce(?, qr_code),
       avatar = coalesce(?, avatar), group_qrcode = coalesce(?, group_qrcode) WHERE account = ? AND guide_id = ?`,
      patch.name ?? null,
      patch.mobile ?? null,
      patch.qrCode ?? null,
      patch.avatar ?? null,
      patch.groupQrcode ?? null,
      account,
      guideId,
    );
  }

  find(account: string, filter: GuideFilter): { data: GuideRecord[]; total: number } {
    this.#open(account);
    const where = `account = ?1 AND store_id = ?2 AND (?3 IS NULL OR userid = ?3) AND (?4 IS NULL OR mobile = ?4)
      AND (?5 IS NULL OR work_id = ?5)`;
    const values = [
      account,
      filter.storeId,
      filter.userid ?? null,
      filter.mobile ?? null,
      filter.workId ?? null,
    ] as const;
    const { total } = this.#sql
      .exec<{ total: number }>(`SELECT count(*) AS total FROM guides WHERE ${where}`, ...values)
      .one();
    const rows = this.#sql
      .exec<Row>(
        `SELECT guide_id, store_id, name, mobile, userid, work_id FROM guides WHERE ${where} ORDER BY position LIMIT ?6 OFFSET ?7`,
        ...values,
        filter.limit,
        filter.offset,
      )
      .toArray();
    return { data: rows.map(fromRow), total };
  }
}

const fromDemo = (guide: DemoGuide): GuideRecord => ({
  guideId: guide.guideId,
  storeId: guide.storeId,
  name: guide.name,
  mobile: guide.mobile,
  ...(guide.userId && { userid: guide.userId, corpid: "wwsandbox0000000001" }),
  ...(guide.workId && { workId: guide.workId }),
});

const fromRow = (row: Row): GuideRecord => ({
  guideId: row.guide_id,
  storeId: row.store_id,
  name: row.name,
  mobile: row.mobile,
  ...(row.userid !== null && { userid: row.userid }),
  ...(row.work_id !== null && { workId: row.work_id }),
});
