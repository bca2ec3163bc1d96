/**
 * What a log line of the edge is in OpenTelemetry: always a log record; of an assignment also a span and measurements; of a
 * count one step of its counter. Pure. Every member of a line becomes the attribute `staff_assign.<its name in snake_case>`;
 * lines hold neither secrets nor mobiles nor names, and what is no line of the edge becomes nothing at all. The members that
 * name the caller's trace say where a record belongs and are no attributes.
 */
import {
  type Attributes,
  isSpanContextValid,
  type LogRecord,
  SeverityNumber,
  type SpanContext,
  SpanKind,
  TraceFlags,
} from "@opentelemetry/api";
import { problemCodes } from "../../../shared/problem-codes.ts";

export interface SpanRecord {
  name: string;
  kind: SpanKind;
  /** epoch milliseconds */
  startTime: number;
  endTime: number;
  attributes: Attributes;
  /** it failed by our or the platform's fault, not because somebody asked for what cannot be */
  failed: boolean;
  children: SpanRecord[];
}

export interface Measurement {
  kind: "counter" | "duration";
  name: string;
  /** of a counter a step, of a duration seconds */
  value: number;
  attributes: Attributes;
}

export interface Records {
  log: LogRecord;
  /** the caller's span, of which ours is a child; whether it is sampled decides about ours, too */
  parent?: SpanContext;
  span?: SpanRecord;
  measurements: Measurement[];
}

type Value = string | number | boolean;

interface Line {
  time: number;
  level: keyof typeof severities;
  event: string;
  members: Record<string, Value>;
  parent: SpanContext | undefined;
}

const severities = { info: SeverityNumber.INFO, warn: SeverityNumber.WARN, error: SeverityNumber.ERROR } as const;

/** @returns undefined for what is no line of the edge: workerd's own sentences, a piece of a line */
export function recordsOf(text: string): Records | undefined {
  const line = parse(text);
  if (!line) return undefined;
  const log: LogRecord = {
    timestamp: line.time,
    severityNumber: severities[line.level],
    severityText: line.level.toUpperCase(),
    eventName: `staff_assign.${line.event}`,
    body: text,
    attributes: attributesOf(line.members),
  };
  if (line.event === "assignment") return { log, ...(line.parent && { parent: line.parent }), ...assignment(line) };
  if (line.event === "count") return { log, measurements: count(line.members) };
  return { log, measurements: [] };
}

function parse(text: string): Line | undefined {
  if (!text.startsWith("{")) return undefined;
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { time: written, level, event, traceId, parentSpanId, sampled, ...rest } = value;
  const time = typeof written === "string" ? Date.parse(written) : Number.NaN;
  if (Number.isNaN(time) || !isLevel(level) || typeof event !== "string") return undefined;
  const members = Object.fromEntries(Object.entries(rest).filter(isPlain));
  return { time, level, event, members, parent: parentOf(traceId, parentSpanId, sampled) };
}

function parentOf(traceId: unknown, spanId: unknown, sampled: unknown): SpanContext | undefined {
  if (typeof traceId !== "string" || typeof spanId !== "string") return undefined;
  const traceFlags = sampled === true ? TraceFlags.SAMPLED : TraceFlags.NONE;
  const parent: SpanContext = { traceId, spanId, traceFlags, isRemote: true };
  return isSpanContextValid(parent) ? parent : undefined;
}

const isLevel = (level: unknown): level is Line["level"] =>
  typeof level === "string" && Object.hasOwn(severities, level);

const isPlain = (entry: [string, unknown]): entry is [string, Value] =>
  ["string", "number", "boolean"].includes(typeof entry[1]);

function assignment({ time, members }: Line): Pick<Records, "span" | "measurements"> {
  const { channel, merchant, state, code, upstreamRequestId } = members;
  const duration = milliseconds(members.durationMs) ?? 0;
  const attempt = milliseconds(members.attemptMs);
  const error = code === undefined ? {} : { "error.type": code };
  const failed = isFault(code);
  const span: SpanRecord = {
    name: `assign ${channel}`,
    kind: SpanKind.SERVER,
    startTime: time - duration,
    endTime: time,
    attributes: { ...attributesOf(members), ...error },
    failed,
    children: [],
  };
  const labels = { ...attributesOf({ channel, merchant, state }), ...error };
  const measurements: Measurement[] = [
    { kind: "counter", name: "staff_assign.assignments", value: 1, attributes: labels },
    { kind: "duration", name: "staff_assign.assignment.duration", value: duration / 1000, attributes: labels },
  ];
  if (attempt !== undefined) {
    span.children.push({
      name: `attempt ${channel}`,
      kind: SpanKind.CLIENT,
      // A clock that was set meanwhile must not put it before the whole.
      startTime: time - Math.min(attempt, duration),
      endTime: time,
      attributes: { ...attributesOf({ upstreamRequestId }), ...error },
      failed,
      children: [],
    });
    measurements.push({
      kind: "duration",
      name: "staff_assign.attempt.duration",
      value: attempt / 1000,
      attributes: labels,
    });
  }
  return { span, measurements };
}

function count({ counter, ...labels }: Line["members"]): Measurement[] {
  if (typeof counter !== "string") return [];
  return [{ kind: "counter", name: `staff_assign.${counter}`, value: 1, attributes: attributesOf(labels) }];
}

const statuses = new Map<Value, number>(Object.entries(problemCodes).map(([code, { status }]) => [code, status]));

/** A refusal that the caller brought about is an outcome like another, as with HTTP servers. */
const isFault = (code: Value | undefined) => code !== undefined && (statuses.get(code) ?? 500) >= 500;

const milliseconds = (value: Value | undefined) => (typeof value === "number" ? Math.max(0, value) : undefined);

function attributesOf(members: Record<string, Value | undefined>): Attributes {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [`staff_assign.${snakeCase(name)}`, value]));
}

const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
