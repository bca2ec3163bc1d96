/** What a definite refusal means, decided by operation, status and code; the message only refines. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Operation, refusalOf } from "../../../edge/channels/wechat/refusals.ts";

const operations: readonly Operation[] = ["assign", "register", "query", "update", "certificates"];
const meaning = (operation: Operation, status: number, error: Parameters<typeof refusalOf>[2]) => {
  const { code, field, reason } = refusalOf(operation, status, error);
  return [code, field, reason].filter((part) => part !== undefined).join(" ");
};

describe("a parameter that is named", () => {
  const rows: [parameter: string, field: string, reason: string][] = [
    ["out_trade_no", "order", "order_invalid"],
    ["corpid", "corpId", "parameter_invalid"],
    ["store_id", "storeId", "store_invalid"],
    ["userid", "userId", "parameter_invalid"],
    ["work_id", "workId", "parameter_invalid"],
    ["name", "name", "name_invalid"],
    ["mobile", "mobile", "mobile_invalid"],
    ["qr_code", "qrCode", "qr_code_invalid"],
    ["avatar", "avatar", "avatar_invalid"],
    ["group_qrcode", "groupQrCode", "group_qr_code_invalid"],
    ["limit", "limit", "parameter_invalid"],
    ["offset", "offset", "parameter_invalid"],
  ];
  for (const [parameter, field, reason] of rows) {
    test(`${parameter} is ${field} to the caller`, () => {
      assert.equal(
        meaning("register", 400, { code: "PARAM_ERROR", parameter }),
        `upstream_rejected ${field} ${reason}`,
      );
    });
  }
  test("guide_id is what each operation calls it", () => {
    const error = { code: "PARAM_ERROR", parameter: "guide_id" };
    assert.equal(meaning("assign", 400, error), "upstream_rejected guide.id guide_invalid");
    assert.equal(meaning("update", 400, error), "upstream_rejected id guide_invalid");
    assert.equal(meaning("assign", 404, error), "upstream_rejected guide.id guide_not_found");
  });
  test("by detail counts more than what the message names", () => {
    const error = { code: "PARAM_ERROR", parameter: "mobile", message: "门店不合法" };
    assert.equal(meaning("register", 400, error), "upstream_rejected mobile mobile_invalid");
  });
  test("is none of ours under any other name, and under those of Object's own members", () => {
    for (const parameter of ["x", "constructor", "toString", "__proto__"]) {
      assert.equal(meaning("assign", 400, { code: "PARAM_ERROR", parameter }), "upstream_rejected parameter_invalid");
      assert.equal(meaning("assign", 400, { code: "OTHER", parameter }), "upstream_rejected");
    }
  });
  test("too long is told of a name alone", () => {
    for (const message of ["长度过长", "字节数 600，大于最大值 512"]) {
      assert.equal(meaning("update", 400, { message, parameter: "name" }), "upstream_rejected name name_too_long");
      assert.equal(meaning("update", 400, { message, parameter: "mobile" }), "upstream_rejected mobile mobile_invalid");
    }
  });
  test("in a sentence about stores is the store", () => {
    assert.equal(meaning("register", 400, { message: "门店ID不合法" }), "upstream_rejected storeId store_invalid");
  });
});

describe("a guide that does not exist", () => {
  const error = { code: "RESOURCE_NOT_EXISTS", message: "业务错误" };
  test("is what 404 means where the path names one, and nowhere else", () => {
    assert.equal(meaning("assign", 404, error), "upstream_rejected guide.id guide_not_found");
    assert.equal(meaning("update", 404, error), "upstream_rejected id guide_not_found");
    for (const operation of ["register", "query"] as const) {
      assert.equal(meaning(operation, 404, error), "upstream_rejected");
    }
    assert.equal(meaning("assign", 400, error), "upstream_rejected");
    assert.equal(meaning("assign", 404, { code: "NOT_FOUND" }), "upstream_rejected");
  });
});

describe("an order", () => {
  test("is to blame by the code alone, whatever the operation or the status", () => {
    for (const status of [400, 403, 404]) {
      assert.equal(meaning("assign", status, { code: "ORDER_NOT_EXIST" }), "upstream_rejected order order_not_found");
      assert.equal(meaning("assign", status, { code: "ORDER_CLOSED" }), "upstream_rejected order order_closed");
    }
  });
});

describe("the merchant's own credentials", () => {
  test("are to blame under 401 without any code, and under SIGN_ERROR with any status", () => {
    for (const operation of operations) {
      assert.equal(meaning(operation, 401, {}), "upstream_unauthorized signature_refused");
      assert.equal(meaning(operation, 400, { code: "SIGN_ERROR" }), "upstream_unauthorized signature_refused");
      assert.equal(meaning(operation, 404, { code: "SIGN_ERROR" }), "upstream_unauthorized signature_refused");
    }
    assert.equal(meaning("assign", 403, { message: "时间戳" }), "upstream_rejected");
    assert.equal(meaning("assign", 401, { message: "时间戳" }), "upstream_unauthorized clock_skew");
    assert.equal(meaning("assign", 401, { message: "TIMESTAMP" }), "upstream_unauthorized clock_skew");
  });
  test("are to blame for a list of certificates that is not there, and only for that", () => {
    assert.equal(meaning("certificates", 404, {}), "upstream_unauthorized platform_key_missing");
    assert.equal(meaning("certificates", 400, {}), "upstream_rejected");
    assert.equal(meaning("query", 404, {}), "upstream_rejected");
  });
  test("stand before the sub-merchant, the sub-merchant before the order", () => {
    const message = "平台证书序列号Wechatpay-Serial错误，子商户号格式错误，商户订单号格式错误";
    assert.equal(meaning("assign", 400, { message }), "upstream_unauthorized platform_key_mismatch");
    assert.equal(
      meaning("assign", 400, { message: "子商户号格式错误，商户订单号格式错误" }),
      "upstream_unauthorized sub_merchant_invalid",
    );
  });
});

describe("a sub-merchant", () => {
  test("is to blame by the parameter's name, or by any of its names in the message", () => {
    const expected = "upstream_unauthorized sub_merchant_invalid";
    assert.equal(meaning("assign", 400, { code: "PARAM_ERROR", parameter: "sub_mchid" }), expected);
    for (const message of ["子商户", "二级商户", "受理机构", "受理关系", "sub_mch", "SUB_MCHID"]) {
      assert.equal(meaning("assign", 400, { code: "MCH_NOT_EXISTS", message }), expected);
    }
    assert.equal(meaning("assign", 400, { code: "MCH_NOT_EXISTS" }), "upstream_unauthorized merchant_unknown");
  });
});

test("a refusal that blames nothing of ours tells the platform's code, else the status", () => {
  assert.match(refusalOf("assign", 403, { code: "RULE_LIMIT" }).detail, /RULE_LIMIT/);
  assert.match(refusalOf("assign", 409, {}).detail, /HTTP 409/);
  assert.match(refusalOf("assign", 400, { parameter: "out_trade_no" }).detail, /\border\b/);
});
