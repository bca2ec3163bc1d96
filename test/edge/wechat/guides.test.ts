import assert from "node:assert/strict";
import { constants, privateDecrypt, publicEncrypt } from "node:crypto";
import { beforeEach, describe, it } from "node:test";
import type { GuideDirectory } from "../../../edge/channels/channel.ts";
import type { GuideRegistration } from "../../../shared/contract.ts";
import {
  type Answerer,
  assertSigned,
  channelOf,
  clock,
  epoch,
  errorAnswer,
  merchant,
  platform,
  publicKeyId,
  type SeenRequest,
  signedAnswer,
  stranger,
  subMchid,
  TestRuntime,
  unsignedAnswer,
} from "./support.ts";

const oaep = { oaepHash: "sha1", padding: constants.RSA_PKCS1_OAEP_PADDING };
const encryptFor = (key: typeof merchant.publicKey, text: string) =>
  publicEncrypt({ key, ...oaep }, Buffer.from(text)).toString("base64");
const open = (ciphertext: string) =>
  privateDecrypt({ key: platform.privateKey, ...oaep }, Buffer.from(ciphertext, "base64")).toString();
const bodyOf = (request: SeenRequest | undefined) => JSON.parse(request?.body.toString() ?? "null");

async function directory(runtime: TestRuntime, changes = {}): Promise<GuideDirectory> {
  const { guides } = await channelOf(runtime, changes);
  assert.ok(guides);
  return guides;
}

const row = (name: string, more: object = {}) => ({
  guide_id: "guide1",
  store_id: 1234,
  name: encryptFor(merchant.publicKey, name),
  mobile: encryptFor(merchant.publicKey, "13800138000"),
  userid: "robert",
  ...more,
});
const page = (...data: object[]) =>
  signedAnswer(200, JSON.stringify({ data, total_count: data.length, limit: 10, offset: 0 }));
const asked = { storeId: "1234", limit: 10, offset: 0, subMchid };
const registration: GuideRegistration & { subMchid: string } = {
  corpId: "ww1234567890",
  storeId: "9007199254740993",
  userId: "robert",
  name: "陈小萌",
  mobile: "13800138000",
  qrCode: "https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=xxx",
  avatar: "https://wx.qlogo.cn/mmopen/x/0",
  subMchid,
};

beforeEach(() => {
  clock.now = epoch;
});

