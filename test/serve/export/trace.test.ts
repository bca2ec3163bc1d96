/** A caller's trace through `npm run serve`: where its header leaves off, the collector finds our spans. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assign, newOrder, wechat } from "../../support/calls.ts";
import type { Served } from "../served.ts";
import { guide, observed } from "./observed.ts";

const edge = observed(() => {
  throw new Error("no test here calls Tmall");
});

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const callerSpan = "00f067aa0ba902b7";
const assignTraced = async (served: Served, traceparent: string): Promise<string> => {
  const { body } = await assign(served, { ...edge.headers, traceparent }, wechat(newOrder(), guide));
  assert.equal(body.status, "assigned", JSON.stringify(body));
  return body.id ?? "";
};

test("a collector gets the span as a child of the caller's, in the caller's trace, and a root where there is none or a broken one", async () => {
  const { endpoint, spans, logs } = await edge.listen();
  const served = await edge.start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  const child = await assignTraced(served, `00-${traceId}-${callerSpan}-01`);
  const roots = [
    await assignTraced(served, `00-${traceId}-${callerSpan}-01-x`),
    await assignTraced(served, `00-${"0".repeat(32)}-${callerSpan}-01`),
  ];
  await served.stop();
  const of = (id: string) => spans().find(({ attributes }) => attributes["staff_assign.assignment"] === id);
  const logOf = (id: string) => logs().find(({ attributes }) => attributes["staff_assign.assignment"] === id);
  assert.deepEqual([of(child)?.traceId, of(child)?.parentSpanId], [traceId, callerSpan]);
  assert.deepEqual([logOf(child)?.traceId, logOf(child)?.spanId], [traceId, of(child)?.spanId]);
  const attempt = spans().find(
    ({ name, parentSpanId }) => name.startsWith("attempt") && parentSpanId === of(child)?.spanId,
  );
  assert.equal(attempt?.traceId, traceId);
  for (const id of roots) {
    assert.equal(of(id)?.parentSpanId, undefined);
    assert.notEqual(of(id)?.traceId, traceId);
  }
});

test("a collector gets no span of a trace that the caller does not sample, but its log record and its metrics", async () => {
  const { endpoint, spans, logs, points } = await edge.listen();
  const served = await edge.start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  const id = await assignTraced(served, `00-${traceId}-${callerSpan}-00`);
  const seen = await assignTraced(served, `00-${traceId}-${callerSpan}-03`);
  await served.stop();
  assert.deepEqual(
    spans()
      .map(({ attributes }) => attributes["staff_assign.assignment"])
      .filter((told) => told !== undefined),
    [seen],
  );
  const record = logs().find(({ attributes }) => attributes["staff_assign.assignment"] === id);
  assert.deepEqual([record?.traceId, record?.flags ?? 0], [traceId, 0]);
  assert.equal(points().find(({ metric }) => metric === "staff_assign.assignments")?.count, 2);
});

test("a collector gets the caller's span with a log record where traces are left out", async () => {
  const { endpoint, logs } = await edge.listen();
  const served = await edge.start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_EXPORTER: "none" });
  await assignTraced(served, `00-${traceId}-${callerSpan}-01`);
  await served.stop();
  const record = logs().find(({ eventName }) => eventName === "staff_assign.assignment");
  assert.deepEqual([record?.traceId, record?.spanId], [traceId, callerSpan]);
});
