import assert from "node:assert/strict";
import { test } from "node:test";
import { equalInConstantTime, hmacSha256, sha256Base64Url, sha256Hex } from "../../edge/digest.ts";

test("SHA-256 of FIPS 180-2, in hex and base64url", () => {
  assert.equal(sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.equal(sha256Hex(new Uint8Array([0x61, 0x62, 0x63])), sha256Hex("abc"));
  assert.equal(sha256Base64Url("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
});

test("HMAC-SHA-256 of RFC 4231, case 2", () => {
  const mac = hmacSha256(new TextEncoder().encode("Jefe"), "what do ya want for nothing?");
  const expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  assert.equal(Buffer.from(mac, "base64url").toString("hex"), expected);
});

test("texts are equal only when they are the same, whatever their lengths", () => {
  assert.equal(equalInConstantTime("", ""), true);
  assert.equal(equalInConstantTime("key", "key"), true);
  for (const other of ["", "ke", "keyy", "KEY", "kez", "\0key"]) assert.equal(equalInConstantTime("key", other), false);
});