describe("query", () => {
  it("decrypts names, returns no mobile, and keeps a store id beyond 2^53", async () => {
    const runtime = new TestRuntime(() => {
      const text = JSON.stringify({
        data: [row("陈小萌"), row("Bob", { userid: undefined, work_id: "w1" })],
        total_count: 2,
        limit: 10,
        offset: 0,
      });
      return signedAnswer(200, text.replaceAll('"store_id":1234', '"store_id":9223372036854775807'));
    });
    const result = await (await directory(runtime)).list(asked);
    assert.deepEqual(result, {
      ok: true,
      value: {
        data: [
          { id: "guide1", storeId: "9223372036854775807", name: "陈小萌", userId: "robert" },
          { id: "guide1", storeId: "9223372036854775807", name: "Bob", workId: "w1" },
        ],
        total: 2,
        limit: 10,
        offset: 0,
      },
    });
  });

  it("signs the query as sent and names the platform key", async () => {
    const runtime = new TestRuntime(() => page(row("a")));
    await (await directory(runtime)).list({ ...asked, userId: "a b+c/d=e&f'(g)*", limit: 5, offset: 20 });
    const [request] = runtime.requests;
    assert.ok(request);
    assertSigned(request);
    assert.equal(
      request.url,
      `https://api.mch.weixin.qq.com/v3/smartguide/guides?sub_mchid=${subMchid}&store_id=1234&userid=a%20b%2Bc%2Fd%3De%26f%27%28g%29%2A&limit=5&offset=20`,
    );
    assert.equal(request.headers.get("Wechatpay-Serial"), publicKeyId);
    assert.equal(request.headers.get("Content-Type"), null);
    assert.equal(request.body.length, 0);
  });

  it("direct mode has no sub_mchid in the query", async () => {
    const runtime = new TestRuntime(() => page());
    const { subMchid: _, ...direct } = asked;
    const result = await (await directory(runtime, { mode: "direct" })).list(direct);
    assert.ok(result.ok);
    assert.ok(!runtime.requests[0]?.url.includes("sub_mchid"));
  });

  it("search sends the mobile encrypted, percent-encoded once, and never in clear", async () => {
    const runtime = new TestRuntime(() => page(row("a")));
    await (await directory(runtime)).search({ storeId: "1234", mobile: "13800138000", subMchid });
    const [request] = runtime.requests;
    assert.ok(request);
    assertSigned(request);
    const raw = /[?&]mobile=([^&]*)/.exec(request.url)?.[1] ?? "";
    assert.match(raw, /^[0-9A-Za-z%]+$/);
    assert.equal(open(decodeURIComponent(raw)), "13800138000");
    assert.ok(!request.url.includes("13800138000"));
  });

  it("a second look within minutes asks nobody; a later one does", async () => {
    const runtime = new TestRuntime(() => page(row("a")));
    const guides = await directory(runtime);
    const first = await guides.list(asked);
    assert.deepEqual(await guides.list(asked), first);
    assert.equal(runtime.requests.length, 1);
    clock.now += 3 * 60_000;
    await guides.list(asked);
    assert.equal(runtime.requests.length, 2);
  });

  it("a kept page never answers for another sub-merchant, store or page", async () => {
    const runtime = new TestRuntime(() => page(row("a")));
    const guides = await directory(runtime);
    const others = [
      asked,
      { ...asked, subMchid: "1900000110" },
      { ...asked, storeId: "12345" },
      { ...asked, offset: 10 },
    ];
    for (const other of others) await guides.list(other);
    assert.equal(runtime.requests.length, others.length);
  });

  it("a change through the edge ends the kept pages, an empty page is not kept", async () => {
    const runtime = new TestRuntime(
      () => page(row("a")),
      () => signedAnswer(204, ""),
      () => page(),
      () => page(row("b")),
    );
    const guides = await directory(runtime);
    await guides.list(asked);
    await guides.update("guide1", { name: "b", subMchid });
    await guides.list(asked);
    const last = await guides.list(asked);
    assert.equal(last.ok && last.value.data[0]?.name, "b");
    assert.equal(runtime.requests.length, 4);
  });

  const unreadable: [name: string, body: () => string][] = [
    [
      "names for another key",
      () => JSON.stringify({ data: [row("a", { name: encryptFor(stranger.publicKey, "a") })] }),
    ],
    ["a name in clear", () => JSON.stringify({ data: [row("a", { name: "陈小萌" })] })],
    [
      "a placeholder ciphertext",
      () => JSON.stringify({ data: [row("a", { name: "pVd1HJ6v/69bDnuC4EL5Kz4jBHLiCa8MRtelw==" })] }),
    ],
    ["data that is no list", () => JSON.stringify({ data: "x" })],
    ["rows without an id", () => JSON.stringify({ data: [{ name: "x" }] })],
  ];
  for (const [name, body] of unreadable) {
    it(`${name} is a coded failure, not half a list`, async () => {
      const result = await (await directory(new TestRuntime(() => signedAnswer(200, body())))).list(asked);
      assert.equal(!result.ok && result.failure.code, "upstream_unverified");
    });
  }

  it("a signed body with a BOM is verified as bytes and read", async () => {
    const text = `\ufeff${JSON.stringify({ data: [], total_count: 0, limit: 10, offset: 0 })}`;
    const result = await (await directory(new TestRuntime(() => signedAnswer(200, text)))).list(asked);
    assert.ok(result.ok);
  });

  it("a 204 where a list is due is no empty list", async () => {
    const result = await (await directory(new TestRuntime(() => signedAnswer(204, "")))).list(asked);
    assert.equal(!result.ok && result.failure.code, "upstream_unverified");
  });
});

