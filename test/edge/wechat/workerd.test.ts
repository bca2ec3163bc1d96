/** The same channel in the runtime that it is made for: signatures, keys, certificates and URLs inside real workerd. */
import assert from "node:assert/strict";
import { constants, createVerify, generateKeyPairSync, privateDecrypt } from "node:crypto";
import { after, afterEach, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { createTestHarness } from "wrangler";
import { makeCertificate, sealedRow } from "./certificates-support.ts";
import {
  assertSigned,
  clock,
  intent,
  merchant,
  pkcs8,
  platform,
  rsaPair,
  type SeenRequest,
  settings,
  signedAnswer,
  spki,
  subMchid,
} from "./support.ts";
import type { Task } from "./task.ts";

const certificate = await makeCertificate(rsaPair(), "5DEA10EF55877E3CF6C33255C2E7DEFFF7E427E2");
const byCertificate = { key: certificate.pair.privateKey, serial: certificate.serialNo };
const { publicKeys: _, ...certificateSettings } = settings();

const server = createTestHarness({
  workers: [
    {
      configPath: fileURLToPath(new URL("worker/wrangler.toml", import.meta.url)),
      vars: { MERCHANT_DEMO: JSON.stringify({ wechat: certificateSettings }) },
    },
  ],
});
const ownFetch = globalThis.fetch;
const requests: SeenRequest[] = [];
let answer: (request: SeenRequest) => Response = () => signedAnswer(204, "");

before(async () => {
  clock.now = Date.now();
  await server.listen();
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const url = typeof input === "string" ? input : input instanceof URL ? input.href : input.url;
    if (!url.startsWith("https://api")) return ownFetch(input, init);
    const seen: SeenRequest = {
      url,
      method: request.method,
      headers: request.headers,
      body: Buffer.from(await request.arrayBuffer()),
      redirect: request.redirect,
      signal: undefined,
    };
    requests.push(seen);
    return answer(seen);
  };
});
afterEach(() => {
  requests.length = 0;
});
after(async () => {
  globalThis.fetch = ownFetch;
  await server.close();
});

async function run(task: Task): Promise<unknown> {
  const response = await server.fetch("http://edge.example/", { method: "POST", body: JSON.stringify(task) });
  assert.equal(response.status, 200);
  return response.json();
}

