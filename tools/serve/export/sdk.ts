/**
 * OpenTelemetry's own SDK and OTLP exporters, fed with log lines. The exporters read endpoint, headers, timeout,
 * compression and certificates from the environment, the resource its name and attributes. Trade-off: while the collector
 * is away the SDK keeps 2048 spans and as many log records and drops what comes after; counters go on counting.
 */
import {
  type Context,
  type Counter,
  diag,
  type Histogram,
  type Meter,
  ROOT_CONTEXT,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import { version } from "../../../edge/version.ts";
import { type Measurement, recordsOf, type SpanRecord } from "./records.ts";
import { ExportError, type Signal } from "./settings.ts";

export interface Sdk {
  take(line: string): void;
  /** Sends what is left. Failures are told like any other. */
  shutdown(): Promise<void>;
}

const scope = "staff-assign";

/** seconds; from an answer out of memory to an assignment that is given up after 15 minutes */
const durationBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300, 900];

/**
 * @param tellFailure of an export, with its reason
 * @throws ExportError for a variable that the exporters would replace by a default
 */
export function openSdk(signals: readonly Signal[], tellFailure: (signal: Signal, reason: string) => void): Sdk {
  const complaints: string[] = [];
  const complain = (message: string) => void complaints.push(message);
  const ignore = () => {};
  diag.setLogger({ error: complain, warn: complain, info: ignore, debug: ignore, verbose: ignore });
  const resource = defaultResource()
    .merge(resourceFromAttributes({ "service.name": scope, "service.version": version }))
    .merge(detectResources({ detectors: [envDetector] }));
  const watch = <E extends Exporter<never>>(signal: Signal, exporter: E) =>
    watched(exporter, (reason) => tellFailure(signal, reason));
  const wanted = (signal: Signal) => signals.includes(signal);

  const spanProcessors = wanted("traces")
    ? [new BatchSpanProcessor({ exporter: watch("traces", new OTLPTraceExporter()) })]
    : [];
  const processors = wanted("logs")
    ? [new BatchLogRecordProcessor({ exporter: watch("logs", new OTLPLogExporter()) })]
    : [];
  // One instrument has 2000 combinations of labels at most; what comes after is counted together (otel.metric.overflow).
  const readers = wanted("metrics")
    ? [new PeriodicExportingMetricReader({ exporter: watch("metrics", new OTLPMetricExporter()) })]
    : [];
  diag.disable();
  // Each exporter complains for itself, and of defaults that are not used here.
  const [complaint] = complaints;
  if (complaint !== undefined) throw new ExportError(`OpenTelemetry: ${faultIn(complaint)}. Not started.`);

  // A caller that does not record its trace gets no piece of one from here; without a caller's trace all are recorded.
  const sampler = new ParentBasedSampler({ root: new AlwaysOnSampler() });
  const traces = new TracerProvider({ resource, spanProcessors, sampler });
  const logs = new LoggerProvider({ resource, processors });
  const metrics = new MeterProvider({ resource, readers });
  const tracer = traces.getTracer(scope, version);
  const logger = logs.getLogger(scope, version);
  const instruments = new Instruments(metrics.getMeter(scope, version));
  return {
    take: (line) => {
      const records = recordsOf(line);
      if (!records) return;
      for (const measurement of records.measurements) instruments.record(measurement);
      const caller = records.parent ? trace.setSpanContext(ROOT_CONTEXT, records.parent) : ROOT_CONTEXT;
      const context = records.span && wanted("traces") ? record(tracer, records.span, caller) : caller;
      if (wanted("logs")) logger.emit({ ...records.log, context });
    },
    shutdown: async () => {
      await Promise.allSettled([traces.shutdown(), logs.shutdown(), metrics.shutdown()]);
    },
  };
}

/** The exporters quote values: nothing of a complaint is shown but which variable, or which file, it is about. */
function faultIn(complaint: string): string {
  const variable = Object.keys(process.env).find((name) => name.startsWith("OTEL_") && complaint.includes(name));
  if (variable !== undefined) return `${variable} is invalid`;
  return /^Failed to read [a-z ]+$/.test(complaint) ? complaint : "a variable is invalid";
}

/** @returns the context of the span, for what belongs to it */
function record(tracer: Tracer, span: SpanRecord, parent: Context): Context {
  const { name, kind, startTime, endTime, attributes, failed, children } = span;
  const started = tracer.startSpan(name, { kind, startTime, attributes }, parent);
  const context = trace.setSpan(parent, started);
  if (failed) started.setStatus({ code: SpanStatusCode.ERROR });
  for (const child of children) record(tracer, child, context);
  started.end(endTime);
  return context;
}

/** Made when first needed: which counters there are is the edge's to say. */
class Instruments {
  readonly #meter: Meter;
  readonly #counters = new Map<string, Counter>();
  readonly #durations = new Map<string, Histogram>();

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  record({ kind, name, value, attributes }: Measurement): void {
    if (kind === "counter") this.#counter(name).add(value, attributes);
    else this.#duration(name).record(value, attributes);
  }

  #counter(name: string): Counter {
    const known = this.#counters.get(name) ?? this.#meter.createCounter(name);
    this.#counters.set(name, known);
    return known;
  }

  #duration(name: string): Histogram {
    const known =
      this.#durations.get(name) ??
      this.#meter.createHistogram(name, { unit: "s", advice: { explicitBucketBoundaries: durationBuckets } });
    this.#durations.set(name, known);
    return known;
  }
}

interface Exporter<Items> {
  export(items: Items, done: (result: { code: number; error?: Error }) => void): void;
}

/** The SDK tells of a failed export only in its own log, at length and with a stack. */
function watched<E extends Exporter<never>>(exporter: E, tell: (reason: string) => void): E {
  const send = exporter.export.bind(exporter);
  exporter.export = (items, done) =>
    send(items, (result) => {
      // 0 is success.
      if (result.code !== 0) tell(reasonOf(result.error));
      done(result);
    });
  return exporter;
}

/** Never an address or a header: a code, or one of the exporters' fixed sentences. */
function reasonOf(error: (Error & { code?: unknown }) | undefined): string {
  if (typeof error?.code === "number") return `HTTP ${error.code}`;
  if (typeof error?.code === "string") return error.code;
  return error?.message ?? "no reason given";
}
