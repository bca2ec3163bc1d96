/** Nobody is registered twice, and a registration that may have been executed is not told as refused by what a second one meets. */
import assert from "node:assert/strict";
import { constants, publicEncrypt } from "node:crypto";
import { beforeEach, describe, it } from "node:test";
import {
  type Answerer,
  channelOf,
  clock,
  epoch,
  errorAnswer,
  merchant,
  noGuides,
  registration,
  signedAnswer,
  TestRuntime,
  unsignedAnswer,
} from "./support.ts";

beforeEach(() => {
  clock.now = epoch;
});

const sealed = (text: string) =>
  publicEncrypt(
    { key: merchant.publicKey, oaepHash: "sha1", padding: constants.RSA_PKCS1_OAEP_PADDING },
    Buffer.from(text),
  ).toString("base64");
const page = (...userIds: string[]) => {
  const data = userIds.map((userid) => ({ guide_id: "guide1", store_id: 1, name: sealed("甲"), userid }));
  return signedAnswer(200, JSON.stringify({ data, total_count: data.length, limit: 10, offset: 0 }));
};
const created: Answerer = () => signedAnswer(200, '{"guide_id":"guide2"}');
const nobody = noGuides;
const robert: Answerer = () => page("robert");
const lost: Answerer = () => Promise.reject(new Error("Network connection lost."));
const taken: Answerer = () => errorAnswer(400, "INVALID_REQUEST", "该员工已注册");
const limited: Answerer = () => errorAnswer(429, "RATE_LIMITED", "频率超限");

async function register(...answers: Answerer[]) {
  const runtime = new TestRuntime(...answers);
  const { guides } = await channelOf(runtime);
  assert.ok(guides);
  const result = await guides.register(registration);
  return { result, methods: runtime.requests.map(({ method }) => method) };
}

describe("a registration in doubt that is refused when it is sent again", () => {
  it("is the guide that is there by now: the first send landed late", async () => {
    const { result, methods } = await register(nobody, lost, nobody, taken, robert);
    assert.deepEqual(result, { ok: true, value: { id: "guide1" } });
    assert.deepEqual(methods, ["GET", "POST", "GET", "POST", "GET"]);
  });
  it("is refused when nobody is there", async () => {
    const { result, methods } = await register(nobody, lost, nobody, taken, nobody);
    assert.equal(!result.ok && result.failure.code, "upstream_rejected");
    assert.deepEqual(methods, ["GET", "POST", "GET", "POST", "GET"]);
  });
  it("stays in doubt when that cannot be read, and is not sent a third time", async () => {
    const { result, methods } = await register(nobody, lost, nobody, taken, lost);
    assert.equal(!result.ok && result.failure.code, "upstream_unavailable");
    assert.equal(methods.filter((method) => method === "POST").length, 2);
  });
});

it("a registration in doubt is not told as one that was only too early", async () => {
  const { result } = await register(nobody, lost, limited);
  assert.equal(!result.ok && result.failure.code, "upstream_unavailable");
});

it("a registration that was certainly refused is not looked up again", async () => {
  const { result, methods } = await register(nobody, taken);
  assert.equal(!result.ok && result.failure.code, "upstream_rejected");
  assert.deepEqual(methods, ["GET", "POST"]);
});

describe("a person who may be registered already", () => {
  it("is found before the first send, whoever left the earlier one in doubt", async () => {
    const { result, methods } = await register(robert);
    assert.deepEqual(result, { ok: true, value: { id: "guide1" } });
    assert.deepEqual(methods, ["GET"]);
  });
  it("is not sent at all while nobody can tell", async () => {
    const { result, methods } = await register(lost);
    assert.equal(!result.ok && result.failure.code, "upstream_unavailable");
    assert.equal(methods.includes("POST"), false);
  });
  it("is refused at once when the look-up is: nothing was sent that could be in doubt", async () => {
    const { result, methods } = await register(() => errorAnswer(403, "NO_AUTH", "商户号该产品权限未开通"));
    assert.equal(!result.ok && result.failure.code, "upstream_unauthorized");
    assert.deepEqual(methods, ["GET"]);
  });
  it("is registered where the look-up says that there is no such guide, signed, in place of an empty list", async () => {
    for (const none of [
      () => errorAnswer(404, "RESOURCE_NOT_EXISTS", "资源不存在"),
      () => errorAnswer(400, "PARAM_ERROR", "服务人员不存在"),
    ]) {
      const { result, methods } = await register(none, lost, none, created);
      assert.deepEqual(result, { ok: true, value: { id: "guide2" } });
      assert.deepEqual(methods, ["GET", "POST", "GET", "POST"]);
    }
    const forged = await register(() => unsignedAnswer(404, '{"code":"RESOURCE_NOT_EXISTS","message":"x"}'));
    assert.equal(!forged.result.ok && forged.result.failure.code, "upstream_unverified");
    assert.deepEqual(forged.methods, ["GET"]);
  });
  it("is not sent where the look-up left less than a second: no doubt arises that nobody waits for", async () => {
    const slowly = (milliseconds: number) => () => {
      clock.now += milliseconds;
      return page();
    };
    const late = await register(slowly(7_001), created);
    assert.equal(!late.result.ok && late.result.failure.code, "upstream_unavailable");
    assert.deepEqual(late.methods, ["GET"]);
    clock.now = epoch;
    assert.deepEqual((await register(slowly(7_000), created)).methods, ["GET", "POST"]);
  });
  it("is sent once by two calls at the same time", async () => {
    const runtime = new TestRuntime(nobody, created, robert);
    const { guides } = await channelOf(runtime);
    const both = await Promise.all([guides?.register(registration), guides?.register(registration)]);
    assert.deepEqual(both, [
      { ok: true, value: { id: "guide2" } },
      { ok: true, value: { id: "guide1" } },
    ]);
    assert.deepEqual(
      runtime.requests.map(({ method }) => method),
      ["GET", "POST", "GET"],
    );
  });
  it("is given up eight seconds after its call, however many calls for the same person stood before it", async () => {
    const runtime = new TestRuntime(() => unsignedAnswer(502, ""));
    const { guides } = await channelOf(runtime);
    const all = await Promise.all(Array.from({ length: 4 }, () => guides?.register(registration)));
    assert.deepEqual(
      all.map((result) => result?.ok === false && result.failure.code),
      Array(4).fill("upstream_unavailable"),
    );
    assert.ok(clock.now - epoch <= 8_000, `${clock.now - epoch} ms`);
  });
});
