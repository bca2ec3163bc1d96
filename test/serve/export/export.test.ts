/**
 * `npm run serve` with OpenTelemetry: what an operator's collector gets, and what the server loses by it, which is nothing.
 * Real processes and sockets on all sides.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readdirSync, readlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { assign, newOrder, wechat } from "../../support/calls.ts";
import { secretsOf } from "../secrets.ts";
import { type Ended, type Served, serveToItsEnd } from "../served.ts";
import { guide, observed } from "./observed.ts";

const mobile = "13912345678";
const name = "金晓静";
/** Nobody listens on the port of the discard service. */
const nowhere = "http://127.0.0.1:9";
/** as the documented service managers wait after a stop was asked for */
const managerMs = 20_000;

/** Loaded before anything else, in each thread: tells which of OpenTelemetry's packages are loaded. */
const tellLoaded = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  import { writeSync } from "node:fs";
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier.startsWith("@opentelemetry/")) writeSync(2, "loaded " + specifier + "\\n");
      return next(specifier, context);
    },
  });
`)}`;

/** As a bug in a library: the first export throws where nobody catches it. */
const breakExport = `data:text/javascript,${encodeURIComponent(`
  import http from "node:http";
  import { syncBuiltinESMExports } from "node:module";
  import { isMainThread } from "node:worker_threads";
  if (!isMainThread) {
    http.request = () => void queueMicrotask(() => { throw new RangeError("a bug"); });
    syncBuiltinESMExports();
  }
`)}`;

const edge = observed(() =>
  Response.json({ error_response: { code: 15, sub_code: "isv.x", sub_msg: `${name} ${mobile}` } }),
);

/** @returns ids of what was assigned */
async function assignMany(served: Served, count: number): Promise<string[]> {
  const answers = await Promise.all(
    Array.from({ length: count }, () => assign(served, edge.headers, wechat(newOrder(), guide))),
  );
  return answers.map(({ status, body }) => {
    assert.equal(status, 200, JSON.stringify(body));
    return body.id ?? "";
  });
}

const linesOf = ({ stdout }: Ended) => stdout.split("\n").slice(0, -1);
const assignmentsIn = (ended: Ended) =>
  linesOf(ended)
    .map((text) => JSON.parse(text) as { event: string; assignment: string; requestId: string })
    .filter(({ event }) => event === "assignment");
const warningsIn = ({ stderr }: Ended) => stderr.split("\n").filter((text) => text.startsWith("OpenTelemetry"));

describe("a broken variable", () => {
  const refused: [Record<string, string>, RegExp][] = [
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector" }, /^OTEL_EXPORTER_OTLP_ENDPOINT is not an address[^\n]*\n$/],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: nowhere, OTEL_EXPORTER_OTLP_COMPRESSION: "zip" },
      /^OpenTelemetry: OTEL_EXPORTER_OTLP_COMPRESSION is invalid\. Not started\.\n$/,
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: nowhere, OTEL_EXPORTER_OTLP_TIMEOUT: "p4ssw0rd" },
      /^OpenTelemetry: OTEL_EXPORTER_OTLP_TIMEOUT is invalid\. Not started\.\n$/,
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: nowhere, OTEL_EXPORTER_OTLP_CERTIFICATE: "/nowhere.pem" },
      /^OpenTelemetry: Failed to read root certificate file\. Not started\.\n$/,
    ],
  ];
  for (const [variables, sentence] of refused) {
    test(`stops the start before anything is written: ${Object.keys(variables).at(-1)}`, async () => {
      const state = edge.newState();
      const args = ["--state", state, "--keys", edge.workplace.keys, "--port", "0"];
      const { code, stderr } = await serveToItsEnd(args, { environment: variables });
      assert.match(stderr, sentence);
      assert.equal(code, 1);
      assert.deepEqual(readdirSync(state), []);
    });
  }
});