describe("register", () => {
  it("sends every member, person encrypted, store id as a whole number", async () => {
    const runtime = new TestRuntime(
      () => page(),
      () => signedAnswer(200, '{"guide_id":"LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic"}'),
    );
    const result = await (await directory(runtime)).register({ ...registration, groupQrCode: "https://p.qpic.cn/g/0" });
    assert.deepEqual(result, { ok: true, value: { id: "LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic" } });
    const [, request] = runtime.requests;
    assert.ok(request);
    assertSigned(request);
    const text = request.body.toString();
    assert.ok(text.includes('"store_id":9007199254740993,'), "an integer that lost no digit");
    const { name, mobile, store_id: _, ...clear } = bodyOf(request);
    assert.deepEqual([open(name), open(mobile)], ["陈小萌", "13800138000"]);
    assert.deepEqual(clear, {
      sub_mchid: subMchid,
      corpid: "ww1234567890",
      userid: "robert",
      qr_code: registration.qrCode,
      avatar: registration.avatar,
      group_qrcode: "https://p.qpic.cn/g/0",
    });
    assert.equal(request.headers.get("Wechatpay-Serial"), publicKeyId);
  });

  it("after a doubtful send it asks first, and takes the guide that is there", async () => {
    const runtime = new TestRuntime(
      () => page(),
      () => Promise.reject(new Error("Network connection lost.")),
      () => page(row("陈小萌")),
    );
    const result = await (await directory(runtime)).register(registration);
    assert.deepEqual(result, { ok: true, value: { id: "guide1" } });
    assert.deepEqual(
      runtime.requests.map(({ method }) => method),
      ["GET", "POST", "GET"],
    );
    assert.match(runtime.requests[2]?.url ?? "", /store_id=9007199254740993&userid=robert/);
  });

  it("sends the same encrypted body again, signed anew, when nobody is there", async () => {
    const runtime = new TestRuntime(
      () => page(),
      () => errorAnswer(500, "SYSTEM_ERROR", "系统繁忙，请稍后重试"),
      () => page(),
      () => signedAnswer(200, '{"guide_id":"guide2"}'),
    );
    const result = await (await directory(runtime)).register(registration);
    assert.deepEqual(result, { ok: true, value: { id: "guide2" } });
    const [, first, , third] = runtime.requests;
    assert.ok(first && third);
    assert.deepEqual(first.body, third.body);
    assert.notEqual(assertSigned(first).nonce, assertSigned(third).nonce);
  });

  it("an unreadable look-up never leads to a second registration", async () => {
    const runtime = new TestRuntime(
      () => page(),
      () => errorAnswer(500, "SYSTEM_ERROR", "系统繁忙"),
      () => signedAnswer(200, '{"data":"?"}'),
    );
    const result = await (await directory(runtime)).register(registration);
    assert.equal(!result.ok && result.failure.code, "upstream_unverified");
    assert.equal(runtime.requests.filter(({ method }) => method === "POST").length, 1);
  });

  it("a rate limit is repeated without another look-up: it was not executed", async () => {
    const runtime = new TestRuntime(
      () => page(),
      () => errorAnswer(429, "RATE_LIMITED", "频率超限"),
      () => signedAnswer(200, '{"guide_id":"guide2"}'),
    );
    const result = await (await directory(runtime)).register(registration);
    assert.ok(result.ok);
    assert.deepEqual(
      runtime.requests.map(({ method }) => method),
      ["GET", "POST", "POST"],
    );
  });

  it("an emoji in a member that travels in clear is refused by name", async () => {
    const runtime = new TestRuntime(() => page());
    const result = await (await directory(runtime)).register({ ...registration, userId: "bob😀" });
    assert.deepEqual(!result.ok && [result.failure.code, result.failure.field], ["invalid_request", "userId"]);
    assert.equal(runtime.requests.length, 0);
  });

  it("failures and logs hold neither name nor mobile", async () => {
    const runtime = new TestRuntime(() =>
      errorAnswer(400, "PARAM_ERROR", "员工姓名格式错误：陈小萌 +8613800138000 02012345678"),
    );
    const guides = await directory(runtime);
    const results = [
      await guides.register(registration),
      await guides.register({ ...registration, mobile: "02012345678" }),
      await guides.update("guide1", { name: "陈小萌", mobile: "02012345678", subMchid }),
    ];
    const written = JSON.stringify(results.slice(1)) + runtime.written();
    for (const personal of ["陈小萌", "13800138000", "02012345678"]) assert.ok(!written.includes(personal), personal);
    assert.ok(!JSON.stringify(results[0]).includes("13800138000"));
  });
});

