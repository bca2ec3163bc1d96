/** Which environment makes `npm run serve` export what, and which one stops the start. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ExportError, exportedSignals } from "../../../tools/serve/export/settings.ts";

const endpoint = "http://127.0.0.1:4318";
const secret = "p4ssw0rd";

const attributes = "OTEL_RESOURCE_ATTRIBUTES";
const headers = "OTEL_EXPORTER_OTLP_HEADERS";
/** What the libraries would leave out without a word, each with the sound pair that it would take along or leave alone. */
const brokenLists: [string, string][] = [
  [attributes, `${secret},a=b`],
  [attributes, `a=b,=${secret}`],
  [attributes, `a=b,key=${secret}=`],
  [attributes, `a=b,key=${secret}%`],
  [attributes, `a=b,%E4=${secret}`],
  [attributes, `a=b,key=${secret.padEnd(256, "-")}`],
  [headers, secret],
  [headers, `a=b,=${secret}`],
  [headers, `a=b,${secret}=`],
  [headers, `a=b,authorization=Bearer ${secret}%zz`],
  [headers, `a=b,authorization=${secret};${secret}`],
  ["OTEL_EXPORTER_OTLP_LOGS_HEADERS", `authorization=Bearer%2${secret}`],
];

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
    ...brokenLists.map(([name, value]): [Record<string, string>, RegExp] => [
      { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, [name]: value },
      new RegExp(`^${name} must be key=value pairs`),
    ]),
  ];
  for (const [environment, sentence] of refused) {
    assert.throws(
      () => exportedSignals(environment),
      (error) => error instanceof ExportError && sentence.test(error.message) && !error.message.includes(secret),
      JSON.stringify(environment),
    );
  }
});

test("lists are taken as OpenTelemetry has them: spaces, empty places, escapes, and equals signs in a header", () => {
  const lists = {
    [attributes]: ` a=b , c = ,, d=%2C%3D%E5%AF%BC,e=${"%E5%AF%BC".repeat(255)},`,
    [headers]: "authorization=Basic dXNlcjpwYXNz==, x-tenant=shop%207%3B,",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: "",
  };
  assert.equal(exportedSignals({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...lists }).length, 3);
});

test("the lists of what is not exported stop nothing", () => {
  const logsOff = { OTEL_LOGS_EXPORTER: "none", OTEL_EXPORTER_OTLP_LOGS_HEADERS: "%" };
  assert.equal(exportedSignals({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...logsOff }).length, 2);
  assert.deepEqual(exportedSignals({ [attributes]: "%", [headers]: "%" }), []);
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
