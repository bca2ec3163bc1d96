/** The headers of a signed answer, read strictly: what is missing, added or stretched by one character is no signature. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readSignatureHeaders, SeenSignatures } from "../../../edge/channels/wechat/answer-signature.ts";

const seconds = 1_795_334_595;
const now = seconds * 1000;
const good = {
  "Wechatpay-Timestamp": String(seconds),
  "Wechatpay-Nonce": "c5ac7061fccab6bf3e254dcf98995b8c",
  "Wechatpay-Serial": "PUB_KEY_ID_0114232134912410000000000000",
  "Wechatpay-Signature": Buffer.alloc(256, 7).toString("base64"),
};
type Name = keyof typeof good | "Wechatpay-Signature-Type";
const names = Object.keys(good) as (keyof typeof good)[];

const read = (change: Partial<Record<Name, string | undefined>> = {}, at = now) => {
  const headers = new Headers();
  for (const [name, value] of Object.entries({ ...good, ...change })) if (value !== undefined) headers.set(name, value);
  const reading = readSignatureHeaders(headers, at);
  return reading.kind === "faulty" ? reading.fault : reading.kind;
};

describe("an answer's signature headers", () => {
  test("all four, in time, are a signature with just what they say", () => {
    const reading = readSignatureHeaders(new Headers(good), now);
    assert.deepEqual(reading, {
      kind: "signed",
      headers: {
        timestamp: good["Wechatpay-Timestamp"],
        nonce: good["Wechatpay-Nonce"],
        serial: good["Wechatpay-Serial"],
        signature: new Uint8Array(256).fill(7),
      },
    });
  });

  test("none of them is unsigned", () => {
    assert.equal(readSignatureHeaders(new Headers(), now).kind, "unsigned");
  });

  for (const missing of names) {
    test(`without ${missing} they are malformed, not unsigned`, () => {
      assert.equal(read({ [missing]: undefined }), "malformed");
    });
    test(`${missing} alone is malformed, not unsigned`, () => {
      const alone = Object.fromEntries(names.filter((name) => name !== missing).map((name) => [name, undefined]));
      assert.equal(read(alone), "malformed");
    });
    test(`${missing} twice, or empty, is malformed`, () => {
      assert.equal(read({ [missing]: `${good[missing]}, ${good[missing]}` }), "malformed");
      assert.equal(read({ [missing]: "" }), "malformed");
    });
  }

  const wrong: [Name, string][] = [
    ["Wechatpay-Timestamp", `0${seconds}`],
    ["Wechatpay-Timestamp", `+${seconds}`],
    ["Wechatpay-Timestamp", `${seconds}.0`],
    ["Wechatpay-Timestamp", `${seconds}x`],
    ["Wechatpay-Timestamp", "179533459500"],
    ["Wechatpay-Nonce", "a\tb"],
    ["Wechatpay-Nonce", "!abc"],
    ["Wechatpay-Nonce", "abc!"],
    ["Wechatpay-Nonce", "a".repeat(129)],
    ["Wechatpay-Serial", "5157F09"],
    ["Wechatpay-Serial", "A".repeat(65)],
    ["Wechatpay-Serial", "x5157F09EFDC096DE"],
    ["Wechatpay-Serial", "5157F09EFDC096DEx"],
    ["Wechatpay-Serial", "PUB_KEY_ID_"],
    ["Wechatpay-Serial", "PUB_KEY_ID_01-"],
    ["Wechatpay-Serial", "pub_key_id_01"],
    ["Wechatpay-Signature", "not base64"],
    ["Wechatpay-Signature", "AAA"],
  ];
  for (const [name, value] of wrong) {
    test(`${name} "${value.slice(0, 40)}" is malformed`, () => assert.equal(read({ [name]: value }), "malformed"));
  }

  for (const serial of ["5157F09E", "5157f09efdc096de15ebe81a47057a7232f1b8e1", "A".repeat(64), "PUB_KEY_ID_0"]) {
    test(`the serial ${serial.slice(0, 20)}… is one`, () =>
      assert.equal(read({ "Wechatpay-Serial": serial }), "signed"));
  }
  test("a nonce of 128 characters and one of 1 are nonces", () => {
    assert.equal(read({ "Wechatpay-Nonce": "aZ09_-+/=." }), "signed");
    assert.equal(read({ "Wechatpay-Nonce": "a".repeat(128) }), "signed");
  });

  test("another algorithm is refused, whatever else is right; the known one and none are taken", () => {
    assert.equal(read({ "Wechatpay-Signature-Type": "WECHATPAY2-SM2-WITH-SM3" }), "algorithm");
    assert.equal(read({ "Wechatpay-Signature-Type": "" }), "algorithm");
    assert.equal(read({ "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048" }), "signed");
  });

  test("a probe of the platform is told from a broken signature, even without the other headers", () => {
    assert.equal(read({ "Wechatpay-Signature": `WECHATPAY/SIGNTEST/${good["Wechatpay-Signature"]}` }), "probe");
    assert.equal(
      readSignatureHeaders(new Headers({ "Wechatpay-Signature": "WECHATPAY/SIGNTEST/x" }), now).kind,
      "faulty",
    );
  });

  test("five minutes either way are in time, one second more is stale", () => {
    for (const [offset, expected] of [
      [-301, "stale"],
      [-300, "signed"],
      [300, "signed"],
      [301, "stale"],
    ] as const) {
      assert.equal(read({}, (seconds + offset) * 1000), expected, String(offset));
      assert.equal(read({}, (seconds + offset) * 1000 + 999), expected, `${offset} and a part of a second`);
    }
  });
});

describe("signatures that were accepted before", () => {
  const signatureOf = (mark: number, low = 0) => {
    const bytes = new Uint8Array(256);
    new DataView(bytes.buffer).setUint32(0, mark);
    new DataView(bytes.buffer).setUint16(4, low);
    return bytes;
  };

  test("are known by their first six bytes, wherever they lie in a buffer", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), fc.nat(5), fc.nat(255), (head, at, flip) => {
        const seen = new SeenSignatures();
        const whole = new Uint8Array(300);
        const view = whole.subarray(17, 273);
        view.set(head);
        assert.equal(seen.add(view), true);
        assert.equal(seen.add(Uint8Array.from(view)), false);
        const other = Uint8Array.from(view);
        other[at] = (other[at] ?? 0) ^ flip;
        assert.equal(seen.add(other), flip !== 0);
      }),
    );
  });

  test("are remembered for 16 384 answers and then forgotten, oldest first", () => {
    const seen = new SeenSignatures();
    for (let mark = 1; mark <= 16_384; mark++) assert.equal(seen.add(signatureOf(mark)), true);
    assert.equal(seen.add(signatureOf(1)), false, "the oldest is still known");
    assert.equal(seen.add(signatureOf(20_000)), true);
    assert.equal(seen.add(signatureOf(2)), false, "the second oldest is known");
    assert.equal(seen.add(signatureOf(1)), true, "the oldest is forgotten");
    assert.equal(seen.add(signatureOf(2)), true, "and now the second");
    assert.equal(seen.add(signatureOf(16_384)), false, "the newest is not");
  });
});
