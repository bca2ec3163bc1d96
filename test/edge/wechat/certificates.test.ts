/** Platform certificates: download, self-verification, rotation, migration to the public key. */
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { downloadCertificates } from "../../../edge/channels/wechat/certificate-download.ts";
import type { CertificateSource, PlatformCertificate } from "../../../edge/channels/wechat/platform-keys.ts";
import { fail, ok, type Result } from "../../../edge/problem.ts";
import vector from "../../vectors/wechat-certificate-download.json" with { type: "json" };
import { makeCertificate, sealedRow, type TestCertificate } from "./certificates-support.ts";
import {
  assertSigned,
  attempt,
  channelOf,
  clock,
  credentials,
  epoch,
  errorAnswer,
  intent,
  platform,
  publicKeyId,
  rsaPair,
  signedAnswer,
  spki,
  stranger,
  subMchid,
  TestRuntime,
  unsignedAnswer,
} from "./support.ts";

const older = await makeCertificate(platform, "5DEA10EF55877E3CF6C33255C2E7DEFFF7E427E1", { notAfter: "2027-01-01" });
const newer = await makeCertificate(rsaPair(), "5DEA10EF55877E3CF6C33255C2E7DEFFF7E427E2", { notAfter: "2031-12-01" });
const expired = await makeCertificate(rsaPair(), "5DEA10EF55877E3CF6C33255C2E7DEFFF7E427E3", {
  notAfter: "2026-11-20",
});
const weak = await makeCertificate(rsaPair(1024), "5DEA10EF55877E3CF6C33255C2E7DEFFF7E427E4");

const otherKey = "f".repeat(32);

const by = ({ pair, serialNo }: TestCertificate) => ({ key: pair.privateKey, serial: serialNo });
const listing = (signer: TestCertificate, ...rows: object[]) =>
  signedAnswer(200, JSON.stringify({ data: rows }), by(signer));
const plain = ({ serialNo, pair, notBefore, notAfter }: TestCertificate): PlatformCertificate => ({
  serialNo,
  publicKeyPem: spki(pair.publicKey),
  notBefore: notBefore.getTime(),
  notAfter: notAfter.getTime(),
});
const certificateMode = async () => {
  const { publicKeys: _, ...rest } = await credentials();
  return { ...rest, publicKeys: new Map(), encryptWith: "certificate" };
};

beforeEach(() => {
  clock.now = epoch;
});

