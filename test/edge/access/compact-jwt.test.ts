/** The form of a token, which is settled before any signature is looked at. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { CompactSign, exportJWK, generateKeyPair } from "jose";
import {
  hasValidSignature,
  isCanonicalBase64Url,
  readCompactJwt,
  splitCompact,
} from "../../../edge/access/compact-jwt.ts";
import { encode } from "./support.ts";

const header = encode({ alg: "ES256" });
const claims = encode({ iss: "acme" });

describe("base64url", () => {
  test("of any bytes has one spelling, which is accepted", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) =>
        isCanonicalBase64Url(Buffer.from(bytes).toString("base64url")),
      ),
    );
  });
  test("in any other spelling is refused, and so is nothing at all", () => {
    const character = fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \n店");
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 12 }), (text) => {
        const spelled = Buffer.from(text, "base64url").toString("base64url");
        assert.equal(isCanonicalBase64Url(text), text !== "" && spelled === text);
      }),
      { numRuns: 1000 },
    );
  });
  test("of one and of two bytes is accepted in its one spelling for every last character", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (const last of alphabet) {
      for (const text of [`A${last}`, `AA${last}`]) {
        assert.equal(isCanonicalBase64Url(text), Buffer.from(text, "base64url").toString("base64url") === text, text);
      }
    }
  });
  test("with a character before or behind that is none of it is refused", () => {
    for (const text of ["+AAA", "AAA+", "AAAA\n", " AAA", "A", "AAAAA"])
      assert.equal(isCanonicalBase64Url(text), false, text);
  });
});

describe("a signature", () => {
  test("holds under its key and the algorithm that the key is bound to, and under no other", async () => {
    const { privateKey, publicKey } = await generateKeyPair("PS256", { extractable: true });
    const token = await new CompactSign(new Uint8Array([1])).setProtectedHeader({ alg: "PS256" }).sign(privateKey);
    const { kty, n, e } = await exportJWK(publicKey);
    const key = { kty, n, e } as JsonWebKey;
    assert.equal(await hasValidSignature(token, key, "PS256"), true);
    assert.equal(await hasValidSignature(token, key, "RS256"), false);
    assert.equal(await hasValidSignature(`${token}.AAAA`, key, "PS256"), false);
    assert.equal(await hasValidSignature(token, { kty: "RSA", n: "AQ", e: "AQ" }, "PS256"), false);
  });
});

describe("a compact token", () => {
  test("has three segments, none of them empty or in another spelling", () => {
    assert.deepEqual(splitCompact(`${header}.${claims}.AAAA`), { header, payload: claims, signature: "AAAA" });
    for (const token of [
      "",
      header,
      `${header}.${claims}`,
      `${header}.${claims}.`,
      `${header}..AAAA`,
      `.${claims}.AAAA`,
      `${header}.${claims}.AAAA.AAAA`,
      `${header}.${claims}.AAAA.`,
      `${header}=.${claims}.AAAA`,
      `${header}.${claims}=.AAAA`,
      `${header}.${claims}.AAAB=`,
    ]) {
      assert.equal(splitCompact(token), undefined, token);
    }
  });
  test("has at most 8192 characters", () => {
    const sized = (length: number) => `${"A".repeat(length - 10)}.AAAA.AAAA`;
    assert.notEqual(splitCompact(sized(8192)), undefined);
    assert.equal(splitCompact(sized(8196)), undefined);
  });
  test("holds two JSON objects, without any doubt about what they say", () => {
    assert.deepEqual(readCompactJwt(`${header}.${claims}.AAAA`), { header: { alg: "ES256" }, claims: { iss: "acme" } });
    const texts = ["[]", "null", '"a"', "1", "{", '{"a":1,"a":2}', "\ufeff{}"].map((text) =>
      Buffer.from(text).toString("base64url"),
    );
    const latin1 = Buffer.from('{"a":"\u00ff"}', "latin1").toString("base64url");
    for (const wrong of [...texts, latin1]) {
      assert.equal(readCompactJwt(`${wrong}.${claims}.AAAA`), undefined, wrong);
      assert.equal(readCompactJwt(`${header}.${wrong}.AAAA`), undefined, wrong);
    }
  });
});
