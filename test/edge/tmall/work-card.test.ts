/** What a card, a task and their workers say, apart from every call. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { GuideReference } from "../../../edge/channels/channel.ts";
import { assignWorkerParameters, readBusinessResult, readSuccess } from "../../../edge/channels/tmall/assign-worker.ts";
import { type CardWorker, readFulfilTask, readWorkCard, standingOf } from "../../../edge/channels/tmall/work-card.ts";

describe("success", () => {
  test("is a boolean or its text, and nothing that only looks like it", () => {
    for (const value of [true, "true", " true "]) assert.equal(readSuccess(value), true);
    for (const value of [false, "false"]) assert.equal(readSuccess(value), false);
    for (const value of [undefined, null, 1, 0, "", "TRUE", "yes", "truee", [true], {}]) {
      assert.equal(readSuccess(value), undefined);
    }
  });
  const ok = new Set(["0", "200"]);
  test("needs both its word and a message code that stands for it", () => {
    for (const msg_code of [undefined, null, "", " ", "0", 200]) {
      assert.deepEqual(readBusinessResult({ result: { success: true, msg_code } }, ok), { kind: "success" });
    }
    assert.deepEqual(readBusinessResult({ result: { success: true, msg_code: "1008", msg_info: "i" } }, ok), {
      kind: "contradictory",
      msgCode: "1008",
      message: "i",
    });
    assert.deepEqual(readBusinessResult({ result: { success: true, msg_code: "a b" } }, ok), {
      kind: "contradictory",
      msgCode: undefined,
      message: "",
    });
  });
  test("that is refused is so under every code, in the words meant for people where there are any", () => {
    for (const msg_code of [undefined, "0", "1008"]) {
      assert.deepEqual(
        readBusinessResult({ result: { success: false, msg_code, msg_info: "i", display_msg: " d " } }, ok),
        { kind: "refused", msgCode: msg_code, message: "d" },
      );
    }
  });
  test("cannot be read where the result is no object, or does not say whether it succeeded", () => {
    for (const content of [
      { result: {} },
      { result: { success: null } },
      { result: { success: "yes", msg_code: "0" } },
    ]) {
      assert.deepEqual(readBusinessResult(content, ok), { kind: "unreadable" });
    }
    for (const content of [{}, { result: null }, { result: [] }, { result: true }, { success: true }]) {
      assert.deepEqual(readBusinessResult(content, ok), { kind: "unreadable" });
    }
  });
});

test("the parameters of an assignment name one order, one worker, and nothing that was not given", () => {
  const sent = (intent: Partial<Parameters<typeof assignWorkerParameters>[0]>) =>
    JSON.parse(JSON.stringify(assignWorkerParameters({ channel: "tmall", order: "1", guide: { id: "7" }, ...intent })));
  assert.deepEqual(sent({}), { workcard_id: "1", target_worker_id: "7" });
  assert.deepEqual(sent({ guide: { id: "7", name: "张" } }), { workcard_id: "1", target_worker_id: "7" });
  assert.deepEqual(sent({ guide: { mobile: "138", name: "张" } }), {
    workcard_id: "1",
    target_worker_mobile: "138",
    target_worker_name: "张",
  });
  assert.deepEqual(sent({ extension: {} }), sent({}));
});

describe("the page of a card", () => {
  const card = (value: unknown, more: object = {}) => ({
    result: { success: true, result_data: { data_list: value, total_count: 1, ...more } },
  });
  test("is read whether its rows are wrapped or not", () => {
    const row = {
      id: 5,
      status_code: 3,
      service_provider: { worker_id: "42", worker_mobile: " 138 ", worker_name: "张*" },
    };
    const found = { kind: "found", value: { id: "5", status: "3", worker: { id: "42", mobile: "138", name: "张*" } } };
    assert.deepEqual(readWorkCard(card([row]), "5"), found);
    assert.deepEqual(readWorkCard(card({ workcard_d_t_o: [{ id: 4 }, row] }), "5"), found);
  });
  test("tells the card's store as digits, and no store where there is none or it is no id", () => {
    const storeOf = (service_store_id: unknown) => {
      const read = readWorkCard(card([{ id: "5", service_provider: { service_store_id } }]), "5");
      return read.kind === "found" ? read.value.storeId : read.kind;
    };
    assert.deepEqual([12345, "9007199254740993"].map(storeOf), ["12345", "9007199254740993"]);
    for (const none of [undefined, null, 0, "", "S1", "012", {}, [7]]) assert.equal(storeOf(none), undefined);
  });
  test("of a card without a worker names nobody", () => {
    for (const service_provider of [
      undefined,
      null,
      "x",
      [],
      {},
      { worker_id: 0, worker_mobile: "", worker_name: " " },
    ]) {
      assert.deepEqual(readWorkCard(card([{ id: "5", service_provider }]), "5"), {
        kind: "found",
        value: { id: "5", status: "", worker: {} },
      });
    }
  });
  test("without the card says that it is missing only where it says so itself", () => {
    for (const content of [
      card([]),
      card({}),
      { result: { success: true, result_data: { total_count: 0 } } },
      { result: { success: "true", result_data: { total_count: "0" } } },
      { result: { success: false, msg_code: 1008 } },
      { result: { msg_code: "1008" } },
    ]) {
      assert.deepEqual(readWorkCard(content, "5"), { kind: "missing" }, JSON.stringify(content));
    }
    for (const content of [
      {},
      { result: null },
      { result: { success: true } },
      { result: { success: true, result_data: {} } },
      { result: { success: true, result_data: { total_count: 1 } } },
      { result: { success: true, result_data: { total_count: 0, data_list: "x" } } },
      { result: { success: false, msg_code: "1009" } },
      { result: { success: false, result_data: { data_list: [{ id: 5 }] } } },
      { result: { result_data: { data_list: [{ id: 5 }] } } },
      card([{ id: 6 }]),
      card([{ id: "05" }]),
      card(["5"]),
      card([{ id: 5 }, "x"]),
      card([{ id: 5 }, null]),
    ]) {
      assert.deepEqual(readWorkCard(content, "5"), { kind: "unreadable" }, JSON.stringify(content));
    }
  });
});

describe("the page of a task", () => {
  const page = (values: unknown, more: object = {}) => ({ result: { success: true, values, ...more } });
  const task = { id: 1898, outer_id: " A-1 ", status_code: 20, workcard_id_list: { number: [11, "12"] } };
  const found = { kind: "found", value: { status: "20", workCardIds: ["11", "12"] } };
  test("is found by the one name that was asked for", () => {
    assert.deepEqual(readFulfilTask(page([{ id: 1 }, task]), { fulfilTaskId: "1898" }), found);
    assert.deepEqual(readFulfilTask(page([{ outer_id: "A" }, task]), { outerId: "A-1" }), found);
    for (const asked of [{ fulfilTaskId: "1" }, { outerId: "1898" }, { outerId: "A" }, { fulfilTaskId: "A-1" }]) {
      assert.deepEqual(readFulfilTask(page([task]), asked), { kind: "unreadable" });
    }
  });
  test("without it says that it is missing only where the list is empty", () => {
    for (const content of [page([]), page({}), page(undefined, { total_count: 0 })]) {
      assert.deepEqual(readFulfilTask(content, { outerId: "A-1" }), { kind: "missing" });
    }
    for (const content of [
      {},
      { result: [] },
      page(undefined),
      page("x"),
      page([task, "x"]),
      { result: { success: false, values: [task] } },
      { result: { values: [task] } },
      page([{ ...task, workcard_id_list: undefined }]),
      page([{ ...task, workcard_id_list: [] }]),
      page([{ ...task, workcard_id_list: {} }]),
      page([{ ...task, workcard_id_list: [11, 0] }]),
    ]) {
      assert.deepEqual(readFulfilTask(content, { outerId: "A-1" }), { kind: "unreadable" }, JSON.stringify(content));
    }
  });
});

describe("the workers on the cards of an order", () => {
  const wanted: GuideReference = { id: "7" };
  const byMobile: GuideReference = { mobile: "13245678901" };
  type Row = [workers: CardWorker[], guide: GuideReference, replaced: GuideReference | undefined, expected: object];
  const nobody = { kind: "nobody" };
  const undecidable = { kind: "undecidable" };
  const rows: Row[] = [
    [[], wanted, undefined, nobody],
    [[{}], wanted, undefined, nobody],
    [[{ id: "7" }], wanted, undefined, { kind: "wanted" }],
    [[{ id: "7" }, { id: "7" }], wanted, undefined, { kind: "wanted" }],
    [[{ id: "7" }, {}], wanted, undefined, nobody],
    [[{}, { id: "7" }], wanted, undefined, nobody],
    [[{ id: "8" }], wanted, undefined, { kind: "other", guide: { id: "8" } }],
    [[{ id: "8", name: "李", mobile: "139" }], wanted, undefined, { kind: "other", guide: { id: "8", name: "*" } }],
    [[{ id: "8" }], wanted, { id: "8" }, nobody],
    [[{ id: "8" }, { id: "7" }], wanted, { id: "8" }, nobody],
    [[{ id: "9" }], wanted, { id: "8" }, { kind: "other", guide: { id: "9" } }],
    [[{ id: "7" }], wanted, { id: "7" }, { kind: "wanted" }],
    [[{ name: "张" }], wanted, undefined, undecidable],
    [[{ mobile: "13900002222" }], wanted, undefined, undecidable],
    [[{ name: "张" }, { id: "7" }], wanted, undefined, undecidable],
    [[{ name: "张" }, {}], wanted, undefined, undecidable],
    [[{ name: "张" }, { id: "8" }], wanted, undefined, { kind: "other", guide: { id: "8" } }],
    // whether the replaced one is still there cannot be told from a card that hides what it is known by
    [[{ id: "8" }], wanted, byMobile, undecidable],
    [[{ id: "8", mobile: "13245678901" }], wanted, byMobile, nobody],
    [[{ mobile: "13245678901" }], wanted, byMobile, undecidable],
    [[{ mobile: "13245678901" }], byMobile, byMobile, { kind: "wanted" }],
    [[{ mobile: "13900002222" }], byMobile, undefined, { kind: "other", guide: { mobile: "13900002222" } }],
    [
      [{ mobile: "+86 139-0000-2222", name: "李" }],
      byMobile,
      undefined,
      { kind: "other", guide: { mobile: "13900002222", name: "*" } },
    ],
    [[{ mobile: "139****2222" }], byMobile, undefined, undecidable],
    [[{ id: "8", mobile: "139****2222" }], byMobile, undefined, { kind: "other", guide: { id: "8" } }],
    [[{ id: "8", mobile: "132****8901" }], byMobile, undefined, undecidable],
    [[{ id: "8" }], byMobile, undefined, undecidable],
    [[{ mobile: "unknown" }], byMobile, undefined, undecidable],
  ];
  for (const [workers, guide, replaced, expected] of rows) {
    const named = [workers, guide, ...(replaced ? [{ replaces: replaced }] : [])].map((part) => JSON.stringify(part));
    test(`${named.join(" for ")} is ${JSON.stringify(expected)}`, () =>
      assert.deepEqual(standingOf(workers, guide, replaced ? [replaced] : []), expected));
  }

  test("are nobody where each is one of several replaced ones, and open where that cannot be told of one", () => {
    const standing = (worker: CardWorker) => standingOf([worker], wanted, [{ id: "8" }, { id: "9" }]);
    assert.deepEqual([standing({ id: "8" }), standing({ id: "9" })], [nobody, nobody]);
    assert.deepEqual(standing({ id: "10" }), { kind: "other", guide: { id: "10" } });
    const eitherWay = [byMobile, { id: "8" }];
    assert.deepEqual(standingOf([{ id: "8" }], wanted, eitherWay), nobody);
    assert.deepEqual(standingOf([{ id: "9" }], wanted, eitherWay), undecidable);
  });

  const same = (onCard: string, mobile: string) => standingOf([{ mobile: onCard }], { mobile }, []).kind;
  test("have one mobile however its country code and its digits are set apart", () => {
    for (const spelled of [
      "13245678901",
      "+8613245678901",
      "8613245678901",
      "008613245678901",
      "+86 (132) 4567-8901",
    ]) {
      assert.equal(same(spelled, "13245678901"), "wanted", spelled);
      assert.equal(same("13245678901", spelled), "wanted", spelled);
    }
    for (const other of [
      "23245678901",
      "+85213245678901",
      "0013245678901",
      "132456789011",
      "8623245678901",
      "868613245678901",
    ]) {
      assert.equal(same(other, "13245678901"), "other", other);
    }
    assert.equal(same("+8523245678901", "+8523245678901"), "wanted");
    // the country code is one only at the front, and only before eleven digits
    assert.equal(same("998613245678901", "9913245678901"), "other");
    assert.equal(same("8613245678901234", "13245678901234"), "other");
  });
  test("are another's where the mask shows a digit at either end that theirs has not", () => {
    const judge = (mask: string) => standingOf([{ id: "8", mobile: mask }], byMobile, []).kind;
    for (const mask of ["132****8901", "****8901", "132****", "1*1", "*", "+132****8901", "132 **** 8901"]) {
      assert.equal(judge(mask), "undecidable", mask);
    }
    for (const mask of ["133****8901", "132****8902", "132****8801", "112****8901", "*2", "2*", "1 33 **** 8901"])
      assert.equal(judge(mask), "other", mask);
  });
  test("are not taken for another's where the mask leaves the country code in front", () => {
    const judge = (mask: string) => standingOf([{ id: "8", mobile: mask }], byMobile, []).kind;
    for (const mask of ["+86132****8901", "+86 132 **** 8901", "0086132****8901", "86****8901", "0086****", "8*"]) {
      assert.equal(judge(mask), "undecidable", mask);
    }
    for (const mask of ["+86133****8901", "0086133****8901", "+852132****8901", "86132****8902"])
      assert.equal(judge(mask), "other", mask);
  });
});