describe("download", () => {
  async function download(runtime: TestRuntime, changes = {}) {
    return downloadCertificates({ ...(await certificateMode()), ...changes }, runtime, clock.now + 6_000);
  }

  it("verifies itself with what it brings, and signs its own request", async () => {
    const runtime = new TestRuntime(() => listing(newer, sealedRow(older), sealedRow(newer)));
    const result = await download(runtime);
    assert.deepEqual(result, ok([plain(older), plain(newer)]));
    const [request] = runtime.requests;
    assert.ok(request);
    assertSigned(request);
    assert.equal(request.url, "https://api.mch.weixin.qq.com/v3/certificates?algorithm_type=RSA");
  });

  it("opens the published answer of wechatpay-java and reads its certificate", async () => {
    const apiV3Key = (await credentials({ apiV3Key: vector.apiV3Key })).apiV3Key;
    const body = JSON.stringify(vector.answer);
    const runtime = new TestRuntime(() => signedAnswer(200, body));
    const publicKeys = (await credentials()).publicKeys;
    const result = await download(runtime, { apiV3Key, publicKeys });
    assert.ok(result.ok);
    const [certificate] = result.value;
    assert.equal(certificate?.serialNo, vector.serialNo);
    assert.equal(certificate?.notBefore, Date.parse("2023-09-19T23:15:58+08:00"));
    assert.equal(certificate?.notAfter, Date.parse("2028-09-17T23:15:58+08:00"));
  });

  it("names the public key that is in force, and none before one is", async () => {
    const { publicKeys } = await credentials({
      publicKeys: { PUB_KEY_ID_1: spki(stranger.publicKey), [publicKeyId]: spki(platform.publicKey) },
    });
    const rows = [
      ["certificate", null],
      ["PUB_KEY_ID_1", "PUB_KEY_ID_1"],
      [publicKeyId, publicKeyId],
    ] as const;
    for (const [encryptWith, named] of rows) {
      const runtime = new TestRuntime(() => listing(newer, sealedRow(newer)));
      assert.ok((await download(runtime, { publicKeys, encryptWith })).ok);
      assert.equal(runtime.requests[0]?.headers.get("Wechatpay-Serial"), named);
    }
  });

  it("drops what expired, what is too short and what is listed under another serial", async () => {
    const lying = { ...sealedRow(older), serial_no: "5DEA10EF55877E3CF6C33255C2E7DEFFF7E427FF" };
    const runtime = new TestRuntime(() => listing(newer, sealedRow(newer), sealedRow(expired), sealedRow(weak), lying));
    assert.deepEqual(await download(runtime), ok([plain(newer)]));
  });

  const tampered: [name: string, row: () => object][] = [
    ["under another APIv3 key", () => sealedRow(newer, otherKey)],
    [
      "with one byte changed",
      () => {
        const row = sealedRow(newer);
        const bytes = Buffer.from(row.encrypt_certificate.ciphertext, "base64");
        bytes[10] = (bytes[10] ?? 0) ^ 1;
        return { ...row, encrypt_certificate: { ...row.encrypt_certificate, ciphertext: bytes.toString("base64") } };
      },
    ],
    [
      "with other associated data",
      () => {
        const row = sealedRow(newer);
        return { ...row, encrypt_certificate: { ...row.encrypt_certificate, associated_data: "transaction" } };
      },
    ],
    ["that is no certificate", () => sealedRow({ ...newer, pem: "hello" })],
    ["without its parts", () => ({ serial_no: newer.serialNo })],
  ];
  for (const [name, row] of tampered) {
    it(`a certificate ${name} is never taken`, async () => {
      assert.equal((await download(new TestRuntime(() => listing(newer, row())))).ok, false);
    });
  }

  it("a list signed by a stranger, or not at all, is never taken", async () => {
    const body = JSON.stringify({ data: [sealedRow(newer)] });
    const answers = [
      () => signedAnswer(200, body, { key: stranger.privateKey, serial: newer.serialNo }),
      () => unsignedAnswer(200, body),
    ];
    for (const answer of answers) {
      const result = await download(new TestRuntime(answer));
      assert.equal(!result.ok && result.failure.code, "upstream_unverified");
    }
  });

  it("a list that does not open under the configured APIv3 key names that key, and is not asked for again", async () => {
    const runtime = new TestRuntime(() => listing(newer, sealedRow(older, otherKey), sealedRow(newer, otherKey)));
    const result = await download(runtime);
    assert.ok(!result.ok);
    assert.deepEqual([result.failure.code, result.failure.reason], ["upstream_unauthorized", "platform_key_missing"]);
    assert.match(result.failure.detail, /wechat\.apiV3Key/);
    assert.equal(runtime.requests.length, 1);
  });

  it("a list of which one certificate opens, signed by one that does not, says nothing of the APIv3 key", async () => {
    const result = await download(new TestRuntime(() => listing(newer, sealedRow(older), sealedRow(newer, otherKey))));
    assert.equal(!result.ok && result.failure.code, "upstream_unverified");
  });

  const passing: [name: string, answer: () => Response][] = [
    ["a probe", () => signedAnswer(200, "{}", { signature: "WECHATPAY/SIGNTEST/x" })],
    ["a gateway's page", () => unsignedAnswer(502, "<html></html>")],
    ["a busy platform", () => errorAnswer(500, "SYSTEM_ERROR", "系统繁忙", undefined, by(newer))],
  ];
  for (const [name, answer] of passing) {
    it(`${name} is met by asking again within the budget, and not where somebody can go on without`, async () => {
      const answers = [answer, () => listing(newer, sealedRow(newer))];
      const insisting = new TestRuntime(...answers);
      assert.deepEqual(await download(insisting), ok([plain(newer)]));
      assert.notEqual(...(insisting.requests.map((request) => assertSigned(request).nonce) as [string, string]));
      const once = new TestRuntime(...answers);
      assert.equal((await downloadCertificates(await certificateMode(), once, clock.now + 6_000, clock.now)).ok, false);
      assert.equal(once.requests.length, 1);
    });
  }

  it("a platform that stays busy is not asked beyond the budget", async () => {
    const runtime = new TestRuntime(() => unsignedAnswer(502, ""));
    const result = await download(runtime);
    assert.equal(!result.ok && result.failure.code, "upstream_unavailable");
    assert.ok(clock.now - epoch <= 6_000 && runtime.requests.length <= 10, `${runtime.requests.length} attempts`);
  });

  it("404 tells the operator to configure the public key, whoever signed it", async () => {
    const message = "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥";
    const body = JSON.stringify({ code: "RESOURCE_NOT_EXISTS", message });
    const answers = [() => errorAnswer(404, "RESOURCE_NOT_EXISTS", message), () => unsignedAnswer(404, body)];
    for (const answer of answers) {
      const result = await download(new TestRuntime(answer));
      assert.ok(!result.ok);
      assert.deepEqual([result.failure.code, result.failure.reason], ["upstream_unauthorized", "platform_key_missing"]);
      assert.match(result.failure.detail, /wechat\.publicKeys/);
    }
  });
});

