import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readJson } from "../../../edge/access/read-json.ts";
import { codeOf, expectOk, fieldOf } from "./support.ts";

const maxBytes = 65_536;
const post = (body: BodyInit | null, headers: Record<string, string> = {}) =>
  new Request("https://edge.example/v1/assignments", {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body,
    ...(body instanceof ReadableStream && { duplex: "half" }),
  });

/** Chunks of the given size; counts how many were asked for and whether the sender was told to stop. */
function endless(chunkBytes: number) {
  const seen = { pulled: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      seen.pulled++;
      controller.enqueue(new Uint8Array(chunkBytes).fill(0x20));
    },
    cancel() {
      seen.cancelled = true;
    },
  });
  return { stream, seen };
}

/** A JSON text of exactly so many bytes. */
const sized = (bytes: number) => `{"a":"${"x".repeat(bytes - 8)}"}`;

describe("content type", () => {
  for (const type of [
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    'application/json; charset="utf-8"',
    "APPLICATION/JSON",
    "application/json\t;\tcharset=utf-8\t",
  ]) {
    test(`${type} is read`, async () => {
      assert.deepEqual(expectOk(await readJson(post("{}", { "Content-Type": type }))), {});
    });
  }
  for (const type of [
    "",
    "text/plain",
    "text/json",
    "application/jsonp",
    "xapplication/json",
    "application/json;",
    "application/json charset=utf-8",
    "application/json; charset=xutf-8",
    "application/json; boundary=utf-8",
    "application/json-seq",
    "application/problem+json",
    "application/json; charset=gbk",
    "application/json; charset=utf-16",
    "application/json; charset=utf-8; charset=gbk",
    "application/json; charset=utf-8x",
    'application/json; charset="utf-8"x',
    "application/json, text/plain",
    "multipart/form-data",
    "application/x-www-form-urlencoded",
  ]) {
    test(`"${type}" is refused`, async () => {
      assert.equal(codeOf(await readJson(post("{}", { "Content-Type": type }))), "unsupported_media_type");
    });
  }
  test("missing is refused", async () => {
    const request = post("{}");
    request.headers.delete("Content-Type");
    assert.equal(codeOf(await readJson(request)), "unsupported_media_type");
  });
  for (const encoding of ["gzip", "br", "deflate", "GZIP", "identity, gzip", "zstd"]) {
    test(`compressed by ${encoding} is refused`, async () => {
      assert.equal(codeOf(await readJson(post("{}", { "Content-Encoding": encoding }))), "unsupported_media_type");
    });
  }
  test("content-encoding identity is no compression", async () => {
    assert.equal(codeOf(await readJson(post("{}", { "Content-Encoding": "identity" }))), "ok");
  });
});

