/** Every documented error row, as the platform words it, ends as one code, field and reason. */
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { nextAttemptAt } from "../../../edge/ledger/schedule.ts";
import {
  type Answerer,
  attempt,
  channelOf,
  clock,
  epoch,
  errorAnswer,
  intent,
  signedAnswer,
  subMchid,
  TestRuntime,
  unsignedAnswer,
} from "./support.ts";

beforeEach(() => {
  clock.now = epoch;
});

async function failureOfAssign(answer: Answerer) {
  const runtime = new TestRuntime(answer);
  const verdict = await (await channelOf(runtime)).assign(intent, attempt());
  assert.ok("failure" in verdict, `expected a failure, got ${verdict.kind}`);
  return { ...verdict, runtime };
}

async function failureOfUpdate(answer: Answerer) {
  const runtime = new TestRuntime(answer);
  const result = await (await channelOf(runtime)).guides?.update("guide1", { avatar: "https://a.example/1", subMchid });
  assert.ok(result && !result.ok);
  return { failure: result.failure, runtime };
}

type Row = [message: string, field: string | undefined, reason: string | undefined];

describe("400 PARAM_ERROR on assign", () => {
  const rows: Row[] = [
    ["必填参数为空", undefined, "parameter_invalid"],
    ["服务人员ID为空", "guide.id", "guide_invalid"],
    ["服务人员ID格式错误", "guide.id", "guide_invalid"],
    ["商户订单号为空", "order", "order_invalid"],
    ["商户订单号格式错误", "order", "order_invalid"],
    ["商户订单号过长", "order", "order_invalid"],
    ["服务人员不存在", "guide.id", "guide_not_found"],
    ["服务人员ID不存在", "guide.id", "guide_not_found"],
    ["订单不存在", "order", "order_not_found"],
    ["订单已关闭", "order", "order_closed"],
    ["输入源“/body/out_trade_no”映射到字段“商户订单号”必填性规则校验失败，此字段为必填项", "order", "order_invalid"],
    [
      "输入源“/body/out_trade_no”映射到值字段“商户订单号”字符串规则校验失败，字节数 33，大于最大值 32",
      "order",
      "order_invalid",
    ],
    [
      "无法将输入源“/uri_template/guide_id”映射到目标字段“服务人员ID ”中，此字段需要一个合法的值",
      "guide.id",
      "guide_invalid",
    ],
    ["某个没有见过的说法", undefined, "parameter_invalid"],
  ];
  for (const [message, field, reason] of rows) {
    it(message, async () => {
      const { kind, failure } = await failureOfAssign(() => errorAnswer(400, "PARAM_ERROR", message));
      assert.equal(kind, "rejected");
      assert.deepEqual([failure.code, failure.field, failure.reason], ["upstream_rejected", field, reason]);
      assert.deepEqual(failure.upstream, { code: "PARAM_ERROR", message, requestId: "08E6F1CF0510A2-0" });
    });
  }
});

describe("400 PARAM_ERROR on update", () => {
  const rows: Row[] = [
    ["必填参数为空", undefined, "parameter_invalid"],
    ["请填写服务人员ID", "id", "guide_invalid"],
    ["服务人员ID格式错误", "id", "guide_invalid"],
    ["员工姓名格式错误", "name", "name_invalid"],
    ["员工姓名过长", "name", "name_too_long"],
    ["手机号码格式错误", "mobile", "mobile_invalid"],
    ["二维码串格式错误", "qrCode", "qr_code_invalid"],
    ["头像URL不是合法链接", "avatar", "avatar_invalid"],
    ["非企业微信提供的头像URL", "avatar", "avatar_not_wecom"],
    ["个人微信商家不能改二维码", "qrCode", "qr_code_not_allowed"],
    ["所有可更新的参数都没有填", undefined, "nothing_to_update"],
    ["群二维码URL格式错误", "groupQrCode", "group_qr_code_invalid"],
    ["输入源“/body/name”映射到值字段“姓名”字符串规则校验失败，字节数 600，大于最大值 512", "name", "name_too_long"],
  ];
  for (const [message, field, reason] of rows) {
    it(message, async () => {
      const { failure, runtime } = await failureOfUpdate(() => errorAnswer(400, "PARAM_ERROR", message));
      assert.deepEqual([failure.code, failure.field, failure.reason], ["upstream_rejected", field, reason]);
      assert.equal(runtime.requests.length, 1, "a definite no is not repeated");
    });
  }
});

