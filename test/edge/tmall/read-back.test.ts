import assert from "node:assert/strict";
import { test } from "node:test";
import type { GuideReference } from "../../../edge/channels/channel.ts";
import { standingOf } from "../../../edge/channels/tmall/work-card.ts";
import {
  type Answer,
  assignApi,
  business,
  type CardContent,
  cardAnswer,
  fullApi,
  harness,
  json,
  maskedApi,
  taskAnswer,
  taskApi,
  topError,
  wrapped,
} from "./gateway.ts";

const uncertain = { uncertain: true };
const success = () => business({ success: true });
const card = (worker?: Record<string, unknown>, api = maskedApi) => cardAnswer(api, worker ? { worker } : {});
const wanted = { worker_id: 1234567, worker_mobile: "132****8901", worker_name: "张*" };

test("after an uncertain send the wanted worker on the card means assigned, and nothing is sent", async () => {
  const top = await harness([card(wanted)]);
  const verdict = await top.assign({}, uncertain);
  assert.deepEqual(verdict, { kind: "assigned", evidence: "read-back", upstreamRequestId: "req-card" });
  assert.deepEqual(top.methods(), [maskedApi]);
  assert.equal(top.forms[0]?.get("id"), "2345678");
});

for (const [what, worker] of [
  ["no service provider", undefined],
  ["a provider without worker", { tp_id: 7, tp_nick: "服务商", service_store_id: 12 }],
  ["empty members", { worker_id: 0, worker_mobile: "", worker_name: " " }],
] as const) {
  test(`after an uncertain send ${what} on the card means send`, async () => {
    const top = await harness([card(worker), success()]);
    const verdict = await top.assign({}, uncertain);
    assert.ok(verdict.kind === "assigned" && verdict.evidence === "answer");
    assert.deepEqual(top.methods(), [maskedApi, assignApi]);
  });
}

test("the name of a worker whom only the card tells of leaves the channel masked", () => {
  const mobile = "13900002222";
  for (const worker of [
    { id: "42", mobile, name: "李师傅" },
    { mobile, name: "李师傅" },
  ]) {
    const standing = standingOf([worker], { mobile: "13245678901" }, []);
    assert.deepEqual(standing.kind === "other" ? standing.guide.name : standing, "李*");
  }
});

test("another worker on the card is a conflict that names them, and nothing is sent", async () => {
  const top = await harness([card({ worker_id: "9007199254740993", worker_name: "李*" })]);
  const verdict = await top.assign({}, uncertain);
  assert.deepEqual(verdict, {
    kind: "taken",
    guide: { id: "9007199254740993", name: "李*" },
    upstreamRequestId: "req-card",
  });
  assert.equal(top.forms.length, 1);
});

test("ids that differ only beyond 2^53 are different workers", async () => {
  const top = await harness([
    json(
      '{"tmall_servicecenter_workcard_desensitization_query_response":{"result":{"success":true,"result_data":{"total_count":1,' +
        '"data_list":{"workcard_d_t_o":[{"id":2345678,"status_code":"3","service_provider":{"worker_id":9007199254740993}}]}}}}}',
    ),
  ]);
  const verdict = await top.assign({ guide: { id: "9007199254740992" } }, uncertain);
  assert.ok(verdict.kind === "taken" && "id" in verdict.guide && verdict.guide.id === "9007199254740993");
});

test("the replaced worker on the card is no conflict", async () => {
  const top = await harness([card({ worker_id: 42 }), success()]);
  const verdict = await top.assign({}, { ...uncertain, replaced: [{ id: "42" }] });
  assert.equal(verdict.kind, "assigned");
  assert.deepEqual(top.methods(), [maskedApi, assignApi]);
});

test("a third worker on the card is a conflict for a replacement too", async () => {
  const verdict = await (await harness([card({ worker_id: 43 })])).assign(
    {},
    { ...uncertain, replaced: [{ id: "42" }] },
  );
  assert.equal(verdict.kind, "taken");
});