describe("inside workerd", () => {
  it("any Unicode body signs so that node:crypto verifies it", async () => {
    const bodies = fc.sample(fc.string({ unit: "binary", maxLength: 80 }), 60);
    const path = "/v3/smartguide/guides/a/assign?x=%E9%99%88";
    const headers = (await run({ kind: "sign", settings: settings(), path, bodies, now: clock.now })) as string[];
    assert.equal(headers.length, bodies.length);
    for (const [index, header] of headers.entries()) {
      const part = (name: string) => new RegExp(`${name}="([^"]+)"`).exec(header)?.[1] ?? "";
      const verifier = createVerify("sha256").update(`POST\n${path}\n${part("timestamp")}\n${part("nonce_str")}\n`);
      verifier.update(bodies[index] ?? "").update("\n");
      assert.ok(verifier.verify(merchant.publicKey, part("signature"), "base64"));
    }
  });

  it("any Unicode body that node:crypto signed verifies, and none that was changed", async () => {
    const bodies = fc.sample(fc.string({ unit: "binary", maxLength: 80 }), 40);
    const answers = bodies.flatMap((body) => {
      const headers = [...signedAnswer(200, body).headers] as [string, string][];
      return [
        { headers, body },
        { headers, body: `${body}\n` },
      ];
    });
    const verified = await run({ kind: "verify", settings: settings(), answers, now: clock.now });
    assert.deepEqual(
      verified,
      bodies.flatMap(() => [true, false]),
    );
  });

  it("an assignment arrives as it was signed and its signed 204 is believed", async () => {
    answer = () => signedAnswer(204, "");
    const verdicts = (await run({
      kind: "assign",
      settings: settings(),
      intents: [{ ...intent, order: "a|b*c_d-e" }],
    })) as {
      kind: string;
    }[];
    assert.deepEqual(
      verdicts.map(({ kind }) => kind),
      ["assigned"],
    );
    const [request] = requests;
    assert.ok(request);
    assertSigned(request);
    assert.match(request.headers.get("User-Agent") ?? "", /^staff-assign\//);
    assert.equal(request.body.toString(), `{"sub_mchid":"${subMchid}","out_trade_no":"a|b*c_d-e"}`);
  });

  it("the URL that is fetched is the URL that was signed, ciphertext included", async () => {
    answer = () => signedAnswer(200, JSON.stringify({ data: [], total_count: 0, limit: 10, offset: 0 }));
    const task = { kind: "search", settings: settings(), storeId: "1234", mobile: "13800138000", subMchid } as const;
    assert.equal(((await run(task)) as { ok: boolean }).ok, true);
    const [request] = requests;
    assert.ok(request);
    assertSigned(request);
    const mobile = /[?&]mobile=([^&]*)/.exec(request.url)?.[1] ?? "";
    const key = { key: platform.privateKey, oaepHash: "sha1", padding: constants.RSA_PKCS1_OAEP_PADDING };
    assert.equal(privateDecrypt(key, Buffer.from(decodeURIComponent(mobile), "base64")).toString(), "13800138000");
  });

  it("certificate mode: one download through the merchant's object serves calls that arrive together", async () => {
    answer = ({ url }) =>
      url.includes("/v3/certificates")
        ? signedAnswer(200, JSON.stringify({ data: [sealedRow(certificate)] }), byCertificate)
        : signedAnswer(204, "", byCertificate);
    const intents = ["1", "2", "3", "4"].map((order) => ({ ...intent, order }));
    const task: Task = { kind: "assign", settings: certificateSettings, intents };
    for (let round = 0; round < 2; round++) {
      const verdicts = (await run(task)) as { kind: string }[];
      assert.deepEqual(
        verdicts.map(({ kind }) => kind),
        intents.map(() => "assigned"),
      );
    }
    assert.equal(requests.filter(({ url }) => url.includes("/v3/certificates")).length, 1);
    for (const request of requests) assertSigned(request);
  });

  it("keys are accepted and refused exactly as in Node", async () => {
    const pem = pkcs8(merchant.privateKey);
    const pkcs1 = merchant.privateKey.export({ type: "pkcs1", format: "pem" }).toString();
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const cases: [privateKey: string, sentence: RegExp | undefined][] = [
      [pem, undefined],
      [pkcs1, undefined],
      [pkcs1.replaceAll("\n", " "), undefined],
      [`\ufeff${pem.replaceAll("\n", "\r\n")}`, undefined],
      [pkcs1.replaceAll("RSA PRIVATE", "PRIVATE"), /not an RSA key/],
      [pkcs8(rsaPair(1024).privateKey), /has 1024 bits/],
      [pkcs8(ec.privateKey), /not an RSA key/],
      [spki(merchant.publicKey), /is a public key/],
      [pem.replace("END PRIVATE", "END RSA PRIVATE"), /not a PEM/],
    ];
    for (const [privateKey, sentence] of cases) {
      const imported = (await run({ kind: "import", settings: settings({ privateKey }) })) as { sentence?: string };
      if (sentence === undefined) assert.equal(imported.sentence, undefined);
      else assert.match(imported.sentence ?? "", sentence);
    }
  });

  it("the merchant API certificate is read by the runtime's own parser", async () => {
    const own = await makeCertificate(merchant, settings().serialNo);
    const other = await makeCertificate(rsaPair(), settings().serialNo);
    assert.deepEqual(await run({ kind: "import", settings: settings({ certificate: own.pem }) }), { ok: true });
    const refused = (await run({ kind: "import", settings: settings({ certificate: other.pem }) })) as {
      sentence: string;
    };
    assert.match(refused.sentence, /^wechat\.privateKey does not belong/);
  });

  it("no key and no mobile came into the logs", () => {
    const logs = JSON.stringify(server.getLogs());
    for (const secret of ["BEGIN", pkcs8(merchant.privateKey).slice(40, 90), "13800138000", settings().apiV3Key]) {
      assert.ok(!logs.includes(secret));
    }
  });
});
