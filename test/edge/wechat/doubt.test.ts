/** A refusal ends an assignment only where no earlier send can have made it: else its order is given to another guide. */
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { fail, ok } from "../../../edge/problem.ts";
import {
  type Answerer,
  attempt,
  channelOf,
  clock,
  epoch,
  errorAnswer,
  intent,
  noGuides,
  platform,
  registration,
  rsaPair,
  signedAnswer,
  spki,
  TestRuntime,
  unsignedAnswer,
} from "./support.ts";

beforeEach(() => {
  clock.now = epoch;
});

const lost: Answerer = () => Promise.reject(new Error("Network connection lost."));
const uncertain = () => ({ ...attempt(), uncertain: true });
const html = "<html><h1>403 Forbidden</h1></html>";
const json = (code: string, message = "x") => JSON.stringify({ code, message });

/** Each as it comes to a send that is certainly the first, behind a host that was lost, and behind an earlier attempt. */
async function worthOf(answer: Answerer) {
  const kindOf = async (runtime: TestRuntime, options: ReturnType<typeof attempt>) => {
    const verdict = await (await channelOf(runtime)).assign(intent, options);
    return verdict.kind;
  };
  return {
    first: await kindOf(new TestRuntime(answer), attempt()),
    behindLostHost: await kindOf(new TestRuntime(lost, answer), attempt()),
    behindDoubt: await kindOf(new TestRuntime(answer), uncertain()),
  };
}

const always = (kind: string) => ({ first: kind, behindLostHost: kind, behindDoubt: kind });
const onlyAtFirst = (kind: string) => ({ first: kind, behindLostHost: "unknown", behindDoubt: "unknown" });

describe("a stranger's page", () => {
  for (const status of [400, 403, 404, 405, 407, 413, 451]) {
    it(`under HTTP ${status} never refuses an assignment`, async () => {
      assert.deepEqual(await worthOf(() => unsignedAnswer(status, html)), always("unknown"));
      assert.deepEqual(await worthOf(() => unsignedAnswer(status, "")), always("unknown"));
    });
  }
  it("under HTTP 401 is not the platform's refusal of a signature", async () => {
    assert.deepEqual(await worthOf(() => unsignedAnswer(401, html)), always("unknown"));
  });
  for (const body of [
    { code: 403, message: "Forbidden" },
    { code: "403", message: "Forbidden" },
    { code: "AccessDenied", message: "Forbidden" },
    { code: "FORBIDDEN" },
    { error: "forbidden" },
  ]) {
    it(`is one in JSON, too, in another form than the platform's: ${JSON.stringify(body)}`, async () => {
      for (const status of [401, 403]) {
        assert.deepEqual(await worthOf(() => unsignedAnswer(status, JSON.stringify(body))), always("unknown"));
      }
    });
  }
  it("leaves a registration in doubt, which is looked up before it is sent again", async () => {
    const runtime = new TestRuntime(noGuides, () => unsignedAnswer(403, html));
    const registered = await (await channelOf(runtime)).guides?.register(registration);
    assert.ok(registered && !registered.ok && registered.failure.code === "upstream_unverified");
    assert.deepEqual([...new Set(runtime.requests.map(({ method }) => method))], ["GET", "POST"]);
    assert.equal(runtime.requests.at(-1)?.method, "GET");
    assert.equal(runtime.requests.filter(({ method }) => method === "POST").length, 1);
  });
  it("ends a query at once: nothing can have changed", async () => {
    const runtime = new TestRuntime(() => unsignedAnswer(403, html));
    const { guides } = await channelOf(runtime);
    const page = await guides?.list({ storeId: "1", limit: 10, offset: 0, subMchid: "1900000109" });
    assert.ok(page && !page.ok && page.failure.code === "upstream_unverified");
    assert.equal(runtime.requests.length, 1);
  });
});

describe("an unsigned refusal in the platform's form ends a first send alone", () => {
  for (const [status, code] of [
    [400, "PARAM_ERROR"],
    [403, "NO_AUTH"],
    [404, "RESOURCE_NOT_EXISTS"],
    [401, "SIGN_ERROR"],
  ] as const) {
    it(`${status} ${code}`, async () => {
      const answer = () => unsignedAnswer(status, json(code, "商户订单号格式错误"));
      assert.deepEqual(await worthOf(answer), onlyAtFirst("rejected"));
    });
  }
});