test("a replaced worker known by mobile is told apart on the full card", async () => {
  const hidden = { worker_id: 42, worker_mobile: "139****2222" };
  const shown = { worker_id: 42, worker_mobile: "13900002222" };
  const top = await harness([card(hidden), card(shown, fullApi), success()]);
  const verdict = await top.assign({}, { ...uncertain, replaced: [{ mobile: "13900002222" }] });
  assert.equal(verdict.kind, "assigned");
  assert.deepEqual(top.methods(), [maskedApi, fullApi, assignApi]);
});

// by mobile

const byMobile: GuideReference = { mobile: "13245678901", name: "张师傅" };
const mobileRows: [string, Record<string, unknown>, string][] = [
  ["the same mobile", { worker_id: 5, worker_mobile: "13245678901" }, "assigned"],
  ["the same mobile with country code", { worker_mobile: "+86 132-4567-8901" }, "assigned"],
  ["another mobile", { worker_mobile: "13900002222", worker_name: "李" }, "taken"],
  ["a mask that cannot hide it", { worker_id: 6, worker_mobile: "139****2222" }, "taken"],
  ["a mask that may hide it", { worker_id: 5, worker_mobile: "132****8901", worker_name: "张师傅" }, "unknown"],
  ["no mobile", { worker_id: 5, worker_name: "张师傅" }, "unknown"],
  ["a name only", { worker_name: "张师傅" }, "unknown"],
];
for (const [what, worker, kind] of mobileRows) {
  test(`wanted by mobile, ${what} on the card is ${kind}`, async () => {
    const top = await harness([card(worker, fullApi)]);
    const verdict = await top.assign({ guide: byMobile }, uncertain);
    assert.equal(verdict.kind, kind);
    assert.deepEqual(top.methods(), [fullApi]);
    if (verdict.kind === "unknown") assert.equal(verdict.failure.code, "upstream_unverified");
  });
}

test("wanted by id, a worker without id is looked at on the full card, and stays unknown without one", async () => {
  const worker = { worker_mobile: "132****8901", worker_name: "张*" };
  const top = await harness([card(worker), card(worker, fullApi)]);
  const verdict = await top.assign({}, uncertain);
  assert.equal(verdict.kind, "unknown");
  assert.deepEqual(top.methods(), [maskedApi, fullApi]);
});

// order kinds

const kinds = [
  { orderKind: "outer", order: "test12345", parameter: "outer_id", task: { outer_id: "test12345", id: 1898 } },
  { orderKind: "fulfil-task", order: "1898", parameter: "fulfil_task_id_list", task: { id: 1898 } },
] as const;

for (const { orderKind, order, parameter, task } of kinds) {
  test(`an order of kind ${orderKind} is read back by way of its cards`, async () => {
    const top = await harness([
      taskAnswer(task, ["7091800003790954036"]),
      cardAnswer(maskedApi, { id: "7091800003790954036", worker: wanted }),
    ]);
    const verdict = await top.assign({ orderKind, order }, uncertain);
    assert.equal(verdict.kind, "assigned");
    assert.deepEqual(top.methods(), [taskApi, maskedApi]);
    assert.equal(top.forms[0]?.get(parameter), order);
    assert.equal(top.forms[1]?.get("id"), "7091800003790954036");
  });
}

const severalCards: [string, (CardContent["worker"] | undefined)[], string][] = [
  ["all with the wanted worker", [wanted, wanted], "assigned"],
  ["one of them free", [wanted, undefined], "send"],
  ["one of them another's", [wanted, { worker_id: 42 }], "taken"],
  ["one of them undecidable", [{ worker_name: "张*" }, wanted], "unknown"],
  ["another's behind an undecidable one", [{ worker_name: "张*" }, { worker_id: 42 }], "taken"],
];
for (const [what, workers, kind] of severalCards) {
  test(`a task with two cards, ${what}: ${kind}`, async () => {
    const ids = ["11", "12"];
    const cards = (api: string) =>
      workers.map((worker, index) => cardAnswer(api, { id: ids[index] ?? "", ...(worker && { worker }) }));
    const task = () => taskAnswer({ id: 1898 }, ids);
    const answers: Answer[] = [task(), ...cards(maskedApi)];
    if (kind === "send") answers.push(success());
    if (kind === "unknown") answers.push(task(), ...cards(fullApi));
    const top = await harness(answers);
    const verdict = await top.assign({ orderKind: "fulfil-task", order: "1898" }, uncertain);
    assert.equal(verdict.kind, kind === "send" ? "assigned" : kind);
    assert.equal(top.methods().includes(assignApi), kind === "send");
  });
}

