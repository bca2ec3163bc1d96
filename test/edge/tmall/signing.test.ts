import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { importTmallCredentials } from "../../../edge/channels/tmall/credentials.ts";
import { signedForm } from "../../../edge/channels/tmall/request.ts";
import {
  canonicalString,
  createSigner,
  nextTopMidnight,
  signedEntries,
  signMethods,
  topTimestamp,
} from "../../../edge/channels/tmall/signing.ts";

interface Vector {
  kind: string;
  secret: string;
  signMethod: (typeof signMethods)[number];
  params: Record<string, string>;
  sign: string;
}

const vectorFile = new URL("../../vectors/top-sign.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(vectorFile, "utf8")) as { vectors: Vector[] };

for (const [index, vector] of vectors.entries()) {
  test(`${vector.kind} vector ${index + 1} (${vector.signMethod}) signs to the published value`, async () => {
    const sign = await createSigner(vector.secret, vector.signMethod);
    assert.equal(await sign(canonicalString(signedEntries(vector.params))), vector.sign);
  });
}

test("the md5 and hmac columns of the assignworker example sign to their derived values", async () => {
  const params = vectors[2]?.params ?? {};
  const expected = { md5: "3F03F297B36F54E392F1DC80B0C73EB7", hmac: "33D646046DE05A93780B2E829ACE5CC8" } as const;
  for (const method of ["md5", "hmac"] as const) {
    const sign = await createSigner("helloworld", method);
    assert.equal(await sign(canonicalString(signedEntries({ ...params, sign_method: method }))), expected[method]);
  }
});

/** The rule, written a second time and in another way: bytes in, bytes compared, no strings joined. */
function referenceSign(method: string, secret: string, parameters: [string, string][]): string {
  const rows = parameters
    .filter(([, value]) => /\S/.test(value))
    .map(([name, value]) => [Buffer.from(name, "utf8"), Buffer.from(value, "utf8")] as const)
    .sort(([a], [b]) => a.compare(b));
  const text = Buffer.concat(rows.flat());
  if (method === "md5") {
    const wrapped = Buffer.concat([Buffer.from(secret), text, Buffer.from(secret)]);
    return createHash("md5").update(wrapped).digest("hex").toUpperCase();
  }
  const hash = method === "hmac" ? "md5" : "sha256";
  return createHmac(hash, Buffer.from(secret)).update(text).digest("hex").toUpperCase();
}

const name = fc.oneof(
  fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,12}$/),
  fc.string({ minLength: 1, maxLength: 6, unit: "grapheme" }),
  fc.constantFrom("foo", "foo_bar", "foobar", "Foo", "é", "工", "\uffee", "😀"),
);
const value = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("", " ", "\t\n", "\u3000", "@file", "张师傅", "a b+c&d=e%", "😀"),
);
const parameters = fc
  .uniqueArray(fc.tuple(name, value), { maxLength: 12, selector: ([key]) => key })
  .filter((rows) => rows.every(([key]) => key !== "__proto__"));

for (const method of signMethods) {
  test(`${method} agrees with node:crypto over the written rule, for any Unicode names and values`, async () => {
    await fc.assert(
      fc.asyncProperty(parameters, fc.stringMatching(/^[\x21-\x7e]{8,40}$/), async (rows, secret) => {
        const sign = await createSigner(secret, method);
        const own = await sign(canonicalString(signedEntries(Object.fromEntries(rows))));
        assert.equal(own, referenceSign(method, secret, rows));
        assert.match(own, method === "hmac-sha256" ? /^[0-9A-F]{64}$/ : /^[0-9A-F]{32}$/);
      }),
      { numRuns: 60 },
    );
  });
}

test("the order in which parameters are given changes nothing", () => {
  fc.assert(
    fc.property(
      parameters.chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length }))),
      ([rows, shuffled]) => {
        const entries = (list: [string, string][]) => signedEntries(Object.fromEntries(list));
        assert.deepEqual(entries(shuffled), entries(rows));
      },
    ),
  );
});

const namesOf = (list: Record<string, string>) => signedEntries(list).map(([key]) => key);

