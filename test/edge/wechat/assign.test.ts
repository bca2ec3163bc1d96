import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import {
  assertSigned,
  attempt,
  channelOf,
  clock,
  epoch,
  intent,
  mchid,
  platform,
  publicKeyId,
  serialNo,
  signedAnswer,
  stranger,
  subMchid,
  TestRuntime,
  unsignedAnswer,
} from "./support.ts";

beforeEach(() => {
  clock.now = epoch;
});

const ok204 = () => signedAnswer(204, "");

async function assign(runtime: TestRuntime, changes = {}, settings = {}) {
  const channel = await channelOf(runtime, settings);
  return channel.assign({ ...intent, ...changes }, attempt());
}

describe("assign, what is sent", () => {
  it("partner mode names the sub-merchant in the body and signs exactly what is sent", async () => {
    const runtime = new TestRuntime(ok204);
    const verdict = await assign(runtime);
    assert.deepEqual(verdict, { kind: "assigned", evidence: "answer", upstreamRequestId: "08E6F1CF0510A2-0" });
    const [request] = runtime.requests;
    assert.ok(request);
    const authorization = assertSigned(request);
    assert.equal(authorization.mchid, mchid);
    assert.equal(authorization.serial, serialNo);
    assert.match(authorization.nonce, /^[0-9a-f]{32}$/);
    assert.equal(authorization.timestamp, String(epoch / 1000));
    assert.equal(request.method, "POST");
    assert.equal(
      request.url,
      "https://api.mch.weixin.qq.com/v3/smartguide/guides/LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic/assign",
    );
    assert.equal(request.body.toString(), `{"sub_mchid":"${subMchid}","out_trade_no":"20150806125346"}`);
  });

  it("direct mode sends no sub_mchid at all", async () => {
    const runtime = new TestRuntime(ok204);
    const channel = await channelOf(runtime, { mode: "direct" });
    const { subMchid: _, ...direct } = intent;
    const verdict = await channel.assign(direct, attempt());
    assert.equal(verdict.kind, "assigned");
    assert.equal(runtime.requests[0]?.body.toString(), '{"out_trade_no":"20150806125346"}');
  });

  it("carries the headers that the platform asks for and follows no redirect", async () => {
    const runtime = new TestRuntime(ok204);
    await assign(runtime);
    const [request] = runtime.requests;
    assert.ok(request);
    assert.match(request.headers.get("User-Agent") ?? "", /^staff-assign\/\d+\.\d+\.\d+$/);
    assert.equal(request.headers.get("Accept"), "application/json");
    assert.equal(request.headers.get("Accept-Language"), "zh-CN");
    assert.equal(request.headers.get("Content-Type"), "application/json");
    assert.equal(request.headers.get("Wechatpay-Serial"), publicKeyId);
    assert.equal(request.redirect, "manual");
  });

  it("neither the guide's name nor its id is in the body", async () => {
    const runtime = new TestRuntime(ok204);
    await assign(runtime);
    const body = runtime.requests[0]?.body.toString() ?? "";
    assert.ok(!body.includes("陈小萌") && !body.includes("LLA3"));
  });

  it("each call has a nonce and a signature of its own", async () => {
    const runtime = new TestRuntime(ok204);
    const channel = await channelOf(runtime);
    for (let call = 0; call < 3; call++) await channel.assign(intent, attempt());
    const nonces = runtime.requests.map((request) => assertSigned(request).nonce);
    assert.equal(new Set(nonces).size, 3);
  });
});

describe("assign, what is refused before anything is sent", () => {
  const refused: [name: string, changes: object, code: string, field: string | undefined][] = [
    ["a guide id of two dots", { guide: { id: ".." } }, "invalid_request", "guide.id"],
    ["a guide id with an encoded dot segment", { guide: { id: "%2e%2e" } }, "invalid_request", "guide.id"],
    ["a guide id with a slash", { guide: { id: "a/../../certificates" } }, "invalid_request", "guide.id"],
    ["a guide by mobile", { guide: { mobile: "13800138000" } }, "invalid_request", "guide.id"],
    ["an order with a blank", { order: "1 2" }, "invalid_request", "order"],
    ["an order of 33 characters", { order: "1".repeat(33) }, "invalid_request", "order"],
    ["a partner's intent without sub-merchant", { subMchid: undefined }, "misconfigured", undefined],
  ];
  for (const [name, changes, code, field] of refused) {
    it(name, async () => {
      const runtime = new TestRuntime(ok204);
      const channel = await channelOf(runtime);
      const merged = { ...intent, ...changes };
      const { subMchid: given, ...rest } = merged;
      const verdict = await channel.assign(given === undefined ? rest : merged, attempt());
      assert.equal(verdict.kind, "rejected");
      assert.equal(verdict.failure.code, code);
      assert.equal(verdict.failure.field, field);
      assert.equal(runtime.requests.length, 0);
    });
  }

  it("a direct merchant's intent that names a sub-merchant", async () => {
    const runtime = new TestRuntime(ok204);
    const verdict = await assign(runtime, {}, { mode: "direct" });
    assert.equal(verdict.kind === "rejected" && verdict.failure.code, "misconfigured");
    assert.equal(runtime.requests.length, 0);
  });

  it("a deadline that has passed, as certainly unsent", async () => {
    const runtime = new TestRuntime(ok204);
    const channel = await channelOf(runtime);
    const verdict = await channel.assign(intent, { uncertain: false, deadline: clock.now });
    assert.equal(verdict.kind, "unsent");
    assert.equal(runtime.requests.length, 0);
  });
});

