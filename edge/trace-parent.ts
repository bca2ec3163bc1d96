/**
 * Where a caller's trace goes on: the `traceparent` header of W3C Trace Context. Pure. Of a header nothing goes further but
 * hexadecimal digits of fixed length; one that is not of the form is no header, as the recommendation has it, and never an
 * error. `tracestate` is not read: no vendor's part of it is ours, and nothing is propagated from here.
 */

export interface TraceParent {
  /** 32 lower-case hexadecimal digits, not all of them 0 */
  traceId: string;
  /** of the caller: `parent-id`, 16 such digits */
  spanId: string;
  /** whether the caller may have recorded its span, and asks for ours */
  sampled: boolean;
}

/** version, trace-id, parent-id, trace-flags, and whether more follows: two headers joined by a comma do not fit. */
const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-|$)/;
const noTrace = "0".repeat(32);
const noSpan = "0".repeat(16);
const sampledFlag = 0x01;

/**
 * A version above 00 may append what we do not know behind a further dash; its first four fields are read as ours
 * (section "Versioning of traceparent").
 */
export function readTraceParent(header: string | null): TraceParent | undefined {
  if (header === null) return undefined;
  const [, version, traceId, spanId, flags, end] = form.exec(header) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === "ff" || (version === "00" && end !== "")) return undefined;
  if (traceId === noTrace || spanId === noSpan) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & sampledFlag) !== 0 };
}