describe("a collector that does not take it", () => {
  test("is told of in one line when it is down, and every log line and answer is there", async () => {
    const served = await edge.start({ OTEL_EXPORTER_OTLP_ENDPOINT: nowhere });
    const ids = await assignMany(served, 30);
    const ended = await served.stop();
    endedWithAll(ended, ids);
    assert.match(
      warningsIn(ended).join("\n"),
      /^OpenTelemetry: [^\n]*\. Log lines and the service are not affected\.$/,
    );
  });

  test("is told of in one line when it refuses all three signals", async () => {
    const { endpoint, received } = await edge.listen(400);
    const served = await edge.start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    await assignMany(served, 3);
    const ended = await served.stop();
    assert.deepEqual([...new Set(received.map(({ path }) => path))].sort(), ["/v1/logs", "/v1/metrics", "/v1/traces"]);
    assert.equal(warningsIn(ended).length, 1, ended.stderr);
    assert.match(ended.stderr, /OpenTelemetry: (?:traces|metrics|logs) could not be exported \(HTTP 400\)/);
  });

  test("delays neither answers nor log lines while it is silent, nor the end of the server", async () => {
    const { endpoint, reached } = await edge.listen("silence");
    const served = await edge.start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    const ids = await assignMany(served, 5);
    await reached;
    ids.push(...(await assignMany(served, 20)));
    const ended = await served.stop();
    endedWithAll(ended, ids);
    assert.match(ended.stderr, /OpenTelemetry: not everything was exported before the stop\./);
  });
});

test("a bug in the export ends the export, not the service", async () => {
  const served = await edge.start({ OTEL_EXPORTER_OTLP_ENDPOINT: nowhere, NODE_OPTIONS: `--import=${breakExport}` });
  const ids = await assignMany(served, 3);
  await served.told(/OpenTelemetry: the export has ended \(RangeError\) until the next start/);
  ids.push(...(await assignMany(served, 3)));
  const ended = await served.stop();
  endedWithAll(ended, ids);
});

test("a workerd that dies ends the server with its sentence, and what was done is exported", async () => {
  const { endpoint, spans } = await edge.listen();
  const served = await edge.start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  const [id] = await assignMany(served, 1);
  process.kill(served.workerdPid, "SIGKILL");
  const ended = await served.ended;
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /workerd ended by itself \(SIGKILL\)\./);
  assert.ok(spans().some(({ attributes }) => attributes["staff_assign.assignment"] === id));
});

/** No line is lost: each assignment has its own, and the server has ended as it was asked to. */
function endedWithAll(ended: Ended, ids: readonly string[]) {
  assert.equal(ended.code, 0);
  const told = assignmentsIn(ended).map(({ assignment }) => assignment);
  assert.deepEqual(told.sort(), [...ids].sort());
}

/** @returns a pipe that is full, with a reader that never reads */
function unreadPipe(): number {
  const path = join(edge.workplace.folder, "unread");
  execFileSync("mkfifo", [path]);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const page = Buffer.alloc(4_096);
  const fill = () => {
    for (;;) writeSync(pipe, page);
  };
  assert.throws(fill, { code: "EAGAIN" });
  return pipe;
}

test("an output that nobody reads holds up neither a stop nor the end after an accident", async () => {
  const { endpoint } = await edge.listen();
  const stdout = unreadPipe();
  const ends: [(served: Served) => void, number][] = [
    [({ pid }) => process.kill(pid, "SIGTERM"), 0],
    [({ workerdPid }) => process.kill(workerdPid, "SIGKILL"), 1],
  ];
  for (const [end, code] of ends) {
    const served = await edge.start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, stdout);
    await assignMany(served, 1);
    end(served);
    const manager = setTimeout(() => process.kill(served.pid, "SIGKILL"), managerMs);
    const ended = await served.ended;
    clearTimeout(manager);
    assert.deepEqual([ended.code, ended.signal], [code, null], ended.stderr);
  }
  closeSync(stdout);
});

describe("without the variables", () => {
  test("no package of OpenTelemetry is loaded, and workerd writes to the server's own output", async () => {
    const told = { NODE_OPTIONS: `--import=${tellLoaded}` };
    const served = await edge.start(told);
    const outputs = ["1", "2"].map((fd) =>
      [served.pid, served.workerdPid].map((pid) => readlinkSync(`/proc/${pid}/fd/${fd}`)),
    );
    await assignMany(served, 1);
    const ended = await served.stop();
    assert.doesNotMatch(ended.stderr, /@opentelemetry/);
    for (const [own, workerds] of outputs) assert.equal(workerds, own);
    const { stderr } = await (await edge.start({ ...told, OTEL_EXPORTER_OTLP_ENDPOINT: nowhere })).stop();
    assert.match(stderr, /loaded @opentelemetry\/sdk-trace/);
  });
});

