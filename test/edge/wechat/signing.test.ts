/** Canonical strings and signatures against node:crypto, published vectors and anything that Unicode allows. */
import assert from "node:assert/strict";
import { constants, privateDecrypt, publicEncrypt, verify } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readSignatureHeaders, verifySignature } from "../../../edge/channels/wechat/answer-signature.ts";
import { authorizationHeader } from "../../../edge/channels/wechat/authorization.ts";
import { requestMessage, responseMessage } from "../../../edge/channels/wechat/canonical.ts";
import { decodeBase64 } from "../../../edge/channels/wechat/pem.ts";
import { importMerchantKey, importPlatformKey } from "../../../edge/channels/wechat/rsa-keys.ts";
import { decryptField, encryptField } from "../../../edge/channels/wechat/sensitive-fields.ts";
import { jsonBody, query } from "../../../edge/channels/wechat/wire.ts";
import goVector from "../../vectors/wechat-rsa-go.json" with { type: "json" };
import javaVector from "../../vectors/wechat-rsa-java.json" with { type: "json" };
import { credentials, epoch, merchant, pkcs8, platform, publicKeyId, signedAnswer, spki } from "./support.ts";

const text = fc.string({ unit: "binary" });
const oaep = { oaepHash: "sha1", padding: constants.RSA_PKCS1_OAEP_PADDING };

async function merchantKey(pem: string) {
  const imported = await importMerchantKey(pem);
  assert.ok(imported.ok);
  return imported.value;
}

describe("canonical strings", () => {
  it("a request is five lines, the last one ends with a line feed too", () => {
    const message = requestMessage(
      "GET",
      "/v3/certificates?a=1",
      "1554208460",
      "593BEC0C930BF1AFEB40B4A08C8FB242",
      new Uint8Array(),
    );
    assert.equal(
      Buffer.from(message).toString(),
      "GET\n/v3/certificates?a=1\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n",
    );
  });
  it("a 204 answer is two lines and an empty one", () => {
    assert.equal(
      Buffer.from(responseMessage("1554209980", "c5ac7061fccab6bf", new Uint8Array())).toString(),
      "1554209980\nc5ac7061fccab6bf\n\n",
    );
  });
  it("bodies pass through byte by byte, whatever they hold", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        const message = requestMessage("POST", "/x", "1", "n", body);
        const expected = Buffer.concat([Buffer.from("POST\n/x\n1\nn\n"), body, Buffer.from("\n")]);
        assert.deepEqual(Buffer.from(message), expected);
      }),
    );
  });
});

describe("published vectors", () => {
  for (const { source, privateKey, sign: vector } of [goVector, javaVector]) {
    it(`RSA signature of ${source.split(":")[0]}`, async () => {
      const { sign: key } = await merchantKey(privateKey);
      const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", key, Buffer.from(vector.message));
      assert.equal(Buffer.from(signature).toString("base64"), vector.signature);
    });
  }
  it("OAEP ciphertext of wechatpay-java opens", async () => {
    const { decrypt } = await merchantKey(javaVector.privateKey);
    assert.equal(await decryptField(decrypt, javaVector.decrypt.ciphertext), javaVector.decrypt.plaintext);
  });
});

