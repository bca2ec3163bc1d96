/**
 * A disk that fills while the edge serves: what cannot be written is not sent, what was answered is kept, and room is all
 * that it needs. A limit on the size of a file stands for the disk, since it needs no rights.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Answer, assign, backendHeaders, newOrder, wechat } from "../support/calls.ts";
import { createDevEnvironment, type DevEnvironment } from "../support/dev-environment.ts";
import { edgeOrigin } from "../support/edge.ts";
import { accepting, platformKeyOf } from "../support/platform.ts";
import { startUpstream, type UpstreamServer } from "../support/upstream.ts";
import { startWorkerd, stateDirectory, type Workerd } from "../support/workerd.ts";

/** Enough for a start and some dozens of assignments. */
const fileBytes = 600_000;
const guide = "LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic";

let upstream: UpstreamServer;
let environment: DevEnvironment;
let state: Awaited<ReturnType<typeof stateDirectory>>;
let edge: Workerd;

before(async () => {
  upstream = await startUpstream();
  environment = await createDevEnvironment({ edgeOrigin, sandboxOrigin: upstream.origin });
  upstream.answerWith(accepting(platformKeyOf(environment)));
  state = await stateDirectory();
});
after(async () => {
  await edge?.kill();
  await upstream.close();
  await state.remove();
});

const send = (order: string): Promise<Answer> =>
  assign(edge, backendHeaders(environment.partnerApiKey), wechat(order, guide));
const sends = (order: string) => upstream.calls.filter(({ body }) => body.includes(order)).length;

test("a full disk refuses what it cannot write before it is sent, keeps what was answered, and serves on with room", async () => {
  edge = await startWorkerd(state.path, environment.edge, { fileBytes });
  const assigned: string[] = [];
  let refused: { order: string; answer: Answer } | undefined;
  while (!refused && assigned.length < 2_000) {
    const order = newOrder();
    const answer = await send(order);
    if (answer.status === 200) assigned.push(order);
    else refused = { order, answer };
  }
  assert.ok(refused, "the disk never filled");
  assert.ok(assigned.length > 0);
  assert.equal(refused.answer.body.code, "internal_error");
  assert.equal(sends(refused.order), 0);
  const told = edge.lines.map((line) => JSON.parse(line)).find(({ event }) => event === "storage_failed");
  assert.match(told.fault, /^SQLITE_[A-Z]+$/);
  assert.equal(told.requestId, refused.answer.body.requestId);

  await edge.kill();
  edge = await startWorkerd(state.path, environment.edge);
  for (const order of assigned) {
    const { status, body } = await send(order);
    assert.deepEqual([status, body.status, body.replayed], [200, "assigned", true]);
  }
  assert.equal((await send(refused.order)).body.status, "assigned");
  assert.equal(sends(refused.order), 1);
});
