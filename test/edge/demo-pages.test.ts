/** The demo till and the playground are examples that partners copy: what they show must hold. */
import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { createCannedEdge } from "../../docs/playground/canned-edge.js";
import { adviceOf } from "../../edge/advice.ts";
import { problemCodes } from "../../shared/problem-codes.ts";
import { groupsOfFour } from "../sandbox/pages/format.js";
import type { Service } from "../sandbox/pages/queue.js";
import { followServices } from "../sandbox/pages/services.js";

const till = fileURLToPath(new URL("../sandbox/pages/index.html", import.meta.url));

describe("the demo till", () => {
  it("is sent with a policy that allows no inline code, no eval, no frame and two Trusted Types policies", async () => {
    const headers = await readFile(join(dirname(till), "_headers"), "utf8");
    const policy = /^ {2}Content-Security-Policy: (.+)$/m.exec(headers)?.[1] ?? "";
    const directives = new Map(policy.split("; ").map((directive) => [directive.split(" ")[0], directive]));
    assert.equal(directives.get("default-src"), "default-src 'none'");
    assert.equal(directives.get("style-src"), "style-src 'self'");
    assert.equal(directives.get("frame-ancestors"), "frame-ancestors 'none'");
    assert.equal(directives.get("trusted-types"), "trusted-types demo-till");
    assert.equal(directives.get("require-trusted-types-for"), "require-trusted-types-for 'script'");
    assert.doesNotMatch(policy, /unsafe-|data:|\s\*/);
  });

  it("has nothing that this policy would block", async () => {
    assert.doesNotMatch(await readFile(till, "utf8"), /<script>|<style|\sstyle=|\son[a-z]+=|javascript:/i);
  });

  it("loads only files that are there", async () => {
    const page = await readFile(till, "utf8");
    const loaded = [...page.matchAll(/<(?:script|link|img)\b[^>]*\b(?:src|href)="([^"]+)"/g)].map(
      ([, url = ""]) => url,
    );
    assert.ok(loaded.length >= 6, loaded.join(" "));
    for (const url of loaded) await stat(join(dirname(till), url));
  });

  it("notes what an event tells for the order that was asked for, whichever is on show", () => {
    const element = Object.assign(new EventTarget(), { getAttribute: () => "SHOWN" });
    const services = new Map<string, Service>();
    followServices(element as unknown as HTMLElement, services, () => {});
    const tell = (type: string, fields: object) =>
      element.dispatchEvent(Object.assign(new Event(`staff-assign-${type}`), fields));
    const kinds = () => [...services].map(([order, { kind }]) => [order, kind]);

    const current = { order: "TYPED", guide: { name: "张三" }, createdAt: "2026-11-22T08:48:17Z" };
    tell("error", { code: "already_assigned", request: { order: "TYPED" }, problem: { current } });
    tell("pending", { request: { order: "EARLIER" } });
    assert.deepEqual(kinds(), [
      ["TYPED", "served"],
      ["EARLIER", "pending"],
    ]);
    tell("error", { code: "invalid_request", request: undefined });
    assert.deepEqual(kinds().at(-1), ["SHOWN", "failed"]);
  });

  it("shows an order number whole, its figures in groups and its letters together, its last group always of four", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-Za-z_\-|*]{1,32}$/), (order) => {
        const groups = groupsOfFour(order);
        assert.equal(groups.join(""), order);
        assert.equal(groups.at(-1)?.length, Math.min(4, order.length));
        for (const group of groups.slice(1, -1)) assert.match(group, /^\d{4}$/);
      }),
    );
  });
});

describe("the edge inside the playground", () => {
  const origin = "https://edge.example";
  const request = { channel: "wechat", order: "POS2026112200014402", guide: { id: "g1", name: "林晓梅" } };

  /** Timers are the test's, so that a slow answer takes no time. */
  async function ask(edge: ReturnType<typeof createCannedEdge>, path: string, body?: unknown): Promise<Response> {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    return edge.fetch(`${origin}${path}`, init);
  }
  const atOnce = (run: () => Promise<void>) => async (context: import("node:test").TestContext) => {
    context.mock.method(globalThis, "setTimeout", (done: () => void) => queueMicrotask(done));
    await run();
  };

  for (const [code, facts] of Object.entries(problemCodes)) {
    it(
      `answers ${code} as the edge would: its status, type and code`,
      atOnce(async () => {
        const edge = createCannedEdge(problemCodes, adviceOf, origin);
        edge.answerWith(code);
        const answer = await ask(edge, "/v1/assignments", request);
        assert.equal(answer.status, facts.status);
        assert.equal(answer.headers.get("content-type"), "application/problem+json");
        const problem = await answer.json();
        assert.equal(problem.type, `${origin}/problems/${code}`);
        assert.equal(problem.code, code);
        assert.equal(problem.retryable, facts.retryable);
        const { reason = code } = problem;
        assert.deepEqual(problem.advice, (adviceOf as Record<string, unknown>)[reason]);
        assert.ok(problem.advice["zh-CN"]);
      }),
    );
  }

  it(
    "gives up an order to a reassignment that names its holder, and to no other",
    atOnce(async () => {
      const edge = createCannedEdge(problemCodes, adviceOf, origin);
      edge.answerWith("already_assigned");
      const { current } = await (await ask(edge, "/v1/assignments", request)).json();
      assert.equal((await ask(edge, "/v1/assignments", { ...request, replaces: "another" })).status, 409);
      const answer = await ask(edge, "/v1/assignments", { ...request, replaces: current.id });
      assert.equal(answer.status, 200);
      assert.equal((await answer.json()).status, "assigned");
    }),
  );

  it(
    "tells the outcome of a pending assignment under its id",
    atOnce(async () => {
      const edge = createCannedEdge(problemCodes, adviceOf, origin);
      edge.answerWith("pending");
      const answer = await ask(edge, "/v1/assignments", request);
      assert.equal(answer.status, 202);
      const { id, status } = await answer.json();
      assert.equal(status, "pending");
      const outcome = await (await ask(edge, `/v1/assignments/${id}`)).json();
      assert.deepEqual([outcome.id, outcome.status, outcome.order], [id, "assigned", request.order]);
    }),
  );

  it("fails like a network when it is cut off", async () => {
    const edge = createCannedEdge(problemCodes, adviceOf, origin);
    edge.answerWith("offline");
    await assert.rejects(ask(edge, "/v1/assignments", request), TypeError);
  });
});