describe("update", () => {
  it("leaves no page of before it, not even one that was under way", async () => {
    const late = Promise.withResolvers<Response>();
    const runtime = new TestRuntime(
      () => late.promise,
      () => signedAnswer(204, ""),
      () => page(row("新名")),
    );
    const guides = await directory(runtime);
    const overtaken = guides.list(asked);
    await guides.update("guide1", { name: "新名", subMchid });
    late.resolve(page(row("陈小萌")));
    assert.ok((await overtaken).ok);
    const after = await guides.list(asked);
    assert.equal(after.ok && after.value.data[0]?.name, "新名");
  });

  it("sends only what is given; 204 is success", async () => {
    const runtime = new TestRuntime(() => signedAnswer(204, ""));
    const result = await (await directory(runtime)).update("guide1", { mobile: "13800138000", subMchid });
    assert.deepEqual(result, { ok: true, value: null });
    const [request] = runtime.requests;
    assert.ok(request);
    assertSigned(request);
    assert.deepEqual([request.method, new URL(request.url).pathname], ["PATCH", "/v3/smartguide/guides/guide1"]);
    const { mobile, ...rest } = bodyOf(request);
    assert.equal(open(mobile), "13800138000");
    assert.deepEqual(rest, { sub_mchid: subMchid });
  });

  it("repeats the same encrypted body with a fresh nonce, and stops at the budget", async () => {
    const runtime = new TestRuntime(() => errorAnswer(500, "SYSTEM_ERROR", "系统错误"));
    const result = await (await directory(runtime)).update("guide1", { name: "新名", subMchid });
    assert.equal(!result.ok && result.failure.code, "upstream_unavailable");
    assert.ok(clock.now - epoch <= 8_000, "never beyond 8 s");
    assert.ok(runtime.requests.length >= 4 && runtime.requests.length <= 12, `${runtime.requests.length} attempts`);
    assert.equal(new Set(runtime.requests.map(({ body }) => body.toString())).size, 1);
    assert.equal(new Set(runtime.requests.map((request) => assertSigned(request).nonce)).size, runtime.requests.length);
  });

  it("a probe is met by the same parameters again", async () => {
    const runtime = new TestRuntime(
      () => signedAnswer(204, "", { signature: "WECHATPAY/SIGNTEST/x" }),
      () => signedAnswer(204, ""),
    );
    const result = await (await directory(runtime)).update("guide1", { name: "新名", subMchid });
    assert.ok(result.ok);
    assert.equal(runtime.requests.length, 2);
  });

  it("is not sent again with less than a second left: what the platform said stands, not a timeout", async () => {
    const headers = { "Retry-After": "7" };
    const after = (milliseconds: number) => () => {
      clock.now += milliseconds;
      return errorAnswer(500, "SYSTEM_ERROR", "系统错误", undefined, { headers });
    };
    const late = new TestRuntime(after(1));
    const result = await (await directory(late)).update("guide1", { name: "新名", subMchid });
    assert.deepEqual(!result.ok && result.failure.reason, "platform_busy");
    assert.equal(late.requests.length, 1);

    clock.now = epoch;
    const timely = new TestRuntime(after(0));
    await (await directory(timely)).update("guide1", { name: "新名", subMchid });
    assert.equal(timely.requests.length, 2, "a second is enough");
  });

  for (const value of ["0", "Sat, 21 Nov 2026 02:39:00 GMT"]) {
    it(`is not sent again at once for a Retry-After that has passed: ${value}`, async () => {
      const runtime = new TestRuntime(() => {
        clock.now += 30;
        return errorAnswer(500, "SYSTEM_ERROR", "系统错误", undefined, { headers: { "Retry-After": value } });
      });
      await (await directory(runtime)).update("guide1", { name: "新名", subMchid });
      assert.ok(runtime.requests.length >= 4 && runtime.requests.length <= 12, `${runtime.requests.length} attempts`);
    });
  }

  it("a Retry-After beyond the budget ends the call and is passed on", async () => {
    const headers = { "Retry-After": "60" };
    const runtime = new TestRuntime(() => errorAnswer(429, "RATE_LIMITED", "频率超限", undefined, { headers }));
    const result = await (await directory(runtime)).update("guide1", { name: "新名", subMchid });
    assert.deepEqual(!result.ok && [result.failure.code, result.failure.retryAfterSeconds], ["rate_limited", 60]);
    assert.equal(runtime.requests.length, 1);
  });

  for (const id of ["..", "%2e%2e", "a/assign", "", "a?b", "a#b"]) {
    it(`the id ${JSON.stringify(id)} never becomes a path`, async () => {
      const runtime = new TestRuntime(() => signedAnswer(204, ""));
      const result = await (await directory(runtime)).update(id, { name: "x", subMchid });
      assert.deepEqual(!result.ok && [result.failure.code, result.failure.field], ["invalid_request", "id"]);
      assert.equal(runtime.requests.length, 0);
    });
  }
});

