/** Dispatching a worker: every parameter, every row of TOP's errors, and what a cashier is told of it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assign, call } from "../../support/calls.ts";
import { assertAssignedOnce, type Pair, startPair, type Told, told } from "./pair.ts";

const worker = "20210627490142";
const anotherWorker = "7091800003790954036";

let pair: Pair;
before(async () => {
  const signedBy = (signMethod: string) => ({
    of: "demo",
    make: ({ tmall }: { tmall?: Record<string, unknown> }) => ({ tmall: { ...tmall, signMethod } }),
  });
  pair = await startPair({ hmac: signedBy("hmac"), md5: signedBy("md5") });
});
after(() => pair.close());

let count = 1000;
/** A card that nothing goes wrong with, or the fault of that number for as many calls of a kind (0: always). */
const newCard = () => `40${count++}`;
const faultyCard = (fault: string, times = 0) => `99${fault}${times}${count++}`;

const dispatch = (order: string, more: object = {}, merchant = "demo") =>
  assign(pair.edge, pair.as(merchant), { channel: "tmall", order, guide: { id: worker }, ...more });
const lookUp = (order: string, orderKind?: string) =>
  call(
    pair.edge,
    "GET",
    `/v1/orders/${order}?channel=tmall${orderKind ? `&orderKind=${orderKind}` : ""}`,
    pair.as("demo"),
  );

/** The parameters of the one send that the book holds. */
async function sentFor(order: string): Promise<Record<string, unknown>> {
  const sends = (await pair.bookOf(order)).requests.filter(({ operation }) => operation.endsWith("assignworker"));
  assert.equal(sends.length, 1);
  return sends[0]?.body ?? {};
}

describe("what is sent", () => {
  test("names a work card, an outer id or a fulfil task, and all digits of a long one", async () => {
    for (const [orderKind, order, parameter] of [
      ["workcard", "9223372036854775806", "workcard_id"],
      ["outer", "store-7.A|1*", "outer_id"],
      ["fulfil-task", "7091800003790954035", "fulfil_task_id"],
    ] as const) {
      const answer = await dispatch(order, { orderKind, guide: { id: anotherWorker } });
      assert.deepEqual([answer.status, answer.body.status, answer.body.order], [200, "assigned", order]);
      const sent = await sentFor(order);
      assert.equal(sent[parameter], order);
      assert.equal(sent.target_worker_id, anotherWorker);
      const seen = await lookUp(encodeURIComponent(order), orderKind);
      assert.deepEqual([seen.status, seen.body.guide?.id], [200, anotherWorker], JSON.stringify(seen.body));
    }
  });

  test("names the worker by mobile and name, which no answer or log line repeats", async () => {
    const order = newCard();
    const answer = await dispatch(order, { guide: { mobile: "13900139009", name: "欧阳震华" } });
    assert.deepEqual([answer.body.status, answer.body.guide?.mobile], ["assigned", "139****9009"]);
    const sent = await sentFor(order);
    assert.deepEqual([sent.target_worker_mobile, sent.target_worker_name], ["[redacted]", "[redacted]"]);
    assert.equal(sent.target_worker_id, undefined);
    const seen = await lookUp(order);
    assert.deepEqual(Object.keys(seen.body).sort(), ["checkedAt", "guide", "order", "orderKind", "status"]);
    assert.equal(seen.body.guide?.mobile, "139****9009");
    assert.equal(seen.body.guide?.name, "欧*");
    const history = await call(pair.edge, "GET", `/v1/assignments?order=${order}`, pair.as("demo"));
    for (const text of [answer.body, seen.body, history.body, pair.log].map((body) => JSON.stringify(body))) {
      assert.doesNotMatch(text, /13900139009/);
    }
  });

  test("carries operator, store, extension and an allowed check reason", async () => {
    const order = newCard();
    const more = {
      operator: "store",
      storeId: "12345",
      extension: { carNumber: "沪A·1234", "@note": "+ & =" },
      checkReason: "12",
    };
    assert.equal((await dispatch(order, more)).body.status, "assigned");
    const sent = await sentFor(order);
    assert.deepEqual(
      [sent.type, sent.service_store_id, sent.ext_json, sent.stop_order_type_check_reason],
      ["3", "12345", '{"carNumber":"沪A·1234","@note":"+ & ="}', "12"],
    );
    const asProvider = newCard();
    await dispatch(asProvider, { operator: "provider" });
    assert.equal((await sentFor(asProvider)).type, "2");
  });

  test("is accepted under each of the three signatures", async () => {
    for (const merchant of ["demo", "hmac", "md5"]) {
      const order = newCard();
      const answer = await dispatch(order, { guide: { mobile: "13900139002", name: "@刘伟" } }, merchant);
      assert.equal(answer.body.status, "assigned", `${merchant}: ${JSON.stringify(answer.body)}`);
      assert.equal((await sentFor(order)).sign_method, merchant === "demo" ? "hmac-sha256" : merchant);
    }
  });

  test("is nothing at all where the request cannot be right", async () => {
    const before = await pair.requestsSoFar();
    for (const [more, field] of [
      [{ order: 2345678 }, "order"],
      [{ order: "9223372036854775808" }, "order"],
      [{ order: "0" }, "order"],
      [{ orderKind: "outer", order: "../x" }, "order"],
      [{ orderKind: "card" }, "orderKind"],
      [{ guide: {} }, "guide"],
      [{ guide: { id: worker, mobile: "13900139002" } }, "guide"],
      [{ guide: { name: "刘伟" } }, "guide"],
      [{ operator: "store" }, "storeId"],
      [{ checkReason: "13" }, "checkReason"],
      [{ extension: { nested: {} } }, "extension.nested"],
      [{ session: "x" }, "session"],
      [{ sign: "x" }, "sign"],
      [{ app_key: "x" }, "app_key"],
    ] as const) {
      const answer = await dispatch(newCard(), more);
      assert.deepEqual([answer.status, answer.body.code, answer.body.field], [400, "invalid_request", field]);
    }
    assert.equal(await pair.requestsSoFar(), before);
  });
});

