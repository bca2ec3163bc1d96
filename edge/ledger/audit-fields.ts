/** What the audit keeps of an assignment's row; its entries have no member for what is not known. */
import type { AuditEntry } from "./audit.ts";
import type { Row } from "./store.ts";

/** What an entry is about. The ledger's name tells the sub-merchant, but for Tmall, whose cards all of them share. */
export const auditSubject = (row: Row): Omit<AuditEntry, "event"> => ({
  assignment: row.id,
  partner: row.partner,
  ...(row.channel === "tmall" && row.subMchid !== "" && { subMchid: row.subMchid }),
  ...(row.store !== "" && { store: row.store }),
  channel: row.channel,
  order: row.order,
});

/** What came of it, as far as it is known. */
export const outcomeFields = (row: Row): Omit<AuditEntry, "event"> => ({
  state: row.state,
  ...(row.failure && { code: row.failure.code }),
  ...(row.upstreamRequestId !== undefined && { upstreamRequestId: row.upstreamRequestId }),
});
