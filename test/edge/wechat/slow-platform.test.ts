/** A platform that answers later than its first host is waited for while there is another one. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, it, mock } from "node:test";
import { attemptMs } from "../../../edge/ledger/schedule.ts";
import {
  type Answerer,
  attempt,
  channelOf,
  clock,
  epoch,
  forever,
  intent,
  pass,
  sent,
  signedAnswer,
  TestRuntime,
} from "./support.ts";

beforeEach(() => {
  clock.now = epoch;
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => mock.timers.reset());

const other = { ...intent, order: "20150806125347" };

/** Two hosts that answer, but later than either has time for while the other one is left. */
async function slow(...later: Answerer[]) {
  const runtime = new TestRuntime(forever, forever, ...later);
  const channel = await channelOf(runtime);
  const verdict = channel.assign(intent, attempt());
  await sent(runtime, 1);
  pass(attemptMs / 2);
  await sent(runtime, 2);
  pass(attemptMs / 2);
  assert.equal((await verdict).kind, "unknown");
  return { runtime, channel, again: () => channel.assign(intent, { ...attempt(), uncertain: true }) };
}

const hostsOf = (runtime: TestRuntime) => runtime.requests.map(({ url }) => new URL(url).host);
const assigned = () => signedAnswer(204, "");

it("an assignment that takes three seconds at each host is heard out when it is repeated, whatever others met meanwhile", async () => {
  const late = Promise.withResolvers<Response>();
  const { runtime, channel, again } = await slow(assigned, () => late.promise);
  assert.equal((await channel.assign(other, attempt())).kind, "assigned");
  const verdict = again();
  await sent(runtime, 4);
  pass(3_000);
  late.resolve(assigned());
  assert.equal((await verdict).kind, "assigned");
  assert.equal(runtime.requests.length, 4, "no other host was asked");
});

it("a first host that is heard out in vain leaves the next attempt to both", async () => {
  const { runtime, again } = await slow(forever, forever, assigned);
  const inVain = again();
  await sent(runtime, 3);
  pass(attemptMs);
  assert.equal((await inVain).kind, "unknown");
  const verdict = again();
  await sent(runtime, 4);
  pass(attemptMs / 2);
  assert.equal((await verdict).kind, "assigned");
  assert.notEqual(hostsOf(runtime)[4], hostsOf(runtime)[3]);
});

it("another assignment leaves a silent host for the other one, as ever", async () => {
  const { runtime, channel } = await slow(forever, assigned);
  const verdict = channel.assign(other, attempt());
  await sent(runtime, 3);
  pass(attemptMs / 2);
  assert.equal((await verdict).kind, "assigned");
  assert.equal(runtime.requests.length, 4);
});
