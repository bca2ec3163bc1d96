/** What operators paste into MERCHANT_*.wechat, right and wrong. */
import assert from "node:assert/strict";
import { generateKeyPairSync, verify } from "node:crypto";
import { describe, it } from "node:test";
import { importWechatCredentials } from "../../../edge/channels/wechat/credentials.ts";
import { makeCertificate } from "./certificates-support.ts";
import { merchant, pkcs8, platform, publicKeyId, rsaPair, serialNo, settings, spki, stranger } from "./support.ts";

const pem = pkcs8(merchant.privateKey);
const pkcs1 = merchant.privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const short = rsaPair(1024);
const encrypted = merchant.privateKey
  .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })
  .toString();
const legacyEncrypted = merchant.privateKey
  .export({ type: "pkcs1", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })
  .toString();

async function signsAsMerchant(privateKey: string): Promise<boolean> {
  const imported = await importWechatCredentials(settings({ privateKey }));
  assert.ok(imported.ok, imported.ok ? "" : imported.sentence);
  assert.equal(imported.value.signKey.extractable, false);
  assert.equal(imported.value.decryptKey.extractable, false);
  const message = Buffer.from("message");
  const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", imported.value.signKey, message);
  return verify("sha256", message, merchant.publicKey, Buffer.from(signature));
}

async function sentenceFor(changes: Parameters<typeof settings>[0]): Promise<string> {
  const imported = await importWechatCredentials(settings(changes));
  assert.ok(!imported.ok, "was accepted");
  return imported.sentence;
}

describe("private keys that are accepted", () => {
  const accepted: [name: string, text: string][] = [
    ["PKCS#8", pem],
    ["PKCS#1", pkcs1],
    ["with CRLF", pem.replaceAll("\n", "\r\n")],
    ["with a BOM and blank lines around", `\ufeff\n\n${pem}\n\n`],
    ["with line breaks as the two characters \\n", pem.replaceAll("\n", "\\n")],
    ["on one line", pem.replaceAll("\n", "")],
    ["with spaces for line breaks", pem.replaceAll("\n", " ")],
    ["PKCS#1 with spaces for line breaks", pkcs1.replaceAll("\n", " ")],
  ];
  for (const [name, text] of accepted) {
    it(`${name} signs as the merchant`, async () => assert.ok(await signsAsMerchant(text)));
  }
});

describe("private keys that are refused with advice", () => {
  const body = pem.split("\n").slice(1, -2).join("");
  const refused: [name: string, text: string, advice: RegExp][] = [
    ["an encrypted PKCS#8", encrypted, /encrypted with a passphrase/],
    ["an encrypted PKCS#1", legacyEncrypted, /encrypted with a passphrase/],
    ["an EC key in PKCS#8", pkcs8(ec.privateKey), /not an RSA key/],
    ["an EC key in SEC1", ec.privateKey.export({ type: "sec1", format: "pem" }).toString(), /EC key/],
    ["a public key", spki(merchant.publicKey), /public key; put the merchant's apiclient_key\.pem/],
    ["1024 bits", pkcs8(short.privateKey), /has 1024 bits/],
    ["1024 bits in PKCS#1", short.privateKey.export({ type: "pkcs1", format: "pem" }).toString(), /has 1024 bits/],
    ["two PEMs", pem + pem, /more than one PEM/],
    [
      "a key behind a certificate",
      `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${pem}`,
      /more than one PEM/,
    ],
    ["base64 without its lines", body, /not a PEM/],
    ["nothing", "", /not a PEM/],
    ["a PEM cut at the end", `${pem.slice(0, 900)}\n-----END PRIVATE KEY-----`, /damaged/],
    ["a PEM with a character lost", pem.replace(body.slice(100, 110), body.slice(100, 109)), /damaged/],
    ["a PEM with a foreign character", pem.replace(body.slice(100, 110), "…"), /damaged/],
    ["a PKCS#1 body under a PKCS#8 label", pkcs1.replaceAll("RSA PRIVATE", "PRIVATE"), /not an RSA key/],
    ["a begin that does not match its end", pem.replace("END PRIVATE", "END RSA PRIVATE"), /not a PEM/],
  ];
  for (const [name, text, advice] of refused) {
    it(name, async () => {
      const sentence = await sentenceFor({ privateKey: text });
      assert.match(sentence, /^wechat\.privateKey /);
      assert.match(sentence, advice);
      for (let at = 0; at + 16 <= body.length; at += 16) assert.ok(!sentence.includes(body.slice(at, at + 16)));
    });
  }
});

describe("public keys", () => {
  const refused: [name: string, text: string, advice: RegExp][] = [
    ["the merchant's private key", pem, /is a private key; put the pub_key\.pem/],
    ["a certificate", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", /is a certificate/],
    ["an EC key", spki(ec.publicKey), /not an RSA key/],
    ["1024 bits", spki(short.publicKey), /has 1024 bits/],
    ["rubbish", "rubbish", /not a PEM/],
  ];
  for (const [name, text, advice] of refused) {
    it(`${name} is refused, naming the key id`, async () => {
      const sentence = await sentenceFor({ publicKeys: { [publicKeyId]: text } });
      assert.ok(sentence.startsWith(`wechat.publicKeys.${publicKeyId} `));
      assert.match(sentence, advice);
    });
  }

  it("encryptWith must name one that is there", async () => {
    assert.match(await sentenceFor({ encryptWith: "PUB_KEY_ID_9" }), /^wechat\.encryptWith /);
  });

  it("the first is in force by default, certificates where there is none", async () => {
    const both = { PUB_KEY_ID_1: spki(stranger.publicKey), PUB_KEY_ID_2: spki(platform.publicKey) };
    const first = await importWechatCredentials(settings({ publicKeys: both }));
    assert.equal(first.ok && first.value.encryptWith, "PUB_KEY_ID_1");
    const { publicKeys: _, ...without } = settings();
    const none = await importWechatCredentials(without);
    assert.equal(none.ok && none.value.encryptWith, "certificate");
  });
});

describe("the merchant API certificate, when it is given", () => {
  const certificateOf = async (pair: typeof merchant, serial: string) => (await makeCertificate(pair, serial)).pem;

  it("is accepted when serial and key belong to it", async () => {
    const certificate = await certificateOf(merchant, serialNo);
    assert.ok((await importWechatCredentials(settings({ certificate }))).ok);
  });
  it("of another serial tells serialNo", async () => {
    const certificate = await certificateOf(merchant, "5157F09EFDC096DE15EBE81A47057A7232F1B8E2");
    assert.match(await sentenceFor({ certificate }), /^wechat\.serialNo /);
  });
  it("of another key tells privateKey", async () => {
    const certificate = await certificateOf(stranger, serialNo);
    assert.match(await sentenceFor({ certificate }), /^wechat\.privateKey does not belong/);
  });
  it("that is a key, or damaged, is refused", async () => {
    assert.match(await sentenceFor({ certificate: pem }), /^wechat\.certificate must be/);
    const damaged = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----";
    assert.match(await sentenceFor({ certificate: damaged }), /^wechat\.certificate cannot be read/);
  });
});