// unreadable

const page = (result_data: unknown, more: object = {}) =>
  wrapped(maskedApi, { result: { success: true, result_data, ...more } });
const unreadableCards: [string, () => Answer][] = [
  ["the connection fails", () => new Error("reset")],
  ["the answer is HTML", () => json("<html></html>")],
  ["the card is said not to exist", () => wrapped(maskedApi, { result: { success: false, msg_code: "1008" } })],
  ["success is false", () => wrapped(maskedApi, { result: { success: false, msg_code: "9" } })],
  ["success is absent", () => wrapped(maskedApi, { result: {} })],
  ["there is no page", () => page(undefined)],
  ["the list is absent without a count", () => page({})],
  ["the list holds no objects", () => page({ data_list: { workcard_d_t_o: ["x"] } })],
  ["the card is not found", () => page({ total_count: 0 })],
  ["the list is empty", () => page({ data_list: {} })],
  ["it is about another card", () => cardAnswer(maskedApi, { id: "99", worker: wanted })],
  ["the session is refused", () => topError(27)],
  ["the platform is busy", () => topError(15, { sub_code: "isp.trade-service-unavailable" })],
];
for (const [what, answer] of unreadableCards) {
  test(`after an uncertain send nothing is sent when ${what}: unknown`, async () => {
    const top = await harness([answer()]);
    const verdict = await top.assign({}, uncertain);
    assert.equal(verdict.kind, "unknown");
    assert.deepEqual(top.methods(), [maskedApi]);
  });
}

const task = (value: Record<string, unknown>) =>
  wrapped(taskApi, { result: { success: true, total_count: 1, values: [value] } });
for (const [what, answer] of [
  ["is not found", () => wrapped(taskApi, { result: { success: true, total_count: 0 } })],
  ["is another one", () => task({ outer_id: "other", workcard_id_list: [1] })],
  ["has no cards", () => task({ outer_id: "test12345", workcard_id_list: [] })],
  ["has a card that is no id", () => task({ outer_id: "test12345", workcard_id_list: [1, "x"] })],
  ["has more cards than are read", () => task({ outer_id: "test12345", workcard_id_list: Array(21).fill(1) })],
] as const) {
  test(`after an uncertain send nothing is sent when the task ${what}: unknown`, async () => {
    const top = await harness([answer()]);
    const verdict = await top.assign({ orderKind: "outer", order: "test12345" }, uncertain);
    assert.ok(verdict.kind === "unknown" && verdict.failure.code === "upstream_unverified");
    assert.deepEqual(top.methods(), [taskApi]);
  });
}

test("a ban met by a read-back stays unknown and says when to come back", async () => {
  const top = await harness([topError(7, { sub_msg: "This ban will last for 30 more seconds" })]);
  const verdict = await top.assign({}, uncertain);
  assert.ok(verdict.kind === "unknown" && verdict.retryAfterMs === 30_000);
  assert.equal(verdict.failure.code, "rate_limited");
});

test("a send that never left stays unknown when an earlier one may have run", async () => {
  const top = await harness([card(), topError(15, { sub_code: "isp.trade-service-unavailable" })]);
  const verdict = await top.assign({}, uncertain);
  assert.ok(verdict.kind === "unknown" && verdict.failure.code === "upstream_unavailable");
});

test("a refusal behind an uncertain send is checked on the card, where the first send may have landed late", async () => {
  const refusal = () => business({ success: false, msg_code: "2001", display_msg: "已派单" });
  const late = await harness([card(), refusal(), card(wanted)]);
  assert.equal((await late.assign({}, uncertain)).kind, "assigned");
  const free = await harness([card(), refusal(), card()]);
  const verdict = await free.assign({}, uncertain);
  assert.ok(verdict.kind === "rejected" && verdict.failure.upstream?.code === "2001");
  const blind = await harness([card(), refusal(), new Error("reset")]);
  assert.equal((await blind.assign({}, uncertain)).kind, "unknown");
});