describe("size", () => {
  test("64 KiB are read, one byte more is refused", async () => {
    assert.equal(codeOf(await readJson(post(sized(maxBytes)))), "ok");
    assert.equal(codeOf(await readJson(post(sized(maxBytes + 1)))), "payload_too_large");
  });
  test("an announced length above the cap is refused before a byte is read", async () => {
    const { stream, seen } = endless(1024);
    const before = seen.pulled;
    assert.equal(codeOf(await readJson(post(stream, { "Content-Length": "65537" }))), "payload_too_large");
    assert.ok(seen.pulled - before <= 1, "no more than the stream's own look-ahead");
  });
  for (const [name, headers] of [
    ["without a length", {}],
    ["with a length that is no number", { "Content-Length": "many" }],
    ["with a length that begins as a number", { "Content-Length": "1e" }],
    ["with a length that ends as a number", { "Content-Length": "-1" }],
  ] as [string, Record<string, string>][]) {
    test(`a body that never ends, ${name}, is cut at the cap`, async () => {
      const { stream, seen } = endless(4096);
      assert.equal(codeOf(await readJson(post(stream, headers))), "payload_too_large");
      assert.ok(seen.pulled <= 19, `${seen.pulled} chunks of 4 KiB were read`);
      assert.equal(seen.cancelled, true);
    });
  }
  test("a body that is announced is held to the same cap, and taken in one piece, which costs half", async (context) => {
    const announcedAs = (body: string) => post(body, { "Content-Length": String(body.length) });
    for (const bytes of [9, 1024, maxBytes]) {
      const request = announcedAs(sized(bytes));
      const whole = context.mock.method(request, "arrayBuffer");
      assert.equal(codeOf(await readJson(request)), "ok");
      assert.equal(whole.mock.callCount(), 1);
    }
    assert.equal(codeOf(await readJson(announcedAs(sized(maxBytes + 1)))), "payload_too_large");
    const unannounced = post(sized(1024));
    const whole = context.mock.method(unannounced, "arrayBuffer");
    assert.equal(codeOf(await readJson(unannounced)), "ok");
    assert.equal(whole.mock.callCount(), 0);
  });
  // A stream behind a number is a body that the runtime does not frame: test/serve/framing.test.ts shows that it frames all others.
  test("a body above the cap, with a length that lies, is refused", async () => {
    assert.equal(codeOf(await readJson(post(sized(maxBytes + 1), { "Content-Length": "2" }))), "payload_too_large");
  });
  test("a sender that cannot be told to stop does not hold up the answer", async () => {
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(70_000)),
      cancel: () => Promise.reject(new Error("no")),
    });
    assert.equal(codeOf(await readJson(post(stream))), "payload_too_large");
  });
});

describe("bytes", () => {
  const streamOf = (...chunks: Uint8Array[]) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    });

  test("in pieces are read as one, also when a character is cut in two", async () => {
    const bytes = new TextEncoder().encode('{"name":"导购😀"}');
    const pieces = Array.from(bytes, (byte) => new Uint8Array([byte]));
    assert.deepEqual(expectOk(await readJson(post(streamOf(...pieces)))), { name: "导购😀" });
  });
  test("that break off are an invalid request, not an error of ours", async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error("connection lost"));
      },
    });
    assert.equal(codeOf(await readJson(post(broken))), "invalid_request");
    const announced = post("{}", { "Content-Length": "2" });
    announced.arrayBuffer = () => Promise.reject(new Error("connection lost"));
    assert.equal(codeOf(await readJson(announced)), "invalid_request");
  });

  const refused: [string, BodyInit | null][] = [
    ["no body", null],
    ["an empty body", ""],
    ["invalid UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["an overlong encoding", new Uint8Array([0x22, 0xc0, 0x80, 0x22])],
    ["an encoded surrogate", new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ["a byte order mark", new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d])],
    ["UTF-16", new Uint8Array([0x7b, 0, 0x7d, 0])],
    ["GBK", new Uint8Array([0x22, 0xb5, 0xbc, 0x22])],
    ["no JSON", "order=1"],
    ["two members of one name", '{"order":"1","order":"2"}'],
    ["depth 10,000", "[".repeat(10_000) + "]".repeat(10_000)],
  ];
  for (const [name, body] of refused) {
    test(`${name}: invalid_request`, async () => {
      assert.equal(codeOf(await readJson(post(body))), "invalid_request");
    });
  }
  test("the member to blame is named, unless its name is none to repeat", async () => {
    assert.equal(fieldOf(await readJson(post('{"guide":{"name":"\\ud800"}}'))), "guide.name");
    for (const name of ["<b>", "b>", "<b", "a b", "a".repeat(256)]) {
      const strange = await readJson(post(`{"${name}":"\\ud800"}`));
      assert.equal(codeOf(strange), "invalid_request");
      assert.equal(fieldOf(strange), undefined);
    }
    const longest = "a".repeat(255);
    assert.equal(fieldOf(await readJson(post(`{"${longest}":"\\ud800"}`))), longest);
  });
});
