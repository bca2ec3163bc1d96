/**
 * A disk that turns read-only while the edge serves. No file system can be made so without root while files of it are open for
 * writing; a limit of 0 bytes, set on the running process, refuses every write from that moment on, open files included. The
 * limit needs Linux's `prlimit`; elsewhere the test says so and is left out.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { type Answer, assign, backendHeaders, newOrder, wechat } from "../support/calls.ts";
import { createDevEnvironment, type DevEnvironment } from "../support/dev-environment.ts";
import { edgeOrigin } from "../support/edge.ts";
import { accepting, gate, platformKeyOf } from "../support/platform.ts";
import { startUpstream, type UpstreamServer } from "../support/upstream.ts";
import { startWorkerd, stateDirectory, type Workerd } from "../support/workerd.ts";

/** Never reached: a limit is there from the start so that writes past it fail and no signal ends the process. */
const roomyBytes = 1_000_000_000;
const guide = "LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic";
const lacksLimits = spawnSync("prlimit", ["--version"]).status !== 0 && "prlimit (util-linux) is not on this machine";

let upstream: UpstreamServer;
let environment: DevEnvironment;
let state: Awaited<ReturnType<typeof stateDirectory>>;
let edge: Workerd | undefined;

before(async () => {
  upstream = await startUpstream();
  environment = await createDevEnvironment({ edgeOrigin, sandboxOrigin: upstream.origin });
  state = await stateDirectory();
});
after(async () => {
  await edge?.kill();
  await upstream.close();
  await state.remove();
});

const send = (to: Workerd, order: string): Promise<Answer> =>
  assign(to, backendHeaders(environment.partnerApiKey), wechat(order, guide));
const sends = (order: string) => upstream.calls.filter(({ body }) => body.includes(order)).map(({ body }) => body);

function refuseWrites({ pid }: Workerd) {
  const { status, stderr } = spawnSync("prlimit", ["--pid", String(pid), "--fsize=0:"], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

test("a disk that turns read-only under a send: its answer is told, nothing new is sent, and a start on the same files loses none of them", {
  skip: lacksLimits,
}, async () => {
  const accept = accepting(platformKeyOf(environment));
  upstream.answerWith(accept);
  const broken = await startWorkerd(state.path, environment.edge, { fileBytes: roomyBytes });
  edge = broken;
  const [kept, flying, ...refused] = [newOrder(), newOrder(), newOrder(), newOrder(), newOrder()] as const;
  assert.equal((await send(broken, kept)).body.status, "assigned");

  const held = gate(accept);
  upstream.answerWith(held.upstream);
  const underway = send(broken, flying);
  await held.reached;
  refuseWrites(broken);
  held.open();
  assert.equal((await underway).body.status, "assigned");

  for (const order of refused) {
    assert.equal((await send(broken, order)).body.code, "internal_error");
    assert.deepEqual(sends(order), []);
  }

  await broken.kill();
  upstream.answerWith(accept);
  const mended = await startWorkerd(state.path, environment.edge);
  edge = mended;
  for (const order of [kept, flying, ...refused]) assert.equal((await send(mended, order)).body.status, "assigned");
  assert.equal(sends(kept).length, 1);
  const [first, ...again] = sends(flying);
  assert.deepEqual(again, [first]);
  for (const order of refused) assert.equal(sends(order).length, 1);
});