describe("the pointer of detail.field", () => {
  const rows: [field: string, ours: string | undefined][] = [
    ["/body/out_trade_no", "order"],
    ["/out_trade_no", "order"],
    ["out_trade_no", "order"],
    ["/body/constructor", undefined],
    ["__proto__", undefined],
    ["/body/<script>", undefined],
    ["", undefined],
  ];
  for (const [field, ours] of rows) {
    it(`${JSON.stringify(field)} names ${ours}`, async () => {
      const detail = { field, issue: "x", location: "body", value: "" };
      const { failure } = await failureOfAssign(() => errorAnswer(400, "PARAM_ERROR", "参数错误", detail));
      assert.equal(failure.field, ours);
    });
  }
});

describe("what only the operator can set right", () => {
  const rows: [status: number, code: string, message: string, reason: string][] = [
    [400, "MCH_NOT_EXISTS", "商户号格式错误", "merchant_unknown"],
    [400, "MCH_NOT_EXISTS", "子商户号格式错误", "sub_merchant_invalid"],
    [
      400,
      "PARAM_ERROR",
      "输入源“/body/sub_mchid”映射到字段“子商户号/二级商户号”必填性规则校验失败，此字段为必填项",
      "sub_merchant_invalid",
    ],
    [400, "PARAM_ERROR", "受理关系不存在", "sub_merchant_invalid"],
    [403, "NO_AUTH", "商户暂无权限使用此功能", "product_not_opened"],
    [400, "PARAM_ERROR", "平台证书序列号Wechatpay-Serial错误", "platform_key_mismatch"],
    [400, "PARAM_ERROR", "缺少平台证书序列号", "platform_key_missing"],
    [400, "PARAM_ERROR", "请确认待处理的消息是否为加密后的密文", "platform_key_mismatch"],
    [400, "PARAM_ERROR", "平台私钥解密失败", "platform_key_mismatch"],
    [401, "SIGN_ERROR", "错误的签名，验签失败", "signature_refused"],
    [401, "SIGN_ERROR", "商户证书序列号有误", "signature_refused"],
    [401, "SIGN_ERROR", "商户证书已过期", "signature_refused"],
    [401, "SIGN_ERROR", "商户证书已作废", "signature_refused"],
    [401, "SIGN_ERROR", "商户未申请过证书", "signature_refused"],
    [401, "SIGN_ERROR", "商户未设置APIv3密钥", "signature_refused"],
    [401, "SIGN_ERROR", "Authorization格式错误", "signature_refused"],
    [401, "SIGN_ERROR", "Http头Authorization认证类型不正确", "signature_refused"],
    [401, "SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟", "clock_skew"],
  ];
  for (const [status, code, message, reason] of rows) {
    it(`${status} ${message}`, async () => {
      const { kind, failure } = await failureOfAssign(() => errorAnswer(status, code, message));
      assert.equal(kind, "rejected");
      assert.deepEqual([failure.code, failure.reason], ["upstream_unauthorized", reason]);
      assert.ok(failure.detail.length > 20);
    });
  }

  it("an unsigned 401 is acted on at once", async () => {
    const body = JSON.stringify({ code: "SIGN_ERROR", message: "错误的签名，验签失败" });
    const { kind, failure } = await failureOfAssign(() => unsignedAnswer(401, body));
    assert.deepEqual([kind, failure.code, failure.reason], ["rejected", "upstream_unauthorized", "signature_refused"]);
  });

  it("nothing of sign_information leaves", async () => {
    const detail = {
      field: "signature",
      issue: "sign not match",
      location: "authorization",
      sign_information: {
        method: "POST",
        url: "/v3/x",
        truncated_sign_message: "POST\nSECRETLINE\n",
        sign_message_length: 99,
      },
    };
    for (const nested of [detail, { detail }]) {
      const { failure, runtime } = await failureOfAssign(() => errorAnswer(401, "SIGN_ERROR", "错误的签名", nested));
      assert.ok(!(JSON.stringify(failure) + runtime.written()).includes("SECRETLINE"));
    }
  });
});

