import assert from "node:assert/strict";
import { test } from "node:test";
import { assignApi, business, cardAnswer, fullApi, harness, json, maskedApi, wrapped } from "./gateway.ts";

test("a work card is assigned by one signed call that carries nothing in its URL", async () => {
  const top = await harness([business({ success: true, msg_code: "0" })]);
  const verdict = await top.assign();
  assert.deepEqual(verdict, { kind: "assigned", evidence: "answer", upstreamRequestId: "req1" });
  const [request] = top.requests;
  assert.equal(request?.url, "https://gw.api.taobao.com/router/rest");
  assert.equal(request?.init.method, "POST");
  assert.equal(request?.init.redirect, "manual");
  const headers = new Headers(request?.init.headers);
  assert.match(headers.get("content-type") ?? "", /^application\/x-www-form-urlencoded;charset=UTF-8$/);
  assert.ok(headers.get("user-agent"));
  const { sign, ...sent } = Object.fromEntries(top.forms[0] ?? []);
  assert.match(sign ?? "", /^[0-9A-F]{64}$/);
  assert.deepEqual(sent, {
    app_key: "12345678",
    format: "json",
    method: assignApi,
    session: "session-1",
    sign_method: "hmac-sha256",
    target_worker_id: "1234567",
    timestamp: "2026-11-22 12:00:00",
    v: "2.0",
    workcard_id: "2345678",
  });
});

test("every parameter of the contract reaches the call under its own name", async () => {
  const ok = () => business({ success: true });
  const top = await harness([ok(), ok(), ok()], { allowedCheckReasons: ["12"] });
  await top.assign({
    orderKind: "outer",
    order: "test12345",
    guide: { mobile: "13245678901", name: "@张师傅" },
    operator: "store",
    storeId: "12345",
    extension: { carNumber: "1234", 备注: "门口" },
    checkReason: "12",
  });
  await top.assign({ orderKind: "fulfil-task", order: "9223372036854775807", operator: "provider" });
  await top.assign({ guide: { id: "9007199254740993", name: "张师傅" }, extension: {} });
  const sent = top.forms.map((form) => Object.fromEntries(form));
  const expected = [
    {
      outer_id: "test12345",
      target_worker_mobile: "13245678901",
      target_worker_name: "@张师傅",
      type: "3",
      service_store_id: "12345",
      ext_json: '{"carNumber":"1234","备注":"门口"}',
      stop_order_type_check_reason: "12",
    },
    { fulfil_task_id: "9223372036854775807", target_worker_id: "1234567", type: "2" },
    { workcard_id: "2345678", target_worker_id: "9007199254740993" },
  ];
  const protocol = ["app_key", "format", "method", "session", "sign", "sign_method", "timestamp", "v"];
  assert.deepEqual(
    sent.map((form) => Object.fromEntries(Object.entries(form).filter(([name]) => !protocol.includes(name)))),
    expected,
  );
});

test("a check reason that the merchant does not list is refused before anything is sent", async () => {
  const top = await harness([], { allowedCheckReasons: ["7"] });
  const verdict = await top.assign({ checkReason: "12" });
  assert.equal(verdict.kind, "rejected");
  assert.ok(verdict.kind === "rejected" && verdict.failure.code === "invalid_request");
  assert.equal(verdict.failure.field, "checkReason");
  assert.equal(top.forms.length, 0);
});

test("members of the extension cannot become parameters of the call", async () => {
  const top = await harness([business({ success: true })]);
  await top.assign({ extension: { sign: "x", session: "y", app_key: "z", "a&session": "b=c&sign=d" } });
  const form = top.forms[0] ?? new URLSearchParams();
  for (const name of ["sign", "session", "app_key"]) assert.equal(form.getAll(name).length, 1);
  assert.equal(form.get("session"), "session-1");
});

for (const success of [true, "true"]) {
  for (const msgCode of [undefined, null, "", "0", 0, "200", 200, "SUCCESS"]) {
    test(`success ${JSON.stringify(success)} with msg_code ${JSON.stringify(msgCode)} is assigned`, async () => {
      const top = await harness([business({ success, msg_code: msgCode })]);
      assert.equal((await top.assign()).kind, "assigned");
      assert.equal(top.forms.length, 1);
    });
  }
}

test("the simplified answer is read like the wrapped one", async () => {
  const top = await harness([json({ result: { success: true }, request_id: "req9" })]);
  assert.deepEqual(await top.assign(), { kind: "assigned", evidence: "answer", upstreamRequestId: "req9" });
});