const rejected = (reason?: string, field?: string): Told => [422, "upstream_rejected", reason, field, false];
const operator = (reason?: string): Told => [502, "upstream_unauthorized", reason, undefined, false];

/** Number of the sandbox's fault → what the edge tells. */
const refusals: Record<string, Told> = {
  "003": operator(),
  "009": operator(),
  "011": operator("permission_missing"),
  "012": operator("permission_missing"),
  "013": operator("permission_missing"),
  "021": operator(),
  "022": operator(),
  "023": operator(),
  "024": operator("signature_refused"),
  "025": operator("signature_refused"),
  "028": operator("merchant_unknown"),
  "029": operator("merchant_unknown"),
  "030": operator("clock_skew"),
  "031": operator("clock_skew"),
  "032": operator(),
  "033": operator(),
  "034": operator(),
  "040": rejected("parameter_invalid"),
  "041": rejected("parameter_invalid"),
  "042": operator("reauthorise"),
  "043": rejected("parameter_invalid"),
  "047": operator(),
  "053": operator("reauthorise"),
  "055": rejected("parameter_invalid"),
  "111": operator("ip_not_allowed"),
  "159": rejected(),
  "161": rejected(),
  "162": rejected("order_invalid", "order"),
  "163": rejected("parameter_invalid"),
  "164": operator("permission_missing"),
  "165": rejected(),
  "166": rejected("parameter_invalid"),
  "201": rejected("order_not_found", "order"),
  "202": rejected("guide_not_found", "guide"),
  "203": rejected("order_closed", "order"),
  "207": rejected("order_not_found", "order"),
  "208": rejected("order_not_found", "order"),
};
/** One send, or two where the first was certainly refused for a clock that was then corrected. */
const sendsOf = (fault: string) => (fault === "030" || fault === "031" ? 2 : 1);

