/** A caller's trace through `npm run serve`: where its header leaves off, the collector finds our spans. */
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { assign, backendHeaders, newOrder, wechat } from "../../support/calls.ts";
import { createDevEnvironment } from "../../support/dev-environment.ts";
import { accepting, platformKeyOf } from "../../support/platform.ts";
import { createWorkplace, type Served, serve, type Workplace } from "../served.ts";
import { type RunningUpstream, startUpstream } from "../upstream.ts";
import { type Collector, startCollector } from "./collector.ts";

const guide = "LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic";

let upstream: RunningUpstream;
let headers: Record<string, string>;
let workplace: Workplace;
let running: Served | undefined;
let collector: Collector | undefined;

before(async () => {
  upstream = await startUpstream();
  const environment = await createDevEnvironment({
    edgeOrigin: "http://127.0.0.1:8787",
    sandboxOrigin: upstream.origin,
  });
  headers = backendHeaders(environment.partnerApiKey);
  workplace = createWorkplace(environment.edge);
  upstream.answerWith(accepting(platformKeyOf(environment)));
});
afterEach(async () => {
  await running?.stop();
  await collector?.close();
  running = undefined;
  collector = undefined;
});
after(async () => {
  await upstream.close();
  workplace.remove();
});

const listen = async (): Promise<Collector> => {
  collector = await startCollector();
  return collector;
};
const start = async (variables: Record<string, string>): Promise<Served> => {
  const state = mkdtempSync(join(workplace.folder, "state-"));
  running = await serve({ state, keys: workplace.keys }, { environment: variables });
  return running;
};

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const callerSpan = "00f067aa0ba902b7";
const assignTraced = async (served: Served, traceparent: string): Promise<string> => {
  const { body } = await assign(served, { ...headers, traceparent }, wechat(newOrder(), guide));
  assert.equal(body.status, "assigned", JSON.stringify(body));
  return body.id ?? "";
};

test("a collector gets the span as a child of the caller's, in the caller's trace, and a root where there is none or a broken one", async () => {
  const { endpoint, spans, logs } = await listen();
  const served = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
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
  const { endpoint, spans, logs, points } = await listen();
  const served = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
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
  const { endpoint, logs } = await listen();
  const served = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_EXPORTER: "none" });
  await assignTraced(served, `00-${traceId}-${callerSpan}-01`);
  await served.stop();
  const record = logs().find(({ eventName }) => eventName === "staff_assign.assignment");
  assert.deepEqual([record?.traceId, record?.spanId], [traceId, callerSpan]);
});
