/** The stand-in for WeChat Pay refuses what the documents forbid: who signs, how it is sent, what stands in it. */
import assert from "node:assert/strict";
import { createSign } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { RawAnswer } from "./raw-http.ts";
import { type RunningSandbox, startSandbox } from "./sandbox-harness.ts";
import { encrypt, jsonOf, strangersKey, verifiedBy, WechatCaller } from "./wechat-caller.ts";

let sandbox: RunningSandbox;
let direct: WechatCaller;
let partner: WechatCaller;
before(async () => {
  sandbox = await startSandbox();
  direct = new WechatCaller(sandbox.origin, JSON.parse(sandbox.environment.edge.MERCHANT_DIRECT ?? "").wechat);
  partner = new WechatCaller(sandbox.origin, JSON.parse(sandbox.environment.edge.MERCHANT_DEMO ?? "").wechat);
});
after(() => sandbox.close());

const guide = "01008370080000000001";
const target = `/v3/smartguide/guides/${guide}/assign`;
const assign = { method: "POST", target, body: { out_trade_no: "CHECK-1" } };
const keysOf = (caller: WechatCaller) => caller.account.publicKeys ?? {};
const firstKey = (caller: WechatCaller) => Object.entries(keysOf(caller))[0] ?? ["", ""];

function assertUnauthorized(answer: RawAnswer, message: RegExp): void {
  assert.equal(answer.status, 401);
  assert.equal(answer.headers["wechatpay-signature"], undefined);
  const body = jsonOf(answer);
  assert.equal(body.code, "SIGN_ERROR");
  assert.match(String(body.message), message);
}

function assertRefused(caller: WechatCaller, answer: RawAnswer, status: number, code: string, message: RegExp): void {
  const body = jsonOf(answer);
  assert.deepEqual({ status: answer.status, code: body.code }, { status, code });
  assert.match(String(body.message), message);
  assert.ok(verifiedBy(answer, keysOf(caller)), "a refusal after a good request signature is signed");
  assert.match(answer.headers["request-id"] ?? "", /^[0-9A-F]+-[1-9][0-9]*$/);
}