test("names sort by themselves, not by name and value together", () => {
  const list = { foo: "1", bar: "2", foo_bar: "3", foobar: "4" };
  assert.equal(canonicalString(signedEntries(list)), "bar2foo1foo_bar3foobar4");
  // "foo" + "z" sorts behind "foo_bar" + "a" when name and value are joined first
  assert.deepEqual(namesOf({ foo_bar: "a", foo: "z" }), ["foo", "foo_bar"]);
});

test("names sort by bytes, where a locale would mix the cases and UTF-16 would move rare planes", () => {
  assert.deepEqual(namesOf({ b: "1", B: "2", a: "3", A: "4", _: "5" }), ["A", "B", "_", "a", "b"]);
  assert.deepEqual(namesOf({ "\u{1f600}": "1", "\uffee": "2", é: "3", z: "4" }), ["z", "é", "\uffee", "\u{1f600}"]);
});

test("values that TOP treats as empty are neither signed nor kept", () => {
  const list = { a: "", b: "   ", c: "\t\r\n", d: "0", e: "false" };
  assert.deepEqual(signedEntries({ ...list, f: undefined }), [
    ["d", "0"],
    ["e", "false"],
  ]);
});

test("what is signed is what is sent: a server that reads the form finds the same signature", async () => {
  const secret = "s3cret-of-the-app";
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...signMethods), value, value, async (signMethod, first, second) => {
      const credentials = { appKey: "12345678", signMethod, sign: await createSigner(secret, signMethod) };
      const business = { target_worker_name: first, ext_json: second, workcard_id: "2345678" };
      const form = new URLSearchParams(await signedForm(credentials, "tmall.test", business, "session", 0));
      const received = [...form].filter(([key]) => key !== "sign");
      assert.equal(form.get("sign"), referenceSign(signMethod, secret, received));
      assert.equal(form.get("timestamp"), "1970-01-01 08:00:00");
      assert.equal(form.get("format"), "json");
      assert.equal(form.get("v"), "2.0");
      assert.equal(form.get("sign_method"), signMethod);
      assert.ok(received.every(([, sent]) => sent.trim() !== ""));
    }),
    { numRuns: 60 },
  );
});

test("no parameter of an API can take the place of one of the protocol", async () => {
  const credentials = { appKey: "1", signMethod: "md5", sign: await createSigner("helloworld", "md5") } as const;
  const own = "sign session app_key sign_method method timestamp target_app_key simplify format partner_id v".split(
    " ",
  );
  for (const key of own) {
    await assert.rejects(signedForm(credentials, "tmall.test", { [key]: "x" }, "session", 0), {
      name: "TypeError",
      message: `${key} is not a parameter of an API`,
    });
  }
});

test("the time stamp is wall-clock time of GMT+8, whatever the zone of the machine", () => {
  const zone = process.env.TZ;
  try {
    for (const tz of ["UTC", "America/New_York", "Asia/Shanghai", "Pacific/Kiritimati"]) {
      process.env.TZ = tz;
      assert.equal(topTimestamp(Date.UTC(2015, 11, 31, 16, 0, 0)), "2016-01-01 00:00:00");
      assert.equal(topTimestamp(Date.UTC(2016, 0, 1, 4, 0, 0, 999)), "2016-01-01 12:00:00");
    }
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});

test("the day of the quota ends at midnight of GMT+8", () => {
  assert.equal(nextTopMidnight(Date.UTC(2026, 10, 22, 15, 59, 59)), Date.UTC(2026, 10, 22, 16));
  assert.equal(nextTopMidnight(Date.UTC(2026, 10, 22, 16)), Date.UTC(2026, 10, 23, 16));
});

test("the signing key cannot be exported and the secret is on no property of the credentials", async () => {
  const imported = await importTmallCredentials({
    appKey: "12345678",
    appSecret: "canary-secret-0123456789",
    session: "canary-session",
    gateway: "https://gw.api.taobao.com/router/rest",
  });
  assert.ok(imported.ok);
  assert.equal(imported.value.signMethod, "hmac-sha256");
  assert.ok(!JSON.stringify(Object.entries(imported.value)).includes("canary"));
});
