/** The keys behind SESSION_KEY, and the header by which a session names one. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";
import { sessionKeysOf } from "../../../edge/access/session-keys.ts";

const secrets = [1, 2].map((first) => Uint8Array.from({ length: 32 }, (_, index) => first + index));

/** As every release has written it: sessions outlive a deployment. */
const headerOf = (secret: Uint8Array) => {
  const kid = createHmac("sha256", secret).update("staff-assign key id").digest("base64url").slice(0, 11);
  return { alg: "HS256", typ: "staff-assign+jwt", kid };
};
const encoded = (secret: Uint8Array) => Buffer.from(JSON.stringify(headerOf(secret))).toString("base64url");

describe("the keys of sessions", () => {
  test("are found by the header that a session begins with, the one that signs first", async () => {
    const keys = await sessionKeysOf({ sessionKeys: secrets });
    assert.deepEqual([...keys.keys()], secrets.map(encoded));
    assert.deepEqual(
      [...keys.values()].map(({ header }) => header),
      secrets.map(headerOf),
    );
    assert.equal((await sessionKeysOf({ sessionKeys: [] })).size, 0);
  });
  test("are HMAC-SHA-256 of the configured bytes, sign and verify, and never leave", async () => {
    const text = new TextEncoder().encode("x");
    const keys = [...(await sessionKeysOf({ sessionKeys: secrets })).values()];
    for (const [index, { key }] of keys.entries()) {
      const mac = createHmac("sha256", secrets[index] ?? "")
        .update(text)
        .digest();
      assert.deepEqual(Buffer.from(await crypto.subtle.sign("HMAC", key, text)), mac);
      assert.equal(await crypto.subtle.verify("HMAC", key, mac, text), true);
      assert.equal(key.extractable, false);
    }
  });
  test("are those of their configuration, imported once", async (context) => {
    const importKey = context.mock.method(crypto.subtle, "importKey");
    const [one, other] = [{ sessionKeys: secrets }, { sessionKeys: secrets.slice(1) }];
    const keys = await sessionKeysOf(one);
    assert.equal(await sessionKeysOf(one), keys);
    assert.equal(importKey.mock.callCount(), 2);
    assert.deepEqual([...(await sessionKeysOf(other)).keys()], secrets.slice(1).map(encoded));
  });
});