describe("other definite refusals", () => {
  const rows: [status: number, code: string, field: string | undefined, reason: string | undefined][] = [
    [404, "RESOURCE_NOT_EXISTS", "guide.id", "guide_not_found"],
    [404, "ORDER_NOT_EXIST", "order", "order_not_found"],
    [400, "ORDER_CLOSED", "order", "order_closed"],
    [404, "NOT_FOUND", undefined, undefined],
    [403, "RULE_LIMIT", undefined, undefined],
    [400, "INVALID_REQUEST", undefined, "parameter_invalid"],
    [409, "SOMETHING_NEW", undefined, undefined],
  ];
  for (const [status, code, field, reason] of rows) {
    it(`${status} ${code}`, async () => {
      const { kind, failure } = await failureOfAssign(() => errorAnswer(status, code, "业务错误"));
      assert.equal(kind, "rejected");
      assert.deepEqual([failure.code, failure.field, failure.reason], ["upstream_rejected", field, reason]);
      assert.equal(failure.upstream?.code, code);
    });
  }

  it("the older envelope of return_code and return_msg keeps its words", async () => {
    const body = JSON.stringify({ return_code: "INVALID_REQUEST", return_msg: "mch punished" });
    const { failure } = await failureOfAssign(() => signedAnswer(400, body));
    assert.deepEqual([failure.upstream?.code, failure.upstream?.message], ["INVALID_REQUEST", "mch punished"]);
  });

  it("a signed 204 or 200 with an error inside is an error", async () => {
    const { kind, failure } = await failureOfAssign(() => errorAnswer(200, "PARAM_ERROR", "商户订单号格式错误"));
    assert.deepEqual([kind, failure.code, failure.field], ["rejected", "upstream_rejected", "order"]);
  });
});

describe("what passes by itself", () => {
  for (const message of ["系统错误", "扩展父子商户票据错误", "调用云函数错误"]) {
    it(`500 SYSTEM_ERROR ${message} leaves the outcome unknown`, async () => {
      const { kind, failure } = await failureOfAssign(() => errorAnswer(500, "SYSTEM_ERROR", message));
      assert.deepEqual([kind, failure.code, failure.reason], ["unknown", "upstream_unavailable", "platform_busy"]);
    });
  }
  for (const code of [
    "RATELIMIT_EXCEEDED",
    "RATE_LIMITED",
    "FREQUENCY_LIMITED",
    "FREQUENCY_LIMIT_EXCEED",
    "NEW_NAME",
  ]) {
    it(`429 ${code} was not executed`, async () => {
      const { kind, failure } = await failureOfAssign(() => errorAnswer(429, code, "频率超限"));
      assert.deepEqual([kind, failure.code, failure.reason], ["unsent", "rate_limited", "flow_control"]);
    });
  }
  it("a rate limit under another status is a rate limit", async () => {
    const { kind, failure } = await failureOfAssign(() => errorAnswer(403, "FREQUENCY_LIMITED", "频率超限"));
    assert.deepEqual([kind, failure.code], ["unsent", "rate_limited"]);
  });

  const gateway: [name: string, status: number, body: string | Uint8Array<ArrayBuffer>][] = [
    ["500 with HTML", 500, "<html><h1>500</h1></html>"],
    ["502 with HTML", 502, "<html><h1>502 Bad Gateway</h1></html>"],
    ["503 empty", 503, ""],
    ["504 empty", 504, ""],
    ["500 in GBK", 500, new Uint8Array([0xcf, 0xb5, 0xcd, 0xb3])],
  ];
  for (const [name, status, body] of gateway) {
    it(`unsigned ${name} leaves the outcome unknown`, async () => {
      const { kind, failure } = await failureOfAssign(() => unsignedAnswer(status, body));
      assert.deepEqual([kind, failure.code], ["unknown", "upstream_unavailable"]);
      assert.ok(!JSON.stringify(failure).includes("<"), "HTML never leaves");
    });
  }

  const retryAfter: [value: string, milliseconds: number | undefined][] = [
    ["2", 2_000],
    ["0", 0],
    [new Date(epoch + 5_000).toUTCString(), 5_000],
    [new Date(epoch - 5_000).toUTCString(), 0],
    ["-5", undefined],
    ["soon", undefined],
    ["1e9", undefined],
    ["999999999", 15 * 60_000],
  ];
  for (const [value, milliseconds] of retryAfter) {
    it(`Retry-After: ${value} means ${milliseconds} ms`, async () => {
      const headers = { "Retry-After": value };
      const verdict = await failureOfAssign(() => errorAnswer(429, "RATE_LIMITED", "频率超限", undefined, { headers }));
      assert.equal("retryAfterMs" in verdict ? verdict.retryAfterMs : undefined, milliseconds);
    });
  }
});