describe("a collector that takes it", () => {
  test("gets an assignment as a span, a log record and metrics that belong together", async () => {
    const { endpoint, spans, logs, points, received, resources } = await edge.listen();
    const served = await edge.start({
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=shop%207",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test,service.instance.id=a",
    });
    const calledAt = Date.now();
    const { body, headers: answered } = await assign(served, edge.headers, wechat(newOrder(), guide));
    const ended = await served.stop();

    const [line] = linesOf(ended).filter((text) => text.includes(`"${body.id}"`));
    const [span, attempt] = ["assign wechat", "attempt wechat"].map((kind) => spans().find((one) => one.name === kind));
    assert.ok(span && attempt);
    const record = logs().find(({ eventName }) => eventName === "staff_assign.assignment");
    assert.equal(span.attributes["staff_assign.assignment"], body.id);
    assert.equal(span.attributes["staff_assign.request_id"], answered.get("X-Request-Id"));
    assert.equal(span.attributes["staff_assign.upstream_request_id"], body.upstreamRequestId);
    assert.equal(span.parentSpanId, undefined);
    assert.equal(attempt.parentSpanId, span.spanId);
    assert.equal(attempt.traceId, span.traceId);
    const [from, until, sentAt, answeredAt] = [span, attempt].flatMap((one) =>
      [one.startTimeUnixNano, one.endTimeUnixNano].map((nanoseconds) => Number(BigInt(nanoseconds) / 1_000_000n)),
    );
    assert.ok(calledAt <= Number(from) && Number(from) <= Number(sentAt) && Number(sentAt) <= Number(answeredAt));
    assert.equal(until, answeredAt);
    assert.deepEqual(
      [record?.traceId, record?.spanId, record?.body],
      [span.traceId, span.spanId, { stringValue: line }],
    );

    const labels = {
      "staff_assign.channel": "wechat",
      "staff_assign.merchant": "demo",
      "staff_assign.state": "assigned",
    };
    const measured = Object.fromEntries(points().map((point) => [point.metric, point]));
    assert.deepEqual(
      ["assignments", "assignment.duration", "attempt.duration"].map((metric) => {
        const { unit, count, attributes } = measured[`staff_assign.${metric}`] ?? {};
        return [unit, count, attributes];
      }),
      [
        ["", 1, labels],
        ["s", 1, labels],
        ["s", 1, labels],
      ],
    );
    assert.equal(measured["staff_assign.assignment.duration"]?.sum, (Number(until) - Number(from)) / 1000);

    for (const request of received) assert.equal(request.headers["x-tenant"], "shop 7");
    for (const resource of resources()) {
      assert.equal(resource["service.name"], "staff-assign");
      assert.equal(resource["service.instance.id"], "a");
      assert.equal(resource["deployment.environment.name"], "test");
    }
  });

  test("gets counts as counters and the service's name from OTEL_SERVICE_NAME; a signal that was left out is not sent", async () => {
    const { endpoint, points, received, resources } = await edge.listen();
    const served = await edge.start({
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_SERVICE_NAME: "edge-7",
      OTEL_LOGS_EXPORTER: "none",
    });
    await assign(served, edge.headers, { channel: "tmall", order: "5550001", guide: { mobile, name } });
    await served.stop();
    const fault = points().find(({ metric }) => metric === "staff_assign.top_fault");
    assert.equal(fault?.count, 1);
    assert.equal(fault.attributes["staff_assign.code"], 15);
    assert.deepEqual([...new Set(received.map(({ path }) => path))].sort(), ["/v1/metrics", "/v1/traces"]);
    for (const resource of resources()) assert.equal(resource["service.name"], "edge-7");
  });

  test("gets no secret, no mobile, no name, no guide and no order", async () => {
    const { endpoint, received, logs } = await edge.listen();
    const served = await edge.start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    const order = newOrder();
    await assign(served, edge.headers, { ...wechat(order, guide), guide: { id: guide, name } });
    await assign(served, edge.headers, { channel: "tmall", order: "5550002", guide: { mobile, name } });
    await served.stop();
    const channels = logs().map(({ attributes }) => attributes["staff_assign.channel"]);
    assert.ok(channels.includes("wechat") && channels.includes("tmall"), channels.join());
    const personal = [mobile, name, guide, order, "5550002"];
    for (const { body } of received)
      for (const secret of [...secretsOf(edge.environment), edge.environment.partnerApiKey, ...personal])
        assert.ok(!body.includes(secret), secret.slice(0, 4));
  });
});
