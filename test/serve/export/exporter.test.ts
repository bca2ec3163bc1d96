/** The exporting thread alone, fed by hand: what only a narrow moment or a long outage would show. */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { after, before, test } from "node:test";
import { startExporter } from "../../../tools/serve/export/exporter.ts";
import { type Signal, signals } from "../../../tools/serve/export/settings.ts";
import { type Collector, startCollector } from "./collector.ts";

const line = JSON.stringify({
  time: "2026-11-22T08:00:10.500Z",
  level: "warn",
  event: "assignment",
  channel: "wechat",
});
const drained = Promise.resolve();

let taking: Collector;
let refusing: Collector;
before(async () => {
  taking = await startCollector();
  refusing = await startCollector(400);
});
after(() => Promise.all([taking.close(), refusing.close()]));

/** The thread reads the environment as it is at its start. */
async function exporterTo({ endpoint }: Collector, wanted: readonly Signal[], now?: () => number) {
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = endpoint;
  const told: string[] = [];
  const tells = new EventEmitter();
  const tell = (sentence: string) => {
    told.push(sentence);
    tells.emit("told");
  };
  const exporter = await startExporter(wanted, tell, now);
  return { ...exporter, told, nextTold: () => once(tells, "told") };
}

test("an outage that lasts is told again after ten minutes, and not before", async () => {
  const minutesATime = async (minutes: number) => {
    let clock = 0;
    const exporter = await exporterTo(refusing, signals, () => {
      clock += minutes * 60_000;
      return clock;
    });
    exporter.take([line]);
    await exporter.close(drained);
    return exporter.told.length;
  };
  assert.equal(await minutesATime(10), 3);
  assert.equal(await minutesATime(4), 1);
});

test("what happens only once is told, however shortly before an outage was told", async () => {
  const toldAfterOutage = async (end: (exporter: Awaited<ReturnType<typeof exporterTo>>) => Promise<void>) => {
    const exporter = await exporterTo(refusing, ["logs"]);
    const outage = exporter.nextTold();
    exporter.take([line]);
    await outage;
    await end(exporter);
    return exporter.told.slice(1).join();
  };
  const threadEnds = await toldAfterOutage((exporter) => {
    // No line at all, which the thread cannot survive.
    exporter.take(JSON.parse("[null]"));
    return exporter.close(drained);
  });
  assert.match(threadEnds, /^OpenTelemetry: the export has ended \(TypeError\) until the next start\.[^:]*$/);
  const timeEnds = await toldAfterOutage((exporter) => exporter.close(new Promise(() => {})));
  assert.match(timeEnds, /^OpenTelemetry: not everything was exported before the stop\.[^:]*$/);
});

test("what the process said last is exported, though it arrives when the stop has begun", async () => {
  const exporter = await exporterTo(taking, ["logs"]);
  const lastLine = Promise.withResolvers<void>();
  const closed = exporter.close(lastLine.promise);
  exporter.take([line]);
  lastLine.resolve();
  await closed;
  assert.deepEqual(exporter.told, []);
  assert.deepEqual(
    taking.logs().map(({ body, severityText }) => [body.stringValue, severityText]),
    [[line, "WARN"]],
  );
});

test("more lines than it can follow are left out and told, instead of filling the server's memory", async () => {
  const exporter = await exporterTo(taking, ["metrics"]);
  // Of each batch one line counts; the others are nothing to the thread, so that a slow machine is through in time.
  const many = [line, ...Array<string>(14_999).fill("-")];
  for (let times = 0; times < 5; times += 1) exporter.take(many);
  await exporter.close(drained);
  assert.match(exporter.told.join(), /^OpenTelemetry: the export is behind and leaves lines out\./);
  const counted = taking.points().find(({ metric }) => metric === "staff_assign.assignments");
  assert.equal(counted?.count, 2);
});
