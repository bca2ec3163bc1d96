import assert from "node:assert/strict";
import { test } from "node:test";
import { readBusinessResult } from "../../../edge/channels/tmall/assign-worker.ts";

const okCodes = new Set(["0", "200", "SUCCESS"]);
const kindOf = (msg_code: unknown) => readBusinessResult({ result: { success: true, msg_code } }, okCodes).kind;

test("success with a msg_code that is no scalar is not a success: it cannot be told from a failing one", () => {
  for (const code of [{}, { code: "0" }, [], ["0"]]) assert.equal(kindOf(code), "contradictory", JSON.stringify(code));
});

test("success without a msg_code, or with one of a success, is one", () => {
  for (const code of [undefined, null, "", " ", "0", 0, 200, "SUCCESS"])
    assert.equal(kindOf(code), "success", String(code));
});