describe("an unproven sender gets an unsigned 401 and is not served", () => {
  const cases: [string, Parameters<WechatCaller["call"]>[0], RegExp][] = [
    ["no Authorization", { ...assign, headers: { Authorization: null } }, /格式错误/],
    ["another scheme", { ...assign, authorization: (right) => right.replace("RSA2048", "RSA4096") }, /认证类型不正确/],
    ["a trailing comma", { ...assign, authorization: (right) => `${right},` }, /格式错误/],
    ["a repeated parameter", { ...assign, authorization: (right) => `${right},nonce_str="x"` }, /格式错误/],
    [
      "a missing parameter",
      { ...assign, authorization: (right) => right.replace(/,nonce_str="[^"]*"/, "") },
      /格式错误/,
    ],
    [
      "an unknown mchid",
      { ...assign, authorization: (right) => right.replace("1900000200", "1900000299") },
      /未申请过证书/,
    ],
    [
      "another merchant's serial",
      { ...assign, authorization: (right) => right.replace(/serial_no="./, 'serial_no="0') },
      /证书序列号有误/,
    ],
    ["a clock six minutes slow", { ...assign, timestamp: Math.floor(Date.now() / 1000) - 360 }, /不得超过5分钟/],
    ["a clock six minutes fast", { ...assign, timestamp: Math.floor(Date.now() / 1000) + 360 }, /不得超过5分钟/],
    [
      "a signature that is not base64",
      { ...assign, authorization: (right) => right.replace(/signature="...../, 'signature="%%%%%') },
      /错误的签名/,
    ],
    [
      "a signature of another query",
      { ...assign, target: `${target}?a=1`, authorization: signedElsewhere },
      /错误的签名/,
    ],
  ];
  for (const [name, call, message] of cases) {
    test(name, async () => assertUnauthorized(await direct.call(call), message));
  }

  /** Signs the target without its query. */
  function signedElsewhere(right: string): string {
    const value = (key: string) => new RegExp(`${key}="([^"]*)"`).exec(right)?.[1] ?? "";
    const message = `POST\n${target}\n${value("timestamp")}\n${value("nonce_str")}\n${JSON.stringify(assign.body)}\n`;
    const signature = createSign("RSA-SHA256").update(message).sign(direct.account.privateKey, "base64");
    return right.replace(/signature="[^"]*"/, `signature="${signature}"`);
  }

  test("a stranger's key under a merchant's serial", async () => {
    const impostor = new WechatCaller(sandbox.origin, { ...direct.account, privateKey: strangersKey.privateKey });
    const answer = await impostor.call(assign);
    assertUnauthorized(answer, /错误的签名/);
    const { sign_information } = jsonOf(answer).detail as { sign_information: Record<string, unknown> };
    assert.equal(sign_information.method, "POST");
    assert.equal(sign_information.url, target);
  });

  test("a nonce that was used before", async () => {
    const first = await direct.call({ ...assign, nonce: "onceonly" });
    assert.equal(first.status, 204);
    assertUnauthorized(await direct.call({ ...assign, nonce: "onceonly" }), /nonce_str/);
  });

  test("and the book shows no assignment for any of them", async () => {
    const { orders } = await sandbox.book("CHECK-1");
    assert.equal(orders[0]?.executions, 1, "only the nonce's first use was carried out");
  });
});

describe("a request that breaks the rules of APIv3 is refused", () => {
  test("without User-Agent", async () =>
    assertRefused(
      direct,
      await direct.call({ ...assign, headers: { "User-Agent": null } }),
      403,
      "INVALID_REQUEST",
      /User-Agent/,
    ));
  test("without an Accept of JSON", async () =>
    assertRefused(
      direct,
      await direct.call({ ...assign, headers: { Accept: "text/html" } }),
      400,
      "INVALID_REQUEST",
      /Accept/,
    ));
  test("with a body of another type", async () =>
    assertRefused(
      direct,
      await direct.call({ ...assign, headers: { "Content-Type": "text/plain" } }),
      400,
      "INVALID_REQUEST",
      /Content-Type/,
    ));
  test("with a Wechatpay-Serial of another merchant", async () =>
    assertRefused(
      direct,
      await direct.call({ ...assign, serial: firstKey(partner)[0] }),
      400,
      "PARAM_ERROR",
      /Wechatpay-Serial错误/,
    ));
  test("to an unknown path", async () =>
    assertRefused(
      direct,
      await direct.call({ ...assign, target: "/v3/smartguide/assign" }),
      404,
      "RESOURCE_NOT_EXISTS",
      /不存在/,
    ));
  test("with a guide id that climbs out of its segment", async () => {
    const answer = await direct.call({ ...assign, target: "/v3/smartguide/guides/%2e%2e/assign" });
    assert.notEqual(answer.status, 204);
  });

  const bodies: [string, string | Buffer, RegExp][] = [
    ["that is not JSON", "{", /JSON/],
    ["that is an array", "[]", /JSON对象/],
    ["that is not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), /UTF-8/],
    ["with a character of four bytes", '{"out_trade_no":"😀"}', /UTF-8/],
    ["with an undocumented field", '{"out_trade_no":"A","x":1}', /非法的额外参数/],
    ["with the guide id in it", `{"out_trade_no":"A","guide_id":"${guide}"}`, /uri_template\/guide_id/],
    [
      "without out_trade_no",
      "{}",
      /^输入源“\/body\/out_trade_no”映射到字段“商户订单号”必填性规则校验失败，此字段为必填项$/,
    ],
    ["with null", '{"out_trade_no":null}', /需要一个 string 类型的 Json 值/],
    ["with a number", '{"out_trade_no":1}', /^无法将 JSON 输入源“\/body\/out_trade_no”映射到目标字段/],
    ["with an empty order", '{"out_trade_no":""}', /必填项/],
    ["with an order of 33 bytes", `{"out_trade_no":"${"1".repeat(33)}"}`, /字节数 33，大于最大值 32/],
    ["with a dot in the order", '{"out_trade_no":"a.b"}', /必须匹配正则表达式/],
  ];
  for (const [name, rawBody, message] of bodies) {
    test(`with a body ${name}`, async () => {
      const answer = await direct.call({ method: "POST", target, rawBody });
      assert.equal(answer.status, 400);
      assert.match(String(jsonOf(answer).message), message);
      assert.ok(verifiedBy(answer, keysOf(direct)));
    });
  }
});

describe("a service provider names a sub-merchant that it acts for", () => {
  const cases: [string, unknown, number, string, string][] = [
    ["none", undefined, 400, "PARAM_ERROR", "268443704"],
    ["an empty one", "", 400, "PARAM_ERROR", "268435463"],
    ["itself", "1900000100", 400, "PARAM_ERROR", "268443705"],
    ["letters", "shop", 400, "MCH_NOT_EXISTS", "268443715"],
    ["a stranger", "1900009999", 403, "NO_AUTH", "268443701"],
  ];
  for (const [name, sub_mchid, status, code, internalCode] of cases) {
    test(`${name} is refused with ${status} ${code}`, async () => {
      const answer = await partner.call({ ...assign, body: { out_trade_no: "SUB-1", sub_mchid } });
      assertRefused(partner, answer, status, code, /./);
      assert.equal(answer.headers["request-id"]?.split("-").at(-1), internalCode);
    });
  }
});

describe("guides", () => {
  const path = "/v3/smartguide/guides";
  const sealed = (plain: string) => encrypt(plain, firstKey(direct)[1]);
  const person = () => ({
    corpid: "ww1",
    store_id: 9_007_199_254_740_991,
    userid: "u1",
    name: sealed("张三"),
    mobile: sealed("13812345678"),
    qr_code: "https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=1",
    avatar: "https://wx.qlogo.cn/mmhead/1/0",
  });
  const register = (change: Record<string, unknown>, key = firstKey(direct)[0]) =>
    direct.call({ method: "POST", target: path, body: { ...person(), ...change }, ...(key && { serial: key }) });

  test("a store id as text, a plain name, a name of 65 bytes and a foreign ciphertext are refused, naming what is wrong", async () => {
    const message = async (change: Record<string, unknown>, key?: string) =>
      String(jsonOf(await register(change, key)).message);
    assert.match(await message({ store_id: "1234" }), /\/body\/store_id.+64 位有符号整数/);
    assert.match(await message({ name: "张三" }), /请确认待处理的消息是否为加密后的密文/);
    assert.match(await message({ name: sealed("三".repeat(22)) }), /字节数 66，大于最大值 64/);
    assert.match(await message({ mobile: encrypt("13812345678", strangersKey.publicKey) }), /平台私钥解密失败/);
    assert.match(await message({ avatar: "avatar.png" }), /头像URL不是合法链接/);
    assert.match(await message({}, ""), /缺少平台证书序列号/);
  });

  test("an update names the platform key even where it encrypts nothing", async () => {
    const body = { avatar: "https://wework.qpic.cn/avatar/2" };
    const update = (more: object) => direct.call({ method: "PATCH", target: `${path}/${guide}`, body, ...more });
    assert.equal((await update({ serial: firstKey(direct)[0] })).status, 204);
    assertRefused(direct, await update({}), 400, "PARAM_ERROR", /缺少平台证书序列号/);
  });

  test("an update without any field, or of a personal guide's code, is refused", async () => {
    const update = (id: string, body: unknown) =>
      direct.call({ method: "PATCH", target: `${path}/${id}`, body, serial: firstKey(direct)[0] });
    assertRefused(direct, await update(guide, {}), 400, "PARAM_ERROR", /所有可更新的参数都没有填/);
    const personal = await update("01008370080000000011", { qr_code: "https://open.work.weixin.qq.com/x" });
    assertRefused(direct, personal, 400, "PARAM_ERROR", /个人微信商家不能改二维码/);
  });

  test("a page holds at most ten guides, encrypted for the merchant, and the header is required", async () => {
    const query = (search: string, key?: string) =>
      direct.call({ method: "GET", target: `${path}?${search}`, ...(key && { serial: key }) });
    assertRefused(direct, await query("store_id=1234"), 400, "PARAM_ERROR", /缺少平台证书序列号/);
    const key = firstKey(direct)[0];
    assertRefused(
      direct,
      await query("store_id=1234&limit=11", key),
      400,
      "PARAM_ERROR",
      /query\/limit.+高于最大值 10/,
    );
    assertRefused(direct, await query("", key), 400, "PARAM_ERROR", /query\/store_id/);
    const page = jsonOf(await query("store_id=1234&limit=10&offset=10", key));
    assert.deepEqual([page.total_count, page.limit, page.offset], [12, 10, 10]);
    const rows = page.data as Record<string, string>[];
    assert.deepEqual(
      rows.map((row) => direct.decrypt(row.name ?? "")),
      ["古丽娜尔", "何俊"],
    );
    assert.equal(rows[1]?.work_id, "1012");
    assert.equal(rows[1]?.userid, undefined);
  });

  test("a mobile is found when percent-encoded, and not when its base64 stands raw in the query", async () => {
    const key = firstKey(direct)[0];
    let mobile = sealed("13800138003");
    while (!mobile.includes("+")) mobile = sealed("13800138003");
    const find = (value: string) =>
      direct.call({ method: "GET", target: `${path}?store_id=1234&mobile=${value}`, serial: key });
    assert.equal(jsonOf(await find(encodeURIComponent(mobile))).total_count, 1);
    assert.equal((await find(mobile)).status, 400);
  });

  test("the self-test call gives back what it was sent, encrypted for the merchant", async () => {
    const answer = await direct.call({
      method: "POST",
      target: "/v3/security/echo",
      body: { echo_message: "你好", encrypted_echo_message: sealed("秘密") },
      serial: firstKey(direct)[0],
    });
    const body = jsonOf(answer);
    assert.equal(body.echo_message, "你好");
    assert.equal(direct.decrypt(String(body.encrypted_echo_message)), "秘密");
  });
});