for (const success of [false, "false"]) {
  test(`success ${JSON.stringify(success)} is a refusal, with the message for the cashier and the code for operators`, async () => {
    const top = await harness([
      business({ success, msg_code: "1008", msg_info: "system text", display_msg: "工单&apos;A&apos;不存在" }),
    ]);
    const verdict = await top.assign();
    assert.ok(verdict.kind === "rejected");
    assert.equal(verdict.failure.code, "upstream_rejected");
    assert.equal(verdict.failure.reason, "order_not_found");
    assert.deepEqual(verdict.failure.upstream, { code: "1008", message: "工单'A'不存在", requestId: "req1" });
    assert.equal(top.forms.length, 1);
  });
}

test("an OK code of the merchant's own settings counts as success, and then the defaults do not", async () => {
  const settings = { okCodes: ["8888"] };
  const own = await harness([business({ success: true, msg_code: 8888 })], settings);
  assert.equal((await own.assign()).kind, "assigned");
  const other = await harness([business({ success: true, msg_code: "0" }), cardAnswer(maskedApi)], settings);
  assert.equal((await other.assign()).kind, "rejected");
});

const contradiction = () => business({ success: true, msg_code: "1008", display_msg: "工单不存在" });

test("success with a failing code is assigned only when the card shows the wanted worker", async () => {
  const top = await harness([contradiction(), cardAnswer(maskedApi, { worker: { worker_id: 1234567 } })]);
  assert.deepEqual(await top.assign(), { kind: "assigned", evidence: "read-back", upstreamRequestId: "req-card" });
  assert.deepEqual(top.methods(), [assignApi, maskedApi]);
  assert.ok(top.counted.some((line) => line.includes("tmall_contradictory_success") && line.includes("1008")));
});

for (const [who, worker] of [
  ["nobody", undefined],
  ["somebody else", { worker_id: 42 }],
] as const) {
  test(`success with a failing code and ${who} on the card is a refusal that passes code and message on`, async () => {
    const top = await harness([contradiction(), cardAnswer(maskedApi, worker ? { worker } : {})]);
    const verdict = await top.assign();
    assert.ok(verdict.kind === "rejected");
    assert.deepEqual(verdict.failure.upstream, { code: "1008", message: "工单不存在", requestId: "req1" });
  });
}

test("success with a failing code and an unreadable card stays unknown", async () => {
  const top = await harness([contradiction(), new Error("reset"), json("<html>")]);
  const verdict = await top.assign();
  assert.ok(verdict.kind === "unknown");
  assert.equal(verdict.failure.code, "upstream_unverified");
  assert.equal(verdict.failure.upstream?.code, "1008");
});

for (const [code, reason, field] of [
  ["5100", "order_closed", "order"],
  ["10006", "guide_not_found", "guide"],
  ["10010", "store_invalid", "storeId"],
  ["toString", undefined, undefined],
] as const) {
  test(`msg_code ${code} has the reason ${reason ?? "that its message gives"}`, async () => {
    const verdict = await (await harness([business({ success: false, msg_code: code })])).assign();
    assert.ok(verdict.kind === "rejected");
    assert.deepEqual([verdict.failure.reason, verdict.failure.field], [reason, field]);
  });
}

test("a mobile or name that the platform quotes leaves masked", async () => {
  for (const quoted of ["+85298765432", "85298765432"]) {
    const display_msg = `工人张师傅(${quoted})与13900001111冲突`;
    const top = await harness([business({ success: false, msg_code: "x", display_msg })]);
    const verdict = await top.assign({ guide: { mobile: "+85298765432", name: "张师傅" } });
    assert.ok(verdict.kind === "rejected");
    assert.equal(verdict.failure.upstream?.message, "工人张*(852****5432)与139****1111冲突");
  }
});

test("the query that a read-back uses is the full one when the guide is known by mobile", async () => {
  const card = cardAnswer(fullApi, { worker: { worker_id: 5, worker_mobile: "+86 132-4567-8901" } });
  const top = await harness([contradiction(), card]);
  assert.equal((await top.assign({ guide: { mobile: "13245678901" } })).kind, "assigned");
  assert.deepEqual(top.methods(), [assignApi, fullApi]);
});

test("an answer about another call is no success", async () => {
  const top = await harness([wrapped(fullApi, { result: { success: true } })]);
  assert.equal((await top.assign()).kind, "unknown");
});

test("an intent of another channel is a mistake of the caller", async () => {
  const top = await harness([]);
  await assert.rejects(top.assign({ channel: "wechat" }), TypeError);
});
