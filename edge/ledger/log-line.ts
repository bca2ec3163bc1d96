/** The one line that the log has of an assignment, when it has ended: ids, outcome, timings, the caller's trace. Pure. */
import type { Fields } from "../telemetry.ts";
import type { Job } from "./runner.ts";

/** @param at epoch milliseconds; the timings are of the whole and of the attempt that ended it */
export const assignmentFields = ({ row, from, trace, sentAt }: Job, merchant: string, at: number): Fields => ({
  merchant,
  assignment: row.id,
  partner: row.partner,
  channel: row.channel,
  state: row.state,
  code: row.failure?.code,
  attempts: row.attempts,
  durationMs: at - row.createdAt,
  attemptMs: sentAt === undefined ? undefined : at - sentAt,
  requestId: from.requestId,
  upstreamRequestId: row.upstreamRequestId,
  ...(trace && { traceId: trace.traceId, parentSpanId: trace.spanId, sampled: trace.sampled }),
});
