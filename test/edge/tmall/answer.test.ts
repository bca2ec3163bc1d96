import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { asMembers, plainText, readAnswer, readId, readList } from "../../../edge/channels/tmall/answer.ts";
import { assignApi, harness, json } from "./gateway.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => readAnswer(bytes(text), assignApi);
const wrapper = assignApi.replaceAll(".", "_");

test("integers beyond 2^53 keep all their digits, inside and outside of strings", () => {
  const answer = read(
    '{"result":{"a":7091800003790954036,"b":"1234567890123456789012","c":[9223372036854775807],"d":1.5,"e":12}}',
  );
  assert.ok(answer.kind === "content");
  const result = asMembers(answer.content.result) ?? {};
  assert.equal(readId(result.a), "7091800003790954036");
  assert.equal(result.b, "1234567890123456789012");
  assert.deepEqual(readList(result.c)?.map(readId), ["9223372036854775807"]);
  assert.equal(result.d, 1.5);
  assert.equal(result.e, 12);
});

test("any 64-bit id survives an answer", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 9223372036854775807n }), (id) => {
      const answer = read(`{"${wrapper}_response":{"result":{"id":${id}}}}`);
      assert.ok(answer.kind === "content");
      assert.equal(readId(asMembers(answer.content.result)?.id), String(id));
    }),
  );
});

test("raw control characters in strings and a trailing comment are read through", () => {
  const answer = read(
    `\ufeff{"${wrapper}_response":{"result":{"success":true,"display_msg":"a\tb\nc\u0001"},"request_id":"r"}}\r\n<!--top011229189136.center.et2-->\n`,
  );
  assert.ok(answer.kind === "content");
  assert.equal(answer.requestId, "r");
  assert.equal(asMembers(answer.content.result)?.display_msg, "a b c ");
});

for (const [what, body, cause] of [
  ["nothing", "", "empty"],
  ["blanks", " \r\n ", "empty"],
  ["HTML", "<!DOCTYPE html><title>502</title>", "xml_or_html"],
  ["XML", "<result><success>true</success></result><!--top-->", "xml_or_html"],
  ["text", "success", "not_json"],
  ["a bare true", "true", "not_json"],
  ["null", "null", "not_json"],
  ["an array", '[{"result":{"success":true}}]', "not_json"],
  ["half an object", '{"result":{"success":true}', "not_json"],
  ["an object and more", '{"result":{"success":true}} x', "not_json"],
  ["a wrapper without content", `{"${wrapper}_response":"ok"}`, "unknown_shape"],
] as const) {
  test(`${what} is unreadable, and an assignment so answered is unknown`, async () => {
    assert.deepEqual(read(body), { kind: "unreadable", cause });
    const top = await harness([json(body)]);
    const verdict = await top.assign();
    assert.ok(verdict.kind === "unknown");
    assert.equal(verdict.failure.code, "upstream_unverified");
  });
}

test("bytes that are not UTF-8 are unreadable", () => {
  const gbk = Uint8Array.of(...bytes('{"result":{"success":true,"display_msg":"'), 0xb9, 0xa4, ...bytes('"}}'));
  assert.deepEqual(readAnswer(gbk, assignApi), { kind: "unreadable", cause: "not_utf8" });
});

test("no input crashes the reader", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (body) => void readAnswer(body, assignApi)));
  fc.assert(fc.property(fc.json(), (body) => void read(body)));
});

test("no JSON counts as success unless it says so where the platform does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), async (body) => {
      const top = await harness([json(body), new Error("reset"), new Error("reset")]);
      const verdict = await top.assign();
      assert.notEqual(verdict.kind, "assigned");
    }),
    { numRuns: 40 },
  );
});

for (const [what, result] of [
  ["no result", undefined],
  ["a result that is text", '{"success":true}'],
  ["a list of results", [{ success: true }]],
  ["no success", {}],
  ["success 1", { success: 1 }],
  ["success null", { success: null }],
  ["success as a list", { success: [true] }],
  ["success yes", { success: "yes" }],
] as const) {
  test(`an answer with ${what} is unknown`, async () => {
    const top = await harness([json({ [`${wrapper}_response`]: result === undefined ? {} : { result } })]);
    assert.equal((await top.assign()).kind, "unknown");
  });
}