/** The ledger's view, with every question counted. */
function source(...sets: TestCertificate[][]): CertificateSource & { asked: string[]; set: number } {
  const state = {
    asked: [] as string[],
    set: 0,
    current: async (): Promise<Result<PlatformCertificate[]>> => {
      state.asked.push("current");
      return ok((sets[state.set] ?? []).map(plain));
    },
    refreshed: async (): Promise<Result<PlatformCertificate[]>> => {
      state.asked.push("refreshed");
      state.set = Math.min(state.set + 1, sets.length - 1);
      return ok((sets[state.set] ?? []).map(plain));
    },
  };
  return state;
}

async function certificateChannel(runtime: TestRuntime, certificates: CertificateSource) {
  return channelOf(runtime, { encryptWith: "certificate" }, certificates);
}

describe("the channel under certificates", () => {
  it("names the newest valid certificate and verifies by the serial of the answer", async () => {
    const runtime = new TestRuntime(
      () => signedAnswer(204, "", by(older)),
      () => signedAnswer(204, "", by(newer)),
      () => signedAnswer(204, "", { ...by(newer), serial: newer.serialNo.toLowerCase() }),
    );
    const certificates = source([older, newer]);
    const channel = await certificateChannel(runtime, certificates);
    for (let call = 0; call < 3; call++) assert.equal((await channel.assign(intent, attempt())).kind, "assigned");
    assert.equal(runtime.requests[0]?.headers.get("Wechatpay-Serial"), newer.serialNo);
    assert.deepEqual(certificates.asked, ["current"], "one question, then memory");
  });

  it("an unknown serial is looked for once, and the rotated certificate verifies the same answer", async () => {
    const runtime = new TestRuntime(() => signedAnswer(204, "", by(newer)));
    const certificates = source([older], [older, newer]);
    const channel = await certificateChannel(runtime, certificates);
    assert.equal((await channel.assign(intent, attempt())).kind, "assigned");
    assert.deepEqual(certificates.asked, ["current", "refreshed"]);
    assert.equal(runtime.requests.length, 1);
  });

  it("an old certificate is refused once the list drops it or it expires", async () => {
    const runtime = new TestRuntime(() => signedAnswer(204, "", by(older)));
    const dropped = await certificateChannel(runtime, source([newer], [newer]));
    assert.equal((await dropped.assign(intent, attempt())).kind, "unknown");
    const held = await certificateChannel(runtime, source([older, newer]));
    assert.equal((await held.assign(intent, attempt())).kind, "assigned");
    clock.now = Date.parse("2027-01-01T00:00:00Z");
    assert.equal((await held.assign(intent, attempt())).kind, "unknown");
  });

  it("a certificate that the platform dropped is forgotten within the hour, also with a public key in force", async () => {
    const certificates = source([older, newer], [older, newer], [newer]);
    const channel = await channelOf(new TestRuntime(() => signedAnswer(204, "", by(older))), {}, certificates);
    assert.equal((await channel.assign(intent, attempt())).kind, "assigned");
    certificates.set = 2;
    assert.equal((await channel.assign(intent, attempt())).kind, "assigned");
    clock.now += 60 * 60_000;
    assert.equal((await channel.assign(intent, attempt())).kind, "unknown");
  });

  it("a store that fails leaves the valid certificates in use, and is asked again a minute later", async () => {
    const certificates = source([newer]);
    const runtime = new TestRuntime(() => signedAnswer(204, "", by(newer)));
    const channel = await certificateChannel(runtime, certificates);
    await channel.assign(intent, attempt());
    const asked = { count: 0 };
    certificates.current = async () => {
      asked.count += 1;
      return fail("upstream_unavailable", "x");
    };
    clock.now += 60 * 60_000;
    for (let call = 0; call < 5; call++) assert.equal((await channel.assign(intent, attempt())).kind, "assigned");
    assert.equal(asked.count, 1);
    clock.now += 60_000;
    await channel.assign(intent, attempt());
    assert.equal(asked.count, 2);
  });

  it("without any certificate nothing is sent: the failure says what to do", async () => {
    const runtime = new TestRuntime(() => signedAnswer(204, ""));
    const none = await certificateChannel(runtime, source([]));
    const verdict = await none.assign(intent, attempt());
    assert.deepEqual(verdict.kind === "rejected" && verdict.failure.reason, "platform_key_missing");
    const late: CertificateSource = {
      current: async () => fail("upstream_unavailable", "x"),
      refreshed: async () => fail("upstream_unavailable", "x"),
    };
    assert.equal((await (await certificateChannel(runtime, late)).assign(intent, attempt())).kind, "unsent");
    assert.equal(runtime.requests.length, 0);
  });

  it("a store that throws costs the attempt, not the process", async () => {
    const broken: CertificateSource = {
      current: () => Promise.reject(new Error("object reset")),
      refreshed: () => Promise.reject(new Error("object reset")),
    };
    const runtime = new TestRuntime(() => signedAnswer(204, "", by(newer)));
    assert.equal((await (await certificateChannel(runtime, broken)).assign(intent, attempt())).kind, "unsent");
    const publicKeyChannel = await channelOf(runtime, {}, broken);
    assert.equal((await publicKeyChannel.assign(intent, attempt())).kind, "unknown");
  });

  it("fields encrypted under a certificate that was just replaced are encrypted anew, once", async () => {
    const runtime = new TestRuntime(
      () => errorAnswer(400, "PARAM_ERROR", "平台证书序列号Wechatpay-Serial错误", undefined, by(newer)),
      () => signedAnswer(204, "", by(newer)),
    );
    const channel = await certificateChannel(runtime, source([older], [older, newer]));
    const result = await channel.guides?.update("guide1", { name: "新名", subMchid });
    assert.deepEqual(result, ok(null));
    assert.deepEqual(
      runtime.requests.map(({ headers }) => headers.get("Wechatpay-Serial")),
      [older.serialNo, newer.serialNo],
    );
  });
});

