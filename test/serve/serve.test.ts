/** The guarantees of `npm run serve` while nothing is wrong with its input: no loss, no second send, no leak. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { type Body, backendHeaders, newOrder, subMchid, wechat } from "../support/calls.ts";
import { createDevEnvironment, type DevEnvironment } from "../support/dev-environment.ts";
import type { Upstream } from "../support/edge.ts";
import { accepting, gate, platformKeyOf } from "../support/platform.ts";
import { startUpstream, type UpstreamServer } from "../support/upstream.ts";
import { secretsOf } from "./secrets.ts";
import { createWorkplace, type Served, serve, type Workplace } from "./served.ts";

const guide = "LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic";

/** ms for all of them, some ten starts; a serve that hangs would be waited for without end */
const timeout = 300_000;

describe("served on bare workerd", { timeout }, () => {
  let upstream: UpstreamServer;
  let environment: DevEnvironment;
  let headers: Record<string, string>;
  let workplace: Workplace;
  let running: Served | undefined;

  before(async () => {
    upstream = await startUpstream();
    environment = await createDevEnvironment({
      edgeOrigin: "http://127.0.0.1:8787",
      sandboxOrigin: upstream.origin,
    });
    headers = backendHeaders(environment.partnerApiKey);
    workplace = createWorkplace(environment.edge);
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });
  after(async () => {
    await upstream.close();
    workplace.remove();
  });

  const start = async (state = workplace.state): Promise<Served> => {
    running = await serve({ state, keys: workplace.keys });
    return running;
  };
  const assign = (served: Served, order: string) =>
    served.fetch("/v1/assignments", {
      method: "POST",
      headers: { ...headers, "Content-Type": "application/json" },
      body: JSON.stringify(wechat(order, guide)),
    });
  const historyOf = async (served: Served, order: string): Promise<Body | undefined> => {
    const response = await served.fetch(`/v1/assignments?limit=100`, { headers });
    const { data } = (await response.json()) as Body;
    return data?.find((assignment) => assignment.order === order);
  };

  /** An export of the audit record writes what is still in memory to disk. */
  const flush = async (served: Served) => {
    const path = `/v1/operator/audit?merchant=demo&subMchid=${subMchid}`;
    const response = await served.fetch(path, { headers: { Authorization: `Bearer ${environment.operatorKey}` } });
    assert.equal(response.status, 200);
  };

  test("an assignment outlives a stop and a start", async () => {
    upstream.answerWith(accepting(platformKeyOf(environment)));
    const order = newOrder();
    const first = await start();
    const answer = await assign(first, order);
    assert.equal(answer.status, 200, await answer.clone().text());
    await flush(first);
    assert.equal((await first.stop()).code, 0);

    const second = await start();
    assert.equal((await historyOf(second, order))?.status, "assigned");
    const replayed = (await (await assign(second, order)).json()) as Body;
    assert.equal(replayed.replayed, true);
  });

  test("a call in flight is answered before a stop ends the process", async () => {
    const { upstream: held, open, reached } = gate(accepting(platformKeyOf(environment)));
    upstream.answerWith(held);
    const served = await start();
    const answer = assign(served, newOrder());
    await reached;
    const ended = served.stop("SIGINT");
    open();
    assert.equal((await answer).status, 200);
    assert.equal((await ended).code, 0);
  });

  test("a send that a crash cut off is resolved after the restart, without a caller", async () => {
    const order = newOrder();
    // An order of an earlier test may be sent again: its outcome was still in memory at the stop.
    const accept = accepting(platformKeyOf(environment));
    const holdOurs = (hold: Upstream) =>
      upstream.answerWith(async (request) =>
        (await request.clone().text()).includes(order) ? hold(request) : accept(request),
      );
    const before = gate(accept);
    holdOurs(before.upstream);
    const first = await start();
    const cutOff = assign(first, order).catch(() => "cut off");
    await before.reached;
    await first.crash();
    assert.equal(await cutOff, "cut off");

    const again = gate(accept);
    holdOurs(again.upstream);
    const second = await start();
    assert.equal((await historyOf(second, order))?.status, "pending");
    await again.reached;
    again.open();
    let found = await historyOf(second, order);
    for (; found?.status === "pending"; found = await historyOf(second, order));
    assert.equal(found?.status, "assigned");
    assert.equal(upstream.calls.filter(({ body }) => body.includes(order)).length, 2);
  });

  test("a copy of the stopped state serves its history elsewhere", async () => {
    upstream.answerWith(accepting(platformKeyOf(environment)));
    const order = newOrder();
    const original = await start();
    assert.equal((await assign(original, order)).status, 200);
    await flush(original);
    await original.stop();
    const copy = join(workplace.folder, "restored");
    cpSync(workplace.state, copy, { recursive: true });

    const restored = await start(copy);
    assert.equal((await historyOf(restored, order))?.status, "assigned");
    assert.equal(((await (await assign(restored, order)).json()) as Body).replayed, true);
  });

  test("no secret stands in the process list, in the state or in a file that is left", async () => {
    const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith("staff-assign-"));
    const before = folders();
    const served = await start();
    // Other programs of this project may run beside this test; what they leave holds secrets of their own.
    const appeared = folders().filter((name) => !before.includes(name) && join(tmpdir(), name) !== workplace.folder);
    const places = [workplace.state, ...appeared.map((name) => join(tmpdir(), name))];
    const lists = [served.pid, served.workerdPid].map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8"));
    for (const secret of secretsOf(environment)) {
      for (const list of lists) assert.ok(!list.includes(secret));
      const holders = spawnSync("grep", ["-rlF", "-e", secret, ...places], { encoding: "utf8" });
      assert.equal(holders.stdout, "");
    }
  });

  test("the state can be read by its owner alone", async () => {
    const state = join(workplace.folder, "narrow");
    mkdirSync(state, { mode: 0o700 });
    await start(state);
    for (const name of ["schema", "lock", "objects", "pid"]) {
      const { mode } = statSync(join(state, name));
      assert.equal(mode & 0o077, 0, name);
    }
  });

  test("it says that it is healthy and ready", async () => {
    const served = await start();
    assert.equal((await served.fetch("/healthz")).status, 200);
    assert.equal((await served.fetch("/readyz")).status, 200);
  });
});