test("members of a prototype are not members of an answer", () => {
  const answer = read('{"__proto__":{"error_response":{"code":27}},"result":{"__proto__":{"success":true}}}');
  assert.ok(answer.kind === "content");
  assert.equal(asMembers(answer.content.result)?.success, undefined);
});

// transport

test("HTTP errors and redirects without an error_response are unknown, whatever their body says", async () => {
  for (const [status, code] of [
    [500, "upstream_unavailable"],
    [502, "upstream_unavailable"],
    [403, "upstream_unverified"],
    [404, "upstream_unverified"],
    [302, "upstream_unverified"],
    [201, "upstream_unverified"],
  ] as const) {
    const headers = status === 302 ? { location: "http://169.254.169.254/" } : {};
    const top = await harness([json({ result: { success: true } }, { status, headers })]);
    const verdict = await top.assign();
    assert.ok(verdict.kind === "unknown");
    assert.equal(verdict.failure.code, code);
    assert.equal(top.forms.length, 1);
  }
});

test("a connection that fails is unknown, never unsent", async () => {
  const top = await harness([new TypeError("Network connection lost.")]);
  const verdict = await top.assign();
  assert.ok(verdict.kind === "unknown" && verdict.failure.code === "upstream_unavailable");
});

test("the time-out covers headers and body, and ends the work", async () => {
  const stalls = [
    (_: URLSearchParams, init: RequestInit) =>
      new Promise<Response>((_resolve, reject) => {
        init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      }),
    (_: URLSearchParams, init: RequestInit) =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(bytes('{"result":{"success":true}'));
            init.signal?.addEventListener("abort", () => controller.error(init.signal?.reason));
          },
        }),
      ),
  ];
  for (const stall of stalls) {
    const top = await harness([stall]);
    const verdict = await top.assign({}, { deadline: top.clock.now + 20 });
    assert.ok(verdict.kind === "unknown");
    assert.equal(top.requests[0]?.init.signal?.aborted, true);
  }
});

test("an attempt whose deadline has passed sends nothing", async () => {
  const top = await harness([]);
  const verdict = await top.assign({}, { deadline: top.clock.now });
  assert.equal(verdict.kind, "unsent");
  const again = await top.assign({}, { deadline: top.clock.now, uncertain: true });
  assert.equal(again.kind, "unknown");
});

test("an answer of 50 MiB is given up early", async () => {
  let pulled = 0;
  const endless = new ReadableStream({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new Uint8Array(64 * 1024).fill(0x20));
      if (pulled > 800) controller.close();
    },
  });
  const top = await harness([new Response(endless)]);
  const verdict = await top.assign();
  assert.ok(verdict.kind === "unknown" && verdict.failure.code === "upstream_unverified");
  assert.ok(pulled < 20);
});

test("a body whose compression is broken is unknown", async () => {
  const broken = new ReadableStream({ start: (controller) => controller.error(new TypeError("gzip")) });
  const verdict = await (await harness([new Response(broken)])).assign();
  assert.equal(verdict.kind, "unknown");
});

test("a session that cannot be had is unsent: nothing left the machine", async () => {
  const top = await harness([]);
  top.authorisation.grant = async () => {
    throw new Error("the object is restarting");
  };
  const verdict = await top.assign();
  assert.ok(verdict.kind === "unsent" && verdict.failure.code === "upstream_unavailable");
});

test("plain text has no line breaks, no controls and no mobile, whatever comes in", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 500 }), (text) => {
      const plain = plainText(`${text}13812345678 `);
      assert.ok(!/[\p{Cc}\u2028\u2029]/u.test(plain));
      assert.ok(!plain.includes(" 13812345678 "));
      assert.ok([...plain].length <= 300);
    }),
  );
});