describe("migration to the public key", () => {
  it("public key in force: an answer still signed by a certificate verifies after one look", async () => {
    const runtime = new TestRuntime(
      () => signedAnswer(204, "", by(older)),
      () => signedAnswer(204, ""),
    );
    const certificates = source([older]);
    const channel = await channelOf(runtime, {}, certificates);
    for (let call = 0; call < 2; call++) assert.equal((await channel.assign(intent, attempt())).kind, "assigned");
    assert.deepEqual(certificates.asked, ["refreshed"]);
    for (const { headers } of runtime.requests) assert.equal(headers.get("Wechatpay-Serial"), publicKeyId);
  });

  it("certificate in force: an answer signed by the public key verifies too", async () => {
    const runtime = new TestRuntime(() => signedAnswer(204, ""));
    const channel = await certificateChannel(runtime, source([older]));
    assert.equal((await channel.assign(intent, attempt())).kind, "assigned");
    assert.equal(runtime.requests[0]?.headers.get("Wechatpay-Serial"), older.serialNo);
  });

  it("public keys alone ask nobody for certificates", async () => {
    const certificates = source([older]);
    const channel = await channelOf(new TestRuntime(() => signedAnswer(204, "")), {}, certificates);
    await channel.assign(intent, attempt());
    assert.deepEqual(certificates.asked, []);
  });
});
