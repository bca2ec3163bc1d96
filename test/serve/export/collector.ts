/** An OpenTelemetry collector on a loopback port: takes OTLP/HTTP in JSON, and answers as the test says. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

type AnyValue = { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean };
interface KeyValue {
  key: string;
  value: AnyValue;
}
type Attributes = Record<string, string | number | boolean | undefined>;

export interface Span {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status: { code?: number };
  attributes: Attributes;
}

export interface LogRecord {
  timeUnixNano: string;
  severityNumber: number;
  severityText: string;
  eventName: string;
  body: AnyValue;
  traceId?: string;
  spanId?: string;
  flags?: number;
  attributes: Attributes;
}

export interface Point {
  metric: string;
  unit: string;
  /** the sum of a counter, or how often something was measured */
  count: number;
  /** of a histogram */
  sum?: number;
  attributes: Attributes;
}

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Collector {
  endpoint: string;
  /** every request since the start */
  readonly received: Received[];
  /** resolves with the first request, or at once after it */
  reached: Promise<void>;
  spans(): Span[];
  logs(): LogRecord[];
  points(): Point[];
  /** attributes of the resource that each request names */
  resources(): Attributes[];
  close(): Promise<void>;
}

/** @param answer a status, or "silence" for no answer at all */
export async function startCollector(answer: number | "silence" = 200): Promise<Collector> {
  const received: Received[] = [];
  const reached = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString() });
      reached.resolve();
      if (answer !== "silence") response.writeHead(answer, { "Content-Type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const at = (path: string) => received.filter((request) => request.path === path).map(({ body }) => JSON.parse(body));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    reached: reached.promise,
    spans: () => at("/v1/traces").flatMap(({ resourceSpans }) => inScopes(resourceSpans, "scopeSpans", "spans")),
    logs: () => at("/v1/logs").flatMap(({ resourceLogs }) => inScopes(resourceLogs, "scopeLogs", "logRecords")),
    points: () => at("/v1/metrics").flatMap(({ resourceMetrics }) => pointsOf(resourceMetrics)),
    resources: () =>
      received
        .flatMap(({ body }) => Object.values(JSON.parse(body) as Record<string, { resource: Raw }[]>).flat())
        .map(({ resource }) => plain(resource.attributes)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Raw {
  attributes: KeyValue[];
}

function inScopes<T>(resources: Record<string, Record<string, Raw[]>[]>[], scopes: string, items: string): T[] {
  return resources
    .flatMap((resource) => resource[scopes] ?? [])
    .flatMap((scope) => scope[items] ?? [])
    .map((item) => ({ ...item, attributes: plain(item.attributes) }) as T);
}

interface RawMetric {
  name: string;
  unit: string;
  sum?: { dataPoints: (Raw & { asInt?: number | string; asDouble?: number })[] };
  histogram?: { dataPoints: (Raw & { count: number | string; sum: number })[] };
}

function pointsOf(resources: { scopeMetrics: { metrics: RawMetric[] }[] }[]): Point[] {
  const metrics = resources.flatMap(({ scopeMetrics }) => scopeMetrics).flatMap((scope) => scope.metrics);
  return metrics.flatMap(({ name, unit, sum, histogram }) => [
    ...(sum?.dataPoints ?? []).map((point) => ({
      metric: name,
      unit,
      count: Number(point.asInt ?? point.asDouble),
      attributes: plain(point.attributes),
    })),
    ...(histogram?.dataPoints ?? []).map((point) => ({
      metric: name,
      unit,
      count: Number(point.count),
      sum: point.sum,
      attributes: plain(point.attributes),
    })),
  ]);
}

const plain = (attributes: KeyValue[]): Attributes =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