// permissions

for (const refusal of [{ sub_code: "isv.permission-api-package-limit" }, undefined]) {
  test(`a masked query that is refused (${refusal ? 11 : 22}) falls back to the full one and is not asked again`, async () => {
    const top = await harness([topError(refusal ? 11 : 22, refusal), card(wanted, fullApi), card(wanted, fullApi)]);
    assert.equal((await top.assign({}, uncertain)).kind, "assigned");
    assert.equal((await top.assign({}, uncertain)).kind, "assigned");
    assert.deepEqual(top.methods(), [maskedApi, fullApi, fullApi]);
  });
}

test("a permission that the app is given is used by a channel that has been refused it before", async () => {
  const mobile = { worker_id: 5, worker_mobile: "13245678901" };
  const hidden = { ...mobile, worker_mobile: "132****8901" };
  const top = await harness([topError(11), card(hidden), card(mobile, fullApi)]);
  assert.equal((await top.assign({ guide: byMobile }, uncertain)).kind, "unknown");
  top.clock.now += 10 * 60_000;
  assert.equal((await top.assign({ guide: byMobile }, uncertain)).kind, "assigned");
  assert.deepEqual(top.methods(), [fullApi, maskedApi, fullApi]);
});

test("without permission for either query an uncertain send stays unknown and names the permission", async () => {
  const top = await harness([topError(11), topError(11)]);
  const verdict = await top.assign({}, uncertain);
  assert.ok(verdict.kind === "unknown" && verdict.failure.reason === "permission_missing");
});

// order look-up

test("an order is shown with its status and its worker masked", async () => {
  const top = await harness([
    card({ worker_id: "7091800003790954036", worker_mobile: "13245678901", worker_name: "张师傅" }),
  ]);
  assert.deepEqual(await top.channel.readOrder?.({ order: "2345678", orderKind: "workcard" }), {
    ok: true,
    value: {
      order: "2345678",
      orderKind: "workcard",
      status: "3",
      checkedAt: "2026-11-22T04:00:00.000Z",
      cards: [{ guide: { id: "7091800003790954036", mobile: "132****8901", name: "张*" } }],
    },
  });
});

test("an order of a task has the task's status, and of each card its store and worker where the platform tells them", async () => {
  const top = await harness([
    taskAnswer({ id: 1898 }, [11, 12, 13]),
    cardAnswer(maskedApi, { id: 11 }),
    cardAnswer(maskedApi, { id: 12, worker: { service_store_id: 12345, service_store_name: "网点" } }),
    cardAnswer(maskedApi, { id: 13, worker: { service_store_id: "67890", worker_id: 42 } }),
  ]);
  const state = await top.channel.readOrder?.({ order: "1898", orderKind: "fulfil-task" });
  assert.ok(state?.ok);
  assert.equal(state.value?.status, "20");
  assert.deepEqual(state.value?.cards, [{}, { storeId: "12345" }, { storeId: "67890", guide: { id: "42" } }]);
});

test("a look at an order never shows the buyer", async () => {
  const top = await harness([card(wanted)]);
  const state = await top.channel.readOrder?.({ order: "2345678", orderKind: "workcard" });
  assert.ok(!JSON.stringify([state, top.counted, top.logged]).match(/买家|13900001111/));
});

test("an order that is not there is none; a platform that is silent or refuses says so at once", async () => {
  for (const [answer, code] of [
    [page({ total_count: 0 }), undefined],
    [wrapped(maskedApi, { result: { success: false, msg_code: "1008" } }), undefined],
    [wrapped(maskedApi, { result: { success: false, msg_code: "9" } }), "upstream_unverified"],
    [new Error("reset"), "upstream_unavailable"],
    [json("<html>"), "upstream_unverified"],
    [topError(27), "upstream_unauthorized"],
  ] as const) {
    const state = await (await harness([answer])).channel.readOrder?.({ order: "2345678", orderKind: "workcard" });
    if (code === undefined) assert.deepEqual(state, { ok: true, value: null });
    else assert.equal(state && !state.ok && state.failure.code, code);
  }
});