describe("a signed refusal behind a doubtful send", () => {
  for (const message of [
    "必填参数为空",
    "服务人员ID为空",
    "服务人员ID格式错误",
    "商户订单号格式错误",
    "商户订单号过长",
    "输入源“/body/out_trade_no”映射到值字段“商户订单号”字符串规则校验失败，字节数 33，大于最大值 32",
    "无法将输入源“/uri_template/guide_id”映射到目标字段“服务人员ID”中，此字段需要一个合法的值",
  ]) {
    it(`stands when it is about the parameters alone: ${message}`, async () => {
      assert.deepEqual(await worthOf(() => errorAnswer(400, "PARAM_ERROR", message)), always("rejected"));
    });
  }

  for (const [status, code, message] of [
    [400, "PARAM_ERROR", "订单已分配服务人员"],
    [400, "PARAM_ERROR", "商户订单号已分配服务人员"],
    [400, "PARAM_ERROR", "订单已支付"],
    [400, "PARAM_ERROR", "服务人员已离职"],
    [400, "ORDER_CLOSED", "订单已关闭"],
    [404, "RESOURCE_NOT_EXISTS", "服务人员不存在"],
    [404, "ORDER_NOT_EXIST", "订单不存在"],
    [403, "NO_AUTH", "商户暂无权限使用此功能"],
    [403, "RULE_LIMIT", "业务规则限制"],
    [400, "MCH_NOT_EXISTS", "商户号格式错误"],
    [400, "INVALID_REQUEST", "HTTP请求不符合APIv3接口规则"],
    [409, "SOMETHING_NEW", "格式错误"],
    [401, "SIGN_ERROR", "商户证书已作废"],
  ] as const) {
    it(`leaves it open when it may be about the moment: ${status} ${code} ${message}`, async () => {
      assert.deepEqual(await worthOf(() => errorAnswer(status, code, message)), onlyAtFirst("rejected"));
    });
  }

  it("tells operators the platform's code all the same", async () => {
    const runtime = new TestRuntime(() => errorAnswer(400, "ORDER_CLOSED", "订单已关闭"));
    const verdict = await (await channelOf(runtime)).assign(intent, uncertain());
    assert.ok(verdict.kind === "unknown");
    assert.deepEqual([verdict.failure.upstream?.code, verdict.failure.reason], ["ORDER_CLOSED", "order_closed"]);
    assert.equal(runtime.logs[0]?.fields.outcome, "unknown");
  });

  it("does not undo it by a rate limit either", async () => {
    assert.deepEqual(await worthOf(() => errorAnswer(429, "RATE_LIMITED", "频率超限")), onlyAtFirst("unsent"));
  });

  it("and a success ends the doubt", async () => {
    assert.deepEqual(await worthOf(() => signedAnswer(204, "")), always("assigned"));
  });
});

describe("what stops an attempt before it is sent says nothing about an earlier send", () => {
  it("an intent that today's rules refuse", async () => {
    const runtime = new TestRuntime(lost);
    const channel = await channelOf(runtime, { mode: "direct" });
    assert.equal((await channel.assign(intent, attempt())).kind, "rejected");
    assert.equal((await channel.assign(intent, uncertain())).kind, "unknown");
    assert.equal(runtime.requests.length, 0);
  });
  it("a platform key that is missing", async () => {
    const nothing = { current: async () => ok([]), refreshed: async () => ok([]) };
    const channel = await channelOf(new TestRuntime(lost), { publicKeys: {} }, nothing);
    assert.equal((await channel.assign(intent, attempt())).kind, "rejected");
    assert.equal((await channel.assign(intent, uncertain())).kind, "unknown");
  });
  it("a download of certificates that may succeed later ends no assignment; one that the operator must mend does", async () => {
    const rows = [
      ["upstream_unavailable", "unsent"],
      ["upstream_unverified", "unsent"],
      ["rate_limited", "unsent"],
      ["internal_error", "unsent"],
      ["upstream_unauthorized", "rejected"],
      ["misconfigured", "rejected"],
    ] as const;
    for (const [code, kind] of rows) {
      const answer = async () => fail(code, "as the store tells it");
      const channel = await channelOf(
        new TestRuntime(lost),
        { publicKeys: {} },
        { current: answer, refreshed: answer },
      );
      assert.equal((await channel.assign(intent, attempt())).kind, kind, code);
      assert.equal((await channel.assign(intent, uncertain())).kind, "unknown", code);
    }
  });
  it("a deadline that has passed", async () => {
    const channel = await channelOf(new TestRuntime(lost));
    assert.equal((await channel.assign(intent, { uncertain: false, deadline: clock.now })).kind, "unsent");
    assert.equal((await channel.assign(intent, { uncertain: true, deadline: clock.now })).kind, "unknown");
  });
});

describe("the one repeat under the successor of a certificate", () => {
  const successorPair = rsaPair();
  const held = (serialNo: string, publicKeyPem: string, years: number) => {
    return { serialNo, publicKeyPem, notBefore: epoch - 1, notAfter: epoch + years * 31_536_000_000 };
  };
  const old = held("5DEA10EF55877E3CF6C33255C2E7DEFFF7E427EC", spki(platform.publicKey), 1);
  const successor = held("6DEA10EF55877E3CF6C33255C2E7DEFFF7E427EC", spki(successorPair.publicKey), 2);
  const source = { current: async () => ok([old]), refreshed: async () => ok([old, successor]) };
  const signed = { serial: old.serialNo };
  const gone: Answerer = () => errorAnswer(400, "PARAM_ERROR", "平台证书序列号Wechatpay-Serial错误", undefined, signed);

  const rows: [name: string, last: Answerer, first: string, behindLostHost: string][] = [
    ["a refusal", () => errorAnswer(403, "NO_AUTH", "x", undefined, signed), "rejected", "unknown"],
    ["a rate limit", () => errorAnswer(429, "RATE_LIMITED", "x", undefined, signed), "unsent", "unknown"],
    ["a success", () => signedAnswer(204, "", signed), "assigned", "assigned"],
  ];
  for (const [name, last, first, behindLostHost] of rows) {
    it(`keeps the doubt that the send before it left: ${name}`, async () => {
      const settings = { publicKeys: {} };
      const certain = new TestRuntime(gone, last);
      assert.equal((await (await channelOf(certain, settings, source)).assign(intent, attempt())).kind, first);
      const doubtful = new TestRuntime(lost, gone, last);
      const verdict = await (await channelOf(doubtful, settings, source)).assign(intent, attempt());
      assert.equal(verdict.kind, behindLostHost);
      assert.equal(doubtful.requests[2]?.headers.get("Wechatpay-Serial"), successor.serialNo);
    });
  }
});
