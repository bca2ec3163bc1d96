/** Encrypted names and mobiles: what was not encrypted for us, or is not text, is nothing, and never throws. */
import assert from "node:assert/strict";
import { constants, generateKeyPairSync, publicEncrypt } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { decryptField, encryptField } from "../../../edge/channels/wechat/sensitive-fields.ts";

const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const imported = (format: "pkcs8" | "spki", der: Uint8Array, usage: KeyUsage) =>
  crypto.subtle.importKey(format, Uint8Array.from(der), { name: "RSA-OAEP", hash: "SHA-1" }, false, [usage]);
const own = await imported("pkcs8", pair.privateKey.export({ type: "pkcs8", format: "der" }), "decrypt");
const theirs = await imported("spki", pair.publicKey.export({ type: "spki", format: "der" }), "encrypt");
const sealed = (bytes: Uint8Array) =>
  publicEncrypt({ key: pair.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" }, bytes).toString(
    "base64",
  );

test("what another implementation encrypted is read to the letter, a byte order mark included", async () => {
  for (const text of ["张三", "", "13800001234", "\ufeff欧阳"]) {
    assert.equal(await decryptField(own, sealed(Buffer.from(text))), text);
  }
});

test("what we encrypt is what we read", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 20 }), async (text) => {
      assert.equal(await decryptField(own, await encryptField(theirs, text)), text);
    }),
    { numRuns: 20 },
  );
});

test("a field that is no base64, was not encrypted for us, or is not UTF-8 is nothing", async () => {
  const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const foreign = publicEncrypt({ key: stranger.publicKey, oaepHash: "sha1" }, Buffer.from("张三")).toString("base64");
  for (const field of ["not base64", "AAAA", foreign, sealed(Uint8Array.of(0xff, 0xfe))]) {
    assert.equal(await decryptField(own, field), undefined, field.slice(0, 12));
  }
});