describe("assign, what is never taken for success", () => {
  const body = "";
  const unverified: [name: string, answer: () => Response][] = [
    ["an unsigned 204", () => unsignedAnswer(204, null)],
    ["an unsigned 200 with HTML", () => unsignedAnswer(200, "<html>OK</html>")],
    ["a missing timestamp", () => signedAnswer(204, body, { without: ["Wechatpay-Timestamp"] })],
    ["a missing nonce", () => signedAnswer(204, body, { without: ["Wechatpay-Nonce"] })],
    ["a missing serial", () => signedAnswer(204, body, { without: ["Wechatpay-Serial"] })],
    ["a missing signature", () => signedAnswer(204, body, { without: ["Wechatpay-Signature"] })],
    ["another merchant's platform key", () => signedAnswer(204, body, { key: stranger.privateKey })],
    ["an unknown PUB_KEY_ID", () => signedAnswer(204, body, { serial: "PUB_KEY_ID_0000" })],
    [
      "an unknown certificate serial",
      () => signedAnswer(204, body, { serial: "5DEA10EF55877E3CF6C33255C2E7DEFFF7E427EC" }),
    ],
    ["a serial that is no serial", () => signedAnswer(204, body, { serial: "../../etc" })],
    ["a changed nonce", () => signedAnswer(204, body, { headers: { "Wechatpay-Nonce": "another" } })],
    ["the signature of another body", () => signedAnswer(204, body, { signedBody: "{}" })],
    ["the signature of a body with a newline added", () => signedAnswer(204, body, { signedBody: "\n" })],
    ["a signature that is not base64", () => signedAnswer(204, body, { signature: "%%%not base64%%%" })],
    ["a signature of a length that base64 cannot have", () => signedAnswer(204, body, { signature: "AAAAA" })],
    ["an empty signature", () => signedAnswer(204, body, { signature: "" })],
    ["a probe", () => signedAnswer(204, body, { signature: "WECHATPAY/SIGNTEST/DeadBeefAndMore" })],
    ["a probe that is decodable base64", () => signedAnswer(204, body, { signature: "WECHATPAY/SIGNTEST/0" })],
    ["a timestamp 301 s behind", () => signedAnswer(204, body, { timestamp: epoch / 1000 - 301 })],
    ["a timestamp 301 s ahead", () => signedAnswer(204, body, { timestamp: epoch / 1000 + 301 })],
    ["a timestamp that is not digits", () => signedAnswer(204, body, { timestamp: "NaN" })],
    ["a timestamp with a sign", () => signedAnswer(204, body, { timestamp: "+1795228800" })],
    ["a timestamp in milliseconds", () => signedAnswer(204, body, { timestamp: epoch })],
    [
      "the SM2 signature type",
      () => signedAnswer(204, body, { headers: { "Wechatpay-Signature-Type": "WECHATPAY2-SM2-WITH-SM3" } }),
    ],
    [
      "two timestamps",
      () => {
        const answer = signedAnswer(204, body);
        answer.headers.append("Wechatpay-Timestamp", String(epoch / 1000));
        return answer;
      },
    ],
    ["a signed 200 with HTML", () => signedAnswer(200, "<html></html>")],
    ["a signed 200 without a body", () => signedAnswer(200, "")],
    ["a signed 202", () => signedAnswer(202, "")],
    ["a signed 202 with a code of progress", () => signedAnswer(202, '{"code":"PROCESSING","message":"请求已受理"}')],
  ];
  for (const [name, answer] of unverified) {
    it(`${name} leaves the outcome unknown`, async () => {
      const runtime = new TestRuntime(answer);
      const verdict = await assign(runtime);
      assert.equal(verdict.kind, "unknown");
      assert.ok(["upstream_unverified", "upstream_unavailable"].includes(verdict.failure.code));
      assert.equal(runtime.requests.length, 1, "the ledger repeats, not the channel");
    });
  }

  it("counts a probe as a probe", async () => {
    const runtime = new TestRuntime(() => signedAnswer(204, "", { signature: "WECHATPAY/SIGNTEST/abc" }));
    await assign(runtime);
    assert.deepEqual(
      runtime.counts.map(({ counter, labels }) => [counter, labels.fault]),
      [["wechat_signature_fault", "probe"]],
    );
  });

  it("the signature of an earlier answer is refused when it is played again", async () => {
    const recorded = signedAnswer(204, "");
    const replay = () => new Response(null, { status: 204, headers: recorded.headers });
    const runtime = new TestRuntime(replay);
    const channel = await channelOf(runtime);
    assert.equal((await channel.assign(intent, attempt())).kind, "assigned");
    const second = await channel.assign({ ...intent, order: "another" }, attempt());
    assert.equal(second.kind, "unknown");
  });

  for (const seconds of [-300, 300]) {
    it(`a timestamp ${seconds} s away is still fresh`, async () => {
      const runtime = new TestRuntime(() => signedAnswer(204, "", { timestamp: epoch / 1000 + seconds }));
      assert.equal((await assign(runtime)).kind, "assigned");
    });
  }

  it("the verdict and the logs hold neither key nor signature", async () => {
    const runtime = new TestRuntime(() => signedAnswer(204, "", { key: stranger.privateKey }));
    const verdict = await assign(runtime);
    const written = JSON.stringify(verdict) + runtime.written();
    const pem = platform.publicKey.export({ type: "spki", format: "pem" }).toString().slice(40, 80);
    for (const secret of [pem, "BEGIN", "0123456789abcdef0123456789ABCDEF", "陈小萌"])
      assert.ok(!written.includes(secret));
  });
});