describe("every guide operation", () => {
  const operations: [
    name: string,
    run: (guides: GuideDirectory, sub: { subMchid?: string }) => Promise<{ ok: boolean }>,
  ][] = [
    ["list", (guides, sub) => guides.list({ storeId: "1", limit: 10, offset: 0, ...sub })],
    ["search", (guides, sub) => guides.search({ storeId: "1", mobile: "13800138000", ...sub })],
    [
      "register",
      (guides, sub) => guides.register(Object.assign({ ...registration, subMchid: undefined }, sub) as never),
    ],
    ["update", (guides, sub) => guides.update("guide1", { name: "x", ...sub })],
  ];
  for (const [name, run] of operations) {
    it(`${name} without a sub-merchant in partner mode, or with one in direct mode, sends nothing`, async () => {
      const runtime = new TestRuntime(() => page());
      assert.equal((await run(await directory(runtime), {})).ok, false);
      assert.equal((await run(await directory(runtime, { mode: "direct" }), { subMchid })).ok, false);
      assert.equal(runtime.requests.length, 0);
    });
  }

  const untrusted: [name: string, answer: Answerer][] = [
    ["an unsigned 200", () => unsignedAnswer(200, '{"guide_id":"x","data":[]}')],
    ["an unsigned 204", () => unsignedAnswer(204, null)],
    ["a stranger's 200", () => signedAnswer(200, '{"guide_id":"x","data":[]}', { key: stranger.privateKey })],
  ];
  for (const [name, answer] of untrusted) {
    for (const [operation, run] of operations) {
      it(`${operation}: ${name} is never success`, async () => {
        const result = await run(await directory(new TestRuntime(answer)), { subMchid });
        assert.equal(result.ok, false);
      });
    }
  }
});
