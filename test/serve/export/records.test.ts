/** What a log line becomes in OpenTelemetry, member by member. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { recordsOf } from "../../../tools/serve/export/records.ts";

/** OTLP: kinds of spans, severities. */
const server = 1;
const client = 2;
const severity = { info: 9, warn: 13, error: 17 };

const time = "2026-11-22T08:00:10.500Z";
const at = Date.UTC(2026, 10, 22, 8, 0, 10, 500);
const line = (members: object) => JSON.stringify({ time, level: "info", ...members });
const assigned = {
  event: "assignment",
  merchant: "demo",
  assignment: "01m8",
  partner: "pos",
  channel: "wechat",
  state: "assigned",
  attempts: 1,
  durationMs: 420,
  attemptMs: 400,
  requestId: "r1",
  upstreamRequestId: "up-1",
};

test("what is no line of the edge becomes nothing", () => {
  const foreign = [
    "",
    "workerd/server/server.c++:4521: warning: something",
    "{",
    '{"time":"2026-11-22T08:00:10.500Z","level":"info","event":"assignm',
    "null",
    "[]",
    '{"event":"assignment"}',
    line({ event: 7 }),
    line({ event: "assignment", level: "fatal" }),
    line({ event: "assignment", level: "constructor" }),
    line({ event: "assignment", time: "yesterday" }),
  ];
  for (const text of foreign) assert.equal(recordsOf(text), undefined, text);
});

test("an assignment is a span of the time it took, its last attempt inside it, and three measurements", () => {
  const text = line(assigned);
  const records = recordsOf(text);
  const attributes = {
    "staff_assign.merchant": "demo",
    "staff_assign.assignment": "01m8",
    "staff_assign.partner": "pos",
    "staff_assign.channel": "wechat",
    "staff_assign.state": "assigned",
    "staff_assign.attempts": 1,
    "staff_assign.duration_ms": 420,
    "staff_assign.attempt_ms": 400,
    "staff_assign.request_id": "r1",
    "staff_assign.upstream_request_id": "up-1",
  };
  const labels = {
    "staff_assign.channel": "wechat",
    "staff_assign.merchant": "demo",
    "staff_assign.state": "assigned",
  };
  assert.deepEqual(records?.span, {
    name: "assign wechat",
    kind: server,
    startTime: at - 420,
    endTime: at,
    attributes,
    failed: false,
    children: [
      {
        name: "attempt wechat",
        kind: client,
        startTime: at - 400,
        endTime: at,
        attributes: { "staff_assign.upstream_request_id": "up-1" },
        failed: false,
        children: [],
      },
    ],
  });
  assert.deepEqual(records.measurements, [
    { kind: "counter", name: "staff_assign.assignments", value: 1, attributes: labels },
    { kind: "duration", name: "staff_assign.assignment.duration", value: 0.42, attributes: labels },
    { kind: "duration", name: "staff_assign.attempt.duration", value: 0.4, attributes: labels },
  ]);
  assert.deepEqual(records.log, {
    timestamp: at,
    severityNumber: severity.info,
    severityText: "INFO",
    eventName: "staff_assign.assignment",
    body: text,
    attributes,
  });
});

test("a failed assignment carries its code; only a fault of ours or the platform's makes the span an error", () => {
  const spanOf = (code: string) => recordsOf(line({ ...assigned, state: "rejected", code }))?.span;
  for (const code of ["upstream_rejected", "already_assigned"]) assert.equal(spanOf(code)?.failed, false, code);
  for (const code of ["upstream_unavailable", "misconfigured", "internal_error", "not_known_yet"])
    assert.equal(spanOf(code)?.failed, true, code);
  const records = recordsOf(line({ ...assigned, state: "given-up", code: "upstream_unavailable" }));
  assert.equal(records?.span?.attributes["error.type"], "upstream_unavailable");
  assert.equal(records.span.children[0]?.failed, true);
  assert.deepEqual(
    records.measurements.map(({ attributes }) => [attributes["staff_assign.state"], attributes["error.type"]]),
    Array(3).fill(["given-up", "upstream_unavailable"]),
  );
});

test("labels of metrics hold no id: their number stays small", () => {
  for (const { attributes } of recordsOf(line(assigned))?.measurements ?? [])
    for (const id of ["01m8", "r1", "up-1"]) assert.ok(!Object.values(attributes).includes(id));
});

test("an assignment of a caller's trace names that span as its parent, and says so in no attribute", () => {
  const trace = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", parentSpanId: "00f067aa0ba902b7" };
  const of = (members: object) => recordsOf(line({ ...assigned, ...members }));
  for (const [sampled, traceFlags] of [
    [true, 1],
    [false, 0],
  ] as const) {
    const records = of({ ...trace, sampled });
    const parent = { traceId: trace.traceId, spanId: trace.parentSpanId, traceFlags, isRemote: true };
    assert.deepEqual(records?.parent, parent);
    const told = JSON.stringify([records.span, records.measurements, records.log.attributes]);
    for (const hidden of [...Object.values(trace), "sampled", "trace_id"]) assert.ok(!told.includes(hidden), hidden);
  }
  const broken: object[] = [
    {},
    { ...trace, traceId: "0".repeat(32) },
    { ...trace, traceId: "x" },
    { traceId: trace.traceId },
  ];
  for (const members of [...broken, { ...trace, parentSpanId: 7 }]) {
    const records = of(members);
    assert.ok(records?.span && !("parent" in records), JSON.stringify(members));
  }
});

test("an assignment that ended without an attempt has a span without a child", () => {
  const { attemptMs: _, ...without } = assigned;
  const records = recordsOf(line(without));
  assert.deepEqual(records?.span?.children, []);
  assert.equal(records.measurements.length, 2);
});

test("a clock that was set back makes no span that ends before it begins, and no attempt outside of it", () => {
  const back = recordsOf(line({ ...assigned, durationMs: -5_000, attemptMs: 400 }))?.span;
  assert.deepEqual([back?.startTime, back?.endTime, back?.children[0]?.startTime], [at, at, at]);
});

test("a count is one step of the counter that it names, with its labels, and a log record", () => {
  const records = recordsOf(
    line({ event: "count", counter: "wechat_failover", host: "https://api2.example", operation: "assign" }),
  );
  assert.equal(records?.span, undefined);
  assert.deepEqual(records?.measurements, [
    {
      kind: "counter",
      name: "staff_assign.wechat_failover",
      value: 1,
      attributes: { "staff_assign.host": "https://api2.example", "staff_assign.operation": "assign" },
    },
  ]);
  assert.equal(records?.log.eventName, "staff_assign.count");
});

test("every other line is a log record with its severity, and of its members only what is plain", () => {
  for (const level of ["info", "warn", "error"] as const) {
    const records = recordsOf(line({ level, event: "configuration", mchid: "19", final: false, deep: { a: 1 } }));
    assert.deepEqual(records?.measurements, []);
    assert.deepEqual(
      [records?.log.severityNumber, records?.log.severityText, records?.log.attributes],
      [severity[level], level.toUpperCase(), { "staff_assign.mchid": "19", "staff_assign.final": false }],
    );
  }
});