describe("an unsigned error proves nothing", () => {
  for (const status of [400, 403, 404, 409]) {
    it(`${status} ends the attempt, labelled, without its content as fact`, async () => {
      const body = JSON.stringify({ code: "PARAM_ERROR", message: "商户订单号格式错误" });
      const { kind, failure } = await failureOfAssign(() => unsignedAnswer(status, body));
      assert.deepEqual([kind, failure.code], ["rejected", "upstream_unverified"]);
      assert.deepEqual([failure.field, failure.reason], [undefined, undefined]);
      assert.equal(failure.upstream?.code, "PARAM_ERROR");
    });
  }
  it("429 is waited for, yet may hide an execution", async () => {
    const { kind, failure } = await failureOfAssign(() => unsignedAnswer(429, "", { "Retry-After": "3" }));
    assert.deepEqual([kind, failure.code, failure.retryAfterSeconds], ["unknown", "rate_limited", 3]);
  });
  for (const [status, body] of [
    [429, ""],
    [503, "<html>maintenance</html>"],
  ] as const) {
    it(`${status} with a Retry-After of an hour keeps an assignment waiting a minute, and does not end it`, async () => {
      const verdict = await failureOfAssign(() => unsignedAnswer(status, body, { "Retry-After": "3600" }));
      assert.ok(verdict.kind === "unknown" && verdict.retryAfterMs !== undefined);
      const { retryAfterMs } = verdict;
      assert.equal(nextAttemptAt({ createdAt: epoch, attempts: 1, retryAfterMs }, epoch, 0), epoch + 60_000);
    });
  }
  it("a redirect is not followed and proves nothing", async () => {
    for (const location of ["https://evil.example/", "http://169.254.169.254/latest/meta-data"]) {
      const { kind, failure, runtime } = await failureOfAssign(() => unsignedAnswer(302, null, { location }));
      assert.deepEqual([kind, failure.code], ["unknown", "upstream_unverified"]);
      assert.equal(runtime.requests.length, 1);
    }
  });
  it("an error with a wrong signature stays unknown", async () => {
    const { kind, failure } = await failureOfAssign(() =>
      errorAnswer(400, "PARAM_ERROR", "商户订单号格式错误", undefined, { signature: "WECHATPAY/SIGNTEST/x" }),
    );
    assert.deepEqual([kind, failure.code, failure.field], ["unknown", "upstream_unverified", undefined]);
  });
});

describe("the platform's words", () => {
  it("are cut between characters", async () => {
    const { failure } = await failureOfAssign(() => errorAnswer(400, "PARAM_ERROR", "𠮷".repeat(500)));
    assert.equal(failure.upstream?.message, "𠮷".repeat(200));
  });
  it("lose what they echo of the input, mobiles and control characters", async () => {
    const detail = { location: "body", value: "张三丰" };
    const message = "姓名张三丰\u0000与手机13800138000不符\u2028";
    const { failure } = await failureOfAssign(() => errorAnswer(400, "PARAM_ERROR", message, detail));
    assert.equal(failure.upstream?.message, "姓名… 与手机…不符");
  });
  it("are dropped when code or request id are not of their kind", async () => {
    const { failure } = await failureOfAssign(() =>
      errorAnswer(400, "<b>X</b>", "参数错误", undefined, { headers: { "Request-ID": "x".repeat(200) } }),
    );
    assert.deepEqual(failure.upstream, { message: "参数错误" });
  });
  it("the internal code behind the request id goes to the log, not to the answer", async () => {
    const headers = { "Request-ID": "08E6AABBCF05-268578704" };
    const { failure, runtime } = await failureOfAssign(() =>
      errorAnswer(400, "PARAM_ERROR", "参数错误", undefined, { headers }),
    );
    assert.equal(runtime.logs[0]?.fields.internalCode, "268578704");
    assert.equal(failure.upstream?.requestId, "08E6AABBCF05-268578704");
  });
});
