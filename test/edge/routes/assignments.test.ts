/** The contract of `/v1/assignments` against the real Worker in workerd: bad input first, then the main job. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  assign,
  type Body,
  backendHeaders,
  call,
  newOrder,
  ownConnection,
  pageHeaders,
  posOrigin,
  subMchid,
  wechat,
} from "../../support/calls.ts";
import { type Edge, startEdge } from "../../support/edge.ts";
import { accepting, platformKeyOf, signedError } from "../../support/platform.ts";

let edge: Edge;
let backend: Record<string, string>;
before(async () => {
  edge = await startEdge();
  backend = backendHeaders(edge.environment.partnerApiKey);
});
after(() => edge.close());

const good = () => wechat(newOrder(), "G1");

describe("a body that is refused names the field and sends nothing", () => {
  const tmall = (more: object) => ({ channel: "tmall", order: "2345678", guide: { id: "1" }, ...more });
  const cases: [name: string, body: unknown, field: string | undefined][] = [
    ["no channel", { order: "A", guide: { id: "G" } }, "channel"],
    ["an unknown channel", { ...good(), channel: "alipay" }, "channel"],
    ["no order", { channel: "wechat", guide: { id: "G" } }, "order"],
    ["an order of 33 characters", wechat("A".repeat(33), "G"), "order"],
    ["an empty order", wechat("", "G"), "order"],
    ["an order with a slash", wechat("A/B", "G"), "order"],
    ["an order with full-width digits", wechat("１２３", "G"), "order"],
    ["an order with a line break", wechat("A\r\nB", "G"), "order"],
    ["an order as a number", { ...good(), order: 20150806125346 }, "order"],
    ["no guide", { channel: "wechat", order: "A" }, "guide"],
    ["a guide id of 65 characters", wechat("A", "G".repeat(65)), "guide.id"],
    ["a guide id of dot segments", wechat("A", ".."), "guide.id"],
    ["a guide id of encoded dot segments", wechat("A", "%2e%2e"), "guide.id"],
    ["a guide id with a slash", wechat("A", "a/b"), "guide.id"],
    ["a guide id as a number", { ...good(), guide: { id: 7 } }, "guide.id"],
    ["a guide name with a control character", { ...good(), guide: { id: "G", name: "a\u0000b" } }, undefined],
    ["an unknown member", { ...good(), subMchid: "1900000109" }, "subMchid"],
    ["an unknown member of the guide", { ...good(), guide: { id: "G", role: "x" } }, "guide.role"],
    ["a Tmall order as a JSON number", tmall({ order: 2345678 }), "order"],
    ["a Tmall order beyond 64 bits", tmall({ order: "9223372036854775808" }), "order"],
    ["a Tmall order of 20 digits", tmall({ order: "12345678901234567890" }), "order"],
    ["a Tmall order in exponent form", tmall({ order: "1e3" }), "order"],
    ["a Tmall order of zero", tmall({ order: "0" }), "order"],
    ["a Tmall worker id as a JSON number", tmall({ guide: { id: 1234567 } }), "guide.id"],
    ["a Tmall worker with neither id nor mobile", tmall({ guide: { name: "张师傅" } }), "guide"],
    ["an unknown kind of order", tmall({ orderKind: "card" }), "orderKind"],
    ["a list as extension", tmall({ extension: ["浙A12345"] }), "extension"],
    ["a store operator without store", tmall({ operator: "store" }), "storeId"],
    ["an array", [], undefined],
    ["null", null, undefined],
  ];
  for (const [name, body, field] of cases) {
    test(name, async () => {
      edge.forget();
      const answer = await assign(edge, backend, body);
      assert.equal(answer.status, 400, JSON.stringify(answer.body));
      assert.equal(answer.body.code, "invalid_request");
      if (field !== undefined) assert.equal(answer.body.field, field);
      assert.equal(edge.sent.length, 0);
    });
  }
});

describe("a request that is refused for its form sends nothing", () => {
  const refused = async (status: number, code: string, headers: Record<string, string>, body: BodyInit) => {
    edge.forget();
    const response = await edge.fetch("/v1/assignments", { method: "POST", headers: { ...backend, ...headers }, body });
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    const problem = (await response.json()) as Body;
    assert.deepEqual([response.status, problem.code], [status, code]);
    assert.equal(edge.sent.length, 0);
  };
  const json = { "Content-Type": "application/json" };
  test("no JSON content type", () => refused(415, "unsupported_media_type", { "Content-Type": "text/plain" }, "{}"));
  test("another charset", () =>
    refused(415, "unsupported_media_type", { "Content-Type": "application/json; charset=gbk" }, "{}"));
  test("a body over 64 KiB", () => {
    const large = JSON.stringify({ a: "x".repeat(65_536) });
    return refused(413, "payload_too_large", { ...json, ...ownConnection }, large);
  });
  test("broken JSON", () => refused(400, "invalid_request", json, "{"));
  test("a duplicate key", () =>
    refused(400, "invalid_request", json, '{"channel":"wechat","order":"A","order":"B","guide":{"id":"G"}}'));
  test("a __proto__ key", () =>
    refused(400, "invalid_request", json, '{"channel":"wechat","order":"A","guide":{"id":"G"},"__proto__":{}}'));
  test("a byte order mark", () => refused(400, "invalid_request", json, `\ufeff${JSON.stringify(good())}`));
  test("an idempotency key of 256 characters", () =>
    refused(400, "invalid_request", { ...json, "Idempotency-Key": "k".repeat(256) }, JSON.stringify(good())));
});

describe("a caller that is refused sends nothing", () => {
  const refused = async (headers: Record<string, string>, status: number, code: string) => {
    edge.forget();
    const answer = await assign(edge, headers, good());
    assert.deepEqual([answer.status, answer.body.code], [status, code]);
    assert.equal(edge.sent.length, 0);
    return answer;
  };
  test("without credentials, and is told which ones there are", async () => {
    const { headers } = await refused({}, 401, "unauthenticated");
    assert.match(headers.get("WWW-Authenticate") ?? "", /^Bearer realm="[^"]+", DPoP realm="[^"]+", algs="ES256"$/);
  });
  test("with an unknown API key", async () => {
    await refused(
      { ...backend, Authorization: "Bearer sk_pos_nobodyknowsthiskey000000000000" },
      401,
      "unauthenticated",
    );
  });
  test("for a merchant that the partner was not granted", async () => {
    await refused({ ...backendHeaders(edge.environment.kioskApiKey, { merchant: "direct" }) }, 403, "merchant_refused");
  });
  test("for a sub-merchant that the partner was not granted", async () => {
    await refused(backendHeaders(edge.environment.kioskApiKey, { subMchid: "1900000110" }), 403, "merchant_refused");
  });
  test("from an origin that no partner has, even with valid credentials, and gets no CORS header", async () => {
    const page = await pageHeaders(edge, edge.environment.partnerApiKey);
    const answer = await refused({ ...page, Origin: "https://evil.example" }, 403, "origin_refused");
    assert.equal(answer.headers.get("access-control-allow-origin"), null);
    assert.equal(answer.headers.get("access-control-allow-credentials"), null);
  });
  test("from a page without an Origin header", async () => {
    const { Authorization } = await pageHeaders(edge, edge.environment.partnerApiKey);
    await refused({ Authorization: Authorization ?? "" }, 403, "origin_refused");
  });
  test("with a session that may only read guides", async () => {
    await refused(
      await pageHeaders(edge, edge.environment.partnerApiKey, { scope: "guides:read" }),
      403,
      "scope_refused",
    );
  });
});

describe("assigning over WeChat Pay", () => {
  test("in partner mode sends the session's sub-merchant and the order, signed, and nothing else", async () => {
    edge.answerWith(accepting(platformKeyOf(edge.environment)));
    edge.forget();
    const order = newOrder();
    const answer = await assign(edge, backend, wechat(order, "G1", { guide: { id: "G1", name: "张三" } }));
    assert.deepEqual([answer.status, answer.body.status], [200, "assigned"]);
    assert.deepEqual(answer.body.guide, { id: "G1", name: "张三" });
    assert.match(answer.body.assignedAt ?? "", /^\d{4}-\d\d-\d\dT/);
    const [sent] = edge.sent;
    assert.equal(edge.sent.length, 1);
    assert.equal(new URL(sent?.url ?? "").pathname, "/v3/smartguide/guides/G1/assign");
    assert.deepEqual(JSON.parse((await sent?.text()) ?? ""), { sub_mchid: subMchid, out_trade_no: order });
    assert.equal(sent?.headers.get("wechatpay-serial"), platformKeyOf(edge.environment).id);
    assert.match(sent?.headers.get("user-agent") ?? "", /^staff-assign\//);
  });

  test("in direct mode never sends a sub-merchant", async () => {
    edge.answerWith(accepting(platformKeyOf(edge.environment, "DIRECT")));
    edge.forget();
    const order = newOrder();
    const direct = backendHeaders(edge.environment.partnerApiKey, { merchant: "direct" });
    const answer = await assign(edge, direct, wechat(order, "G1"));
    assert.equal(answer.body.status, "assigned");
    assert.deepEqual(JSON.parse((await edge.sent[0]?.text()) ?? ""), { out_trade_no: order });
  });

  test("from a page answers with exact CORS headers, no-store and a request id", async () => {
    edge.answerWith(accepting(platformKeyOf(edge.environment)));
    const answer = await assign(edge, await pageHeaders(edge, edge.environment.partnerApiKey), good());
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("access-control-allow-origin"), posOrigin);
    assert.equal(answer.headers.get("access-control-allow-credentials"), null);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    assert.match(answer.headers.get("x-request-id") ?? "", /^[\w-]{8,}$/);
  });

  test("a refusal of the platform is a problem with its field, and the next call tries anew", async () => {
    const key = platformKeyOf(edge.environment);
    edge.answerWith(() => signedError(key, 400, "PARAM_ERROR", "商户订单号格式错误"));
    const order = newOrder();
    const refused = await assign(edge, backend, wechat(order, "G1"));
    assert.deepEqual([refused.status, refused.body.code], [422, "upstream_rejected"]);
    assert.equal(refused.body.field, "order");
    assert.equal(refused.body.upstream?.code, "PARAM_ERROR");
    edge.answerWith(accepting(key));
    assert.equal((await assign(edge, backend, wechat(order, "G1"))).body.status, "assigned");
  });
});

describe("an assignment", () => {
  test("is read back by its id, within its tenant only", async () => {
    edge.answerWith(accepting(platformKeyOf(edge.environment)));
    const made = await assign(edge, backend, good());
    const read = await call(edge, "GET", `/v1/assignments/${made.body.id}`, backend);
    assert.deepEqual([read.status, read.body.id, read.body.status], [200, made.body.id, "assigned"]);
    const kiosk = backendHeaders(edge.environment.kioskApiKey);
    const foreign = await call(edge, "GET", `/v1/assignments/${made.body.id}`, kiosk);
    assert.deepEqual([foreign.status, foreign.body.code], [404, "not_found"]);
    const otherStore = backendHeaders(edge.environment.partnerApiKey, { subMchid: "1900000110" });
    assert.equal((await call(edge, "GET", `/v1/assignments/${made.body.id}`, otherStore)).status, 404);
  });

  test("of an unknown id is not found", async () => {
    const answer = await call(edge, "GET", "/v1/assignments/nothing", backend);
    assert.deepEqual([answer.status, answer.body.code], [404, "not_found"]);
  });
});

describe("a preflight is an answer like any other", () => {
  const ask = (origin: string) =>
    edge.fetch("/v1/assignments", {
      method: "OPTIONS",
      headers: { Origin: origin, "Access-Control-Request-Method": "POST", "X-Request-Id": "preflight-1" },
    });

  test("refused, it is a problem without any CORS header", async () => {
    const answer = await ask("https://evil.example");
    const { code, requestId } = (await answer.json()) as Body;
    assert.deepEqual([answer.status, code, requestId], [403, "origin_refused", "preflight-1"]);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.equal(answer.headers.get("x-request-id"), "preflight-1");
    assert.deepEqual(
      [...answer.headers.keys()].filter((name) => name.startsWith("access-control")),
      [],
    );
  });
  test("granted, it has its request id, is kept by no cache on the way and varies with the origin", async () => {
    const answer = await ask(posOrigin);
    assert.deepEqual([answer.status, await answer.text()], [204, ""]);
    assert.equal(answer.headers.get("access-control-allow-origin"), posOrigin);
    assert.equal(answer.headers.get("x-request-id"), "preflight-1");
    assert.equal(answer.headers.get("cache-control"), "no-store");
    assert.match(answer.headers.get("vary") ?? "", /\bOrigin\b/);
  });
});

describe("a known path", () => {
  test("is another one with a slash at its end, so that an empty id finds nothing", async () => {
    for (const path of ["/v1/assignments/", "/v1/guides/?storeId=1234", "/v1/orders/?channel=tmall"]) {
      const answer = await call(edge, "GET", path, backend);
      assert.deepEqual([answer.status, answer.body.code], [404, "not_found"], path);
    }
  });
  test("called with a method it does not have answers 405 with Allow", async () => {
    const answer = await call(edge, "PUT", "/v1/assignments", backend, {});
    assert.deepEqual([answer.status, answer.body.code], [405, "method_not_allowed"]);
    assert.equal(answer.headers.get("allow"), "GET, HEAD, POST");
  });
  for (const path of [
    "/%761/assignments",
    "//v1/assignments",
    "/v1/./assignments",
    "/V1/assignments",
    "/v1/assignments/",
  ]) {
    test(`spelled ${path} is guarded alike or not there`, async () => {
      const response = await edge.fetch(path, {
        method: "POST",
        headers: { Origin: "https://evil.example" },
        body: "{}",
      });
      assert.ok([403, 404, 405].includes(response.status), `${response.status}`);
      await response.body?.cancel();
    });
  }
});
