/** Which environment makes `npm run serve` export what, and which one stops the start. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ExportError, exportedSignals } from "../../../tools/serve/export/settings.ts";

const endpoint = "http://127.0.0.1:4318";
const secret = "p4ssw0rd";

test("a broken variable is refused in one sentence that names it and shows no value", () => {
  const refused: [Record<string, string>, RegExp][] = [
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: `collector:${secret}` }, /^OTEL_EXPORTER_OTLP_ENDPOINT is not an address/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: `127.0.0.1:4318/${secret}` }, /^OTEL_EXPORTER_OTLP_ENDPOINT is not an address/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: `grpc://${secret}@collector` }, /^OTEL_EXPORTER_OTLP_ENDPOINT is not an address/],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `//${secret}` },
      /^OTEL_EXPORTER_OTLP_LOGS_ENDPOINT is not an address/,
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, /_PROTOCOL must be http\/json/],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "http/protobuf" },
      /^OTEL_EXPORTER_OTLP_METRICS_PROTOCOL must be http\/json/,
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_EXPORTER: "zipkin" }, /^OTEL_TRACES_EXPORTER must be otlp/],
  ];
  for (const [environment, sentence] of refused) {
    assert.throws(
      () => exportedSignals(environment),
      (error) => error instanceof ExportError && sentence.test(error.message) && !error.message.includes(secret),
      JSON.stringify(environment),
    );
  }
});

test("nothing is exported without an endpoint, with an empty one, or when OpenTelemetry is switched off", () => {
  assert.deepEqual(exportedSignals({}), []);
  assert.deepEqual(exportedSignals({ OTEL_SERVICE_NAME: "edge", OTEL_EXPORTER_OTLP_ENDPOINT: " " }), []);
  assert.deepEqual(exportedSignals({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: "true" }), []);
  assert.deepEqual(exportedSignals({ OTEL_EXPORTER_OTLP_ENDPOINT: "nonsense", OTEL_SDK_DISABLED: "TRUE" }), []);
});

test("one endpoint exports all, one of a signal that signal, and none leaves a signal out", () => {
  assert.deepEqual(exportedSignals({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }), ["traces", "metrics", "logs"]);
  assert.deepEqual(exportedSignals({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${endpoint}/v1/metrics` }), ["metrics"]);
  const withoutLogs = {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_LOGS_EXPORTER: "none",
    OTEL_TRACES_EXPORTER: "otlp",
  };
  assert.deepEqual(exportedSignals({ ...withoutLogs, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" }), [
    "traces",
    "metrics",
  ]);
});
