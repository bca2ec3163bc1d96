/** `GET /v1/assignments`: pages joined are the whole, newest first, whatever is asked for. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { assign, type Body, call, newOrder, wechat } from "../../support/calls.ts";
import { signed204, signedError } from "../../support/platform.ts";
import { formOf } from "../../support/upstream.ts";
import { WorkCards } from "./platforms.ts";
import { startTrust, type Trust } from "./setup.ts";

let trust: Trust;
let whole: Body[];
const orders = Array.from({ length: 6 }, newOrder);
const cards = new WorkCards();

before(async () => {
  trust = await startTrust();
  trust.upstream.answerWith(async (request) => {
    const body = await request.text();
    const path = new URL(request.url).pathname;
    const form = formOf({ method: "POST", path, headers: request.headers, body });
    if (form) return cards.answer(form);
    return path.includes("/BAD/") ? signedError(trust.key, 400, "PARAM_ERROR", "no") : signed204(trust.key);
  });
  for (const [index, order] of orders.entries()) {
    if (index % 3 === 0) await assign(trust.edge, trust.backend, wechat(order, "BAD"));
    const first = await assign(trust.edge, trust.backend, wechat(order, "G1"));
    if (index % 2 === 0) await assign(trust.edge, trust.backend, wechat(order, "G2", { replaces: first.body.id }));
    await assign(trust.edge, trust.backend, { channel: "tmall", order: String(9_000_000 + index), guide: { id: "7" } });
  }
  whole = (await list({ limit: "100" })).data ?? [];
});
after(() => trust.close());

async function list(query: Record<string, string>): Promise<Body> {
  const { body } = await call(trust.edge, "GET", `/v1/assignments?${new URLSearchParams(query)}`, trust.backend);
  // A problem carries the id of the request that tells it, which is another one each time.
  for (const one of body.data ?? []) delete one.problem?.requestId;
  return body;
}

test("the whole has every assignment that was made, newest first", () => {
  assert.equal(whole.length, 6 + 2 + 3 + 6);
  const times = whole.map(({ createdAt = "" }) => createdAt);
  assert.deepEqual(times, times.toSorted().toReversed());
  const statuses = Object.groupBy(whole, ({ status }) => String(status));
  assert.deepEqual([statuses.assigned?.length, statuses.superseded?.length, statuses.failed?.length], [12, 3, 2]);
});

test("pages of any size and filter, joined, are what the filter picks from the whole", async () => {
  const query = fc.record(
    {
      status: fc.constantFrom("assigned", "failed", "superseded", "pending"),
      channel: fc.constantFrom("wechat", "tmall"),
      order: fc.constantFrom(...orders, "9000001", "nobody"),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(query, fc.integer({ min: 1, max: 20 }), async (filter, limit) => {
      const joined: Body[] = [];
      let cursor: string | undefined;
      do {
        const page = await list({ ...filter, limit: String(limit), ...(cursor !== undefined && { cursor }) });
        assert.ok((page.data?.length ?? 0) <= limit);
        joined.push(...(page.data ?? []));
        cursor = page.nextCursor;
        if (cursor !== undefined) assert.equal(page.data?.length, limit, "only a full page has a next one");
      } while (cursor !== undefined);
      const picked = whole.filter(
        (one) =>
          (filter.status === undefined || one.status === filter.status) &&
          (filter.channel === undefined || one.channel === filter.channel) &&
          (filter.order === undefined || one.order === filter.order),
      );
      assert.deepEqual(joined, picked);
    }),
    { numRuns: 40 },
  );
});

test("a page goes on where it ended when something newer comes in between", async () => {
  const first = await list({ limit: "5" });
  await assign(trust.edge, trust.backend, wechat(newOrder(), "G1"));
  const second = await list({ limit: "5", cursor: first.nextCursor ?? "" });
  assert.deepEqual([...(first.data ?? []), ...(second.data ?? [])], whole.slice(0, 10));
});

test("a query that is not one is refused and names the parameter", async () => {
  const cases: [path: string, field: string][] = [
    ["limit=0", "limit"],
    ["limit=101", "limit"],
    ["limit=1e1", "limit"],
    ["limit=5&limit=6", "limit"],
    ["status=done", "status"],
    ["channel=alipay", "channel"],
    ["cursor=%27%20OR%201=1", "cursor"],
    ["merchant=direct", "merchant"],
  ];
  for (const [query, field] of cases) {
    const { status, body } = await call(trust.edge, "GET", `/v1/assignments?${query}`, trust.backend);
    assert.deepEqual([status, body.code, body.field], [400, "invalid_request", field], query);
  }
});