describe("a definite no ends the assignment at once", () => {
  for (const [fault, expected] of Object.entries(refusals)) {
    test(`${fault}: ${expected.slice(1, 4).filter(Boolean).join(", ")}`, async () => {
      const order = faultyCard(fault);
      const answer = await dispatch(order);
      assert.deepEqual(told(answer), expected);
      assert.ok(answer.body.upstream?.code, "the operator sees the platform's code");
      assert.ok(answer.body.upstream?.requestId, "and what Taobao's support asks for");
      const [record] = (await pair.bookOf(order)).orders;
      assert.deepEqual([record?.sends, record?.executions], [sendsOf(fault), 0]);
    });
  }

  test("with the platform's own words as plain text: entities unescaped once, markup left for the page to escape", async () => {
    const escaped = await dispatch(faultyCard("166"));
    assert.equal(escaped.body.upstream?.message, "参数'workcard_id'<无效>");
    const markup = await dispatch(faultyCard("208"));
    assert.equal(markup.body.upstream?.message, '<img src=x onerror=alert(1)>工单"不存在"&');
    assert.equal(markup.headers.get("content-type"), "application/problem+json");
    assert.equal(markup.headers.get("x-content-type-options"), "nosniff");
  });

  test("and tells the refused address to the operator's log alone", async () => {
    const answer = await dispatch(faultyCard("111"));
    assert.doesNotMatch(JSON.stringify(answer.body), /203\.0\.113\.9|198\.51\.100\.7/);
    assert.ok(pair.log.some(({ event, egress }) => event === "top_address_refused" && egress === "203.0.113.9"));
  });

  test("also a success that contradicts itself, when nobody is on the card: read once, not sent again", async () => {
    const order = faultyCard("204");
    assert.deepEqual(told(await dispatch(order)), rejected("order_not_found", "order"));
    const { requests } = await pair.bookOf(order);
    assert.deepEqual(
      requests.map(({ operation }) => operation.split(".").at(-1)),
      ["query", "assignworker"],
    );
  });

  test("and an order that Tmall does not have is not found by a look-up either", async () => {
    const seen = await lookUp(faultyCard("201"));
    assert.deepEqual([seen.status, seen.body.code, seen.body.reason], [404, "not_found", "order_not_found"]);
  });
});

describe("odd forms of a good answer are read", () => {
  for (const [fault, form] of [
    ["206", "success as text"],
    ["212", "simplified JSON"],
    ["213", "raw control characters"],
    ["214", "a comment behind the JSON"],
    ["309", "a byte order mark"],
    ["300", "an answer that comes late"],
  ] as const) {
    test(form, async () => {
      const order = faultyCard(fault);
      const answer = await dispatch(order);
      assert.deepEqual([answer.status, answer.body.status, answer.body.attempts], [200, "assigned", 1]);
      assertAssignedOnce(await pair.bookOf(order), worker);
    });
  }
});

describe("looking at an order", () => {
  test("shows that nobody is on it", async () => {
    const seen = await lookUp(newCard());
    assert.deepEqual([seen.status, seen.body.guide, seen.body.orderKind], [200, undefined, "workcard"]);
  });

  test("refuses an id of another kind, another channel and a parameter that comes twice", async () => {
    for (const [path, field] of [
      ["/v1/orders/abc?channel=tmall", "order"],
      ["/v1/orders/1?channel=wechat", "channel"],
      ["/v1/orders/1", "channel"],
      ["/v1/orders/1?channel=tmall&channel=tmall", "channel"],
      ["/v1/orders/1?channel=tmall&orderKind=card", "orderKind"],
    ] as const) {
      const answer = await call(pair.edge, "GET", path, pair.as("demo"));
      assert.deepEqual([answer.status, answer.body.field], [400, field], path);
    }
  });

  test("answers its code at once when TOP cannot be believed", async () => {
    for (const [fault, status, code] of [
      ["320", 502, "upstream_unverified"],
      ["312", 503, "upstream_unavailable"],
      ["053", 502, "upstream_unauthorized"],
    ] as const) {
      const seen = await lookUp(faultyCard(fault));
      assert.deepEqual([seen.status, seen.body.code], [status, code]);
    }
  });
});
