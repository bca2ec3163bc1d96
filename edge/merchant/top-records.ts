/**
 * What the Merchant object reads back of its own about TOP. The disk outlives versions and may be restored or edited, so
 * a record is believed in its form alone; one that is not of it counts as absent, and is learnt anew from calls.
 */
import * as v from "valibot";
import type { TopBan } from "../channels/tmall/errors.ts";

/** Any time that a Date can hold. Not only whole ones: a platform may tell a lifetime with a fraction. */
const epochMs = v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15));

export const StoredSessionSchema = v.object({
  origin: v.picklist(["swapped", "refreshed"]),
  session: v.string(),
  obtainedAt: epochMs,
  expiresAt: v.exactOptional(epochMs),
  refreshToken: v.exactOptional(v.string()),
});
/** Times are epoch milliseconds. */
export type StoredSession = v.InferOutput<typeof StoredSessionSchema>;

/** What is remembered about the session in force; a new session begins without. */
export const SessionNotesSchema = v.object({
  /** fingerprint of the session that they are about, with its end and its refresh token */
  session: v.string(),
  refusedAt: v.exactOptional(epochMs),
  warnedDays: v.exactOptional(v.number()),
  /** `count`: in a row */
  failed: v.exactOptional(
    v.object({
      at: epochMs,
      detail: v.string(),
      upstreamCode: v.exactOptional(v.string()),
      final: v.boolean(),
      count: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    }),
  ),
});
export type SessionNotes = Omit<v.InferOutput<typeof SessionNotesSchema>, "session">;

export const BansSchema: v.GenericSchema<unknown, TopBan[]> = v.array(
  v.object({ api: v.string(), untilMs: epochMs, reason: v.picklist(["flow_control", "daily_quota"]) }),
);

export const ClockOffsetSchema = v.pipe(v.number(), v.finite());

/** @returns undefined for a text that is absent, no JSON, or not of the form */
export function readRecord<S extends v.GenericSchema>(
  schema: S,
  text: string | undefined,
): v.InferOutput<S> | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(schema, value);
  return parsed.success ? parsed.output : undefined;
}