describe("signatures", () => {
  it("any body that we sign verifies in node:crypto", async () => {
    const own = await credentials();
    await fc.assert(
      fc.asyncProperty(text, fc.webPath(), async (body, path) => {
        const bytes = Buffer.from(body);
        const header = await authorizationHeader(own, "POST", path, bytes, epoch);
        const part = (name: string) => new RegExp(`${name}="([^"]+)"`).exec(header)?.[1] ?? "";
        const head = `POST\n${path}\n${part("timestamp")}\n${part("nonce_str")}\n`;
        const message = Buffer.concat([Buffer.from(head), bytes, Buffer.from("\n")]);
        assert.ok(verify("sha256", message, merchant.publicKey, Buffer.from(part("signature"), "base64")));
      }),
      { numRuns: 60 },
    );
  });

  it("any body that node:crypto signs verifies here, and no other body does", async () => {
    const imported = await importPlatformKey(spki(platform.publicKey));
    assert.ok(imported.ok);
    const { verify: key } = imported.value;
    await fc.assert(
      fc.asyncProperty(text, text, async (body, other) => {
        const reading = readSignatureHeaders(signedAnswer(200, body).headers, epoch);
        assert.ok(reading.kind === "signed");
        assert.equal(await verifySignature(key, reading.headers, Buffer.from(body)), true);
        const same = Buffer.from(body).equals(Buffer.from(other));
        assert.equal(await verifySignature(key, reading.headers, Buffer.from(other)), same);
      }),
      { numRuns: 60 },
    );
  });

  it("no header text whatever makes the reader throw", () => {
    const value = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(value, value, value, value, (timestamp, nonce, serial, signature) => {
        const headers = new Headers({
          "Wechatpay-Timestamp": timestamp,
          "Wechatpay-Nonce": nonce,
          "Wechatpay-Serial": serial,
          "Wechatpay-Signature": signature,
        });
        assert.notEqual(readSignatureHeaders(headers, epoch).kind, "signed");
      }),
    );
  });

  it("the serial of an answer is told apart from rubbish", () => {
    const reading = readSignatureHeaders(signedAnswer(204, "").headers, epoch);
    assert.equal(reading.kind === "signed" && reading.headers.serial, publicKeyId);
  });
});

describe("base64", () => {
  it("decodes what node encodes and nothing that is not canonical", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        const encoded = Buffer.from(bytes).toString("base64");
        assert.deepEqual(Buffer.from(decodeBase64(encoded) ?? []), Buffer.from(bytes));
        assert.equal(decodeBase64(`${encoded} `), undefined);
        assert.equal(decodeBase64(`${encoded}\n`), undefined);
        assert.equal(decodeBase64(encoded.slice(0, -1)), undefined);
      }),
    );
    for (const odd of ["", "A", "AA", "AAA", "AB==", "AA-_", "=AAA", "A===", "AAAA===="]) {
      assert.equal(decodeBase64(odd), undefined, odd);
    }
  });
});

describe("sensitive fields", () => {
  const name = text.filter((value) => Buffer.byteLength(value) <= 64);
  it("what we encrypt opens in node:crypto, and the other way round", async () => {
    const imported = await importPlatformKey(spki(platform.publicKey));
    const { decrypt } = await merchantKey(pkcs8(merchant.privateKey));
    assert.ok(imported.ok);
    const { encrypt } = imported.value;
    await fc.assert(
      fc.asyncProperty(name, async (plaintext) => {
        const ciphertext = await encryptField(encrypt, plaintext);
        assert.equal(ciphertext.length, 344);
        const opened = privateDecrypt({ key: platform.privateKey, ...oaep }, Buffer.from(ciphertext, "base64"));
        assert.deepEqual(opened, Buffer.from(plaintext));
        const received = publicEncrypt({ key: merchant.publicKey, ...oaep }, Buffer.from(plaintext)).toString("base64");
        assert.equal(await decryptField(decrypt, received), Buffer.from(plaintext).toString());
      }),
      { numRuns: 40 },
    );
  });
});

describe("the wire", () => {
  it("a query is read back as it was meant, and no URL parser changes a byte of it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => {
        const path = `/v3/smartguide/guides?${query({ userid: value, absent: undefined })}`;
        const url = new URL(path, "https://api.mch.weixin.qq.com");
        assert.equal(url.pathname + url.search, path);
        assert.equal(url.searchParams.get("userid"), value);
        assert.equal(url.searchParams.has("absent"), false);
      }),
    );
  });
  it("a body is the JSON of its members, whole numbers without loss, nothing for what is absent", () => {
    fc.assert(
      fc.property(text, fc.bigInt({ min: 0n, max: 9223372036854775807n }), (value, digits) => {
        const body = jsonBody({ name: value, store_id: { digits: String(digits) }, sub_mchid: undefined }).toString();
        assert.equal(body, `{"name":${JSON.stringify(value)},"store_id":${digits}}`);
      }),
    );
  });
  it("a whole number that is none is a mistake of ours", () => {
    for (const digits of ["", "1.5", "-1", "1e3", "NaN"]) {
      assert.throws(() => jsonBody({ store_id: { digits } }), TypeError);
    }
  });
});
