/** Lost, slow, oversized and garbled answers, over a real socket where the socket is the fault. */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { after, afterEach, beforeEach, describe, it, mock } from "node:test";
import { attemptMs } from "../../../edge/ledger/schedule.ts";
import {
  type Answerer,
  assertSigned,
  attempt,
  channelOf,
  clock,
  epoch,
  forever,
  intent,
  noGuides,
  pass,
  registration,
  sent,
  signedAnswer,
  TestRuntime,
  unsignedAnswer,
} from "./support.ts";

beforeEach(() => {
  clock.now = epoch;
});

const open: Server[] = [];
after(() => {
  for (const server of open) server.close();
});

async function listen(server: Server): Promise<string> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const httpUpstream = (handle: (request: IncomingMessage, response: ServerResponse) => void) =>
  listen(createServer(handle));
const tcpUpstream = (handle: (socket: Socket) => void) =>
  listen(
    createTcpServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.once("data", () => handle(socket));
    }),
  );

/** Sends over the network, to the one host that is given. */
async function assignAt(host: string) {
  const runtime = new TestRuntime(() => signedAnswer(204, ""));
  const channel = await channelOf(Object.assign(runtime, { fetch: globalThis.fetch }), { hosts: [host] });
  const verdict = await channel.assign(intent, attempt());
  return { verdict, runtime };
}

const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

describe("a connection that fails leaves the outcome unknown", () => {
  const sockets: [name: string, handle: (socket: Socket) => void][] = [
    ["reset before headers", (socket) => socket.resetAndDestroy()],
    ["closed without an answer", (socket) => socket.end()],
    [
      "reset after headers",
      (socket) => socket.write(`${head}Content-Length: 10\r\n\r\n{}`, () => socket.resetAndDestroy()),
    ],
    [
      "a body shorter than its length",
      (socket) => socket.end(`${head}Content-Length: 1000\r\n\r\n{"code":"PARAM_ERROR"}`),
    ],
    ["a chunk that never ends", (socket) => socket.end(`${head}Transfer-Encoding: chunked\r\n\r\nff\r\n{}`)],
    ["bad gzip", (socket) => socket.end(`${head}Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope`)],
    ["bad brotli", (socket) => socket.end(`${head}Content-Encoding: br\r\nContent-Length: 4\r\n\r\nnope`)],
    ["something that is not HTTP", (socket) => socket.end("SSH-2.0-OpenSSH\r\n")],
  ];
  for (const [name, handle] of sockets) {
    it(name, async () => {
      const { verdict, runtime } = await assignAt(await tcpUpstream(handle));
      assert.equal(verdict.kind, "unknown");
      assert.equal(verdict.failure.code, "upstream_unavailable");
      assert.equal(runtime.counts[0]?.counter, "wechat_transport_failure");
    });
  }

  it("refused", async () => {
    const server = createTcpServer();
    const host = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const { verdict, runtime } = await assignAt(host);
    assert.equal(verdict.kind, "unknown");
    assert.equal(runtime.counts[0]?.labels.fault, "connection");
  });

  it("a host that does not resolve", async () => {
    const { verdict } = await assignAt("http://staff-assign.invalid");
    assert.equal(verdict.kind, "unknown");
  });

  it("a redirect over a real socket goes nowhere", async () => {
    let followed = 0;
    const target = await httpUpstream((_request, response) => {
      followed += 1;
      response.writeHead(204).end();
    });
    const host = await httpUpstream((_request, response) => response.writeHead(307, { location: target }).end());
    const { verdict } = await assignAt(host);
    assert.equal(verdict.kind, "unknown");
    assert.equal(followed, 0);
  });

  it("50 MiB are not read: the transfer ends at the cap", async () => {
    let sent = 0;
    const host = await httpUpstream((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const write = () => {
        while (sent < 50 * 1024 * 1024 && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return response.once("drain", write);
        }
        return response.end();
      };
      write();
    });
    const { verdict, runtime } = await assignAt(host);
    assert.equal(verdict.kind, "unknown");
    assert.equal(runtime.counts[0]?.labels.fault, "too-large");
    assert.ok(sent < 25 * 1024 * 1024, `${sent} bytes were taken`);
  });

  it("duplicate signature headers over a real socket are no signature", async () => {
    const answer = signedAnswer(204, "");
    const host = await tcpUpstream((socket) => {
      const lines = [...answer.headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
      socket.end(`HTTP/1.1 204 No Content\r\n${lines}Wechatpay-Nonce: again\r\n\r\n`);
    });
    assert.equal((await assignAt(host)).verdict.kind, "unknown");
  });

  it("what a real 204 carries is enough", async () => {
    const host = await httpUpstream((_request, response) => {
      for (const [name, value] of signedAnswer(204, "").headers) response.setHeader(name, value);
      response.writeHead(204).end();
    });
    assert.equal((await assignAt(host)).verdict.kind, "assigned");
  });
});

describe("time", { timeout: 60_000 }, () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());

  const hosts = ["https://api.mch.weixin.qq.com"];

  const stalls: [name: string, answer: Answerer][] = [
    ["headers that never come", forever],
    ["a body that never ends", () => unsignedAnswer(200, null) && new Response(new ReadableStream({ pull: forever }))],
    [
      "one byte at a time, then silence",
      () =>
        new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new Uint8Array([0x7b])),
            pull: forever,
          }),
        ),
    ],
  ];
  for (const [name, answer] of stalls) {
    it(`${name}: ends after 4 s, the work is told to stop`, async () => {
      const runtime = new TestRuntime(answer);
      const verdict = (await channelOf(runtime, { hosts })).assign(intent, attempt());
      await sent(runtime, 1);
      pass(3_999);
      assert.equal(runtime.requests[0]?.signal?.aborted, false);
      pass(1);
      assert.equal((await verdict).kind, "unknown");
      assert.equal(runtime.requests[0]?.signal?.aborted, true);
      assert.equal(runtime.counts[0]?.labels.fault, "timeout");
    });
  }

  it("a deadline shorter than the time-out wins", async () => {
    const runtime = new TestRuntime(forever);
    const channel = await channelOf(runtime);
    const verdict = channel.assign(intent, { uncertain: false, deadline: clock.now + 500 });
    await sent(runtime, 1);
    pass(500);
    assert.equal((await verdict).kind, "unknown");
    assert.equal(runtime.requests.length, 1, "no time for another host");
  });

  it("a silent primary leaves the backup the larger part of the ledger's attempt, signed anew for its time", async () => {
    const runtime = new TestRuntime(forever, () => signedAnswer(204, ""));
    const verdict = (await channelOf(runtime)).assign(intent, attempt());
    await sent(runtime, 1);
    pass(attemptMs / 2 - 1);
    assert.equal((await verdict).kind, "assigned");
    const [first, second] = runtime.requests.map((request) => assertSigned(request));
    assert.equal(Number(second?.timestamp) - Number(first?.timestamp), 1);
    assert.notEqual(first?.nonce, second?.nonce);
    assert.equal(runtime.requests[0]?.signal?.aborted, true, "the primary is told to stop");
  });

  it("a primary that is slow by half a second over a second is waited for, not asked twice", async () => {
    const late = Promise.withResolvers<Response>();
    const runtime = new TestRuntime(() => late.promise);
    const verdict = (await channelOf(runtime)).assign(intent, attempt());
    await sent(runtime, 1);
    pass(1_500);
    late.resolve(signedAnswer(204, ""));
    assert.equal((await verdict).kind, "assigned");
    assert.equal(runtime.requests.length, 1);
  });

  it("two silent hosts end with the attempt, at its deadline and not before", async () => {
    const runtime = new TestRuntime(forever);
    const verdict = (await channelOf(runtime)).assign(intent, attempt());
    await sent(runtime, 1);
    pass(attemptMs / 2);
    await sent(runtime, 2);
    pass(attemptMs / 2 - 1);
    assert.equal(runtime.requests[1]?.signal?.aborted, false, "the last host has all that is left");
    pass(1);
    assert.equal((await verdict).kind, "unknown");
    assert.equal(runtime.requests.length, 2);
  });

  it("a call that must not be repeated is not cut short for a host that it may not use", async () => {
    const runtime = new TestRuntime(noGuides, forever);
    const { guides } = await channelOf(runtime);
    const registered = guides?.register(registration);
    await sent(runtime, 2);
    pass(3_999);
    assert.equal(runtime.requests[1]?.signal?.aborted, false);
    clock.now += 8_000;
    pass(1);
    assert.equal((await registered)?.ok, false);
  });

  it("a primary is not passed over for the silence of calls that had no time", async () => {
    const runtime = new TestRuntime(forever, forever, forever, () => signedAnswer(204, ""));
    const channel = await channelOf(runtime);
    for (let call = 1; call <= 3; call++) {
      const verdict = channel.assign(intent, { uncertain: false, deadline: clock.now + 50 });
      await sent(runtime, call);
      pass(50);
      assert.equal((await verdict).kind, "unknown");
    }
    await channel.assign(intent, attempt());
    const hosts = runtime.requests.map(({ url }) => new URL(url).host);
    assert.deepEqual(new Set(hosts), new Set(["api.mch.weixin.qq.com"]));
  });
});

describe("hosts", () => {
  const lost = () => Promise.reject(new Error("Network connection lost."));
  const originsOf = (runtime: TestRuntime) => runtime.requests.map(({ url }) => new URL(url).host);

  it("a transport failure moves the same parameters to the backup, signed anew", async () => {
    const runtime = new TestRuntime(lost, () => signedAnswer(204, ""));
    assert.equal((await (await channelOf(runtime)).assign(intent, attempt())).kind, "assigned");
    assert.deepEqual(originsOf(runtime), ["api.mch.weixin.qq.com", "api2.mch.weixin.qq.com"]);
    const [first, second] = runtime.requests;
    assert.ok(first && second);
    assert.deepEqual(first.body, second.body);
    assert.notEqual(assertSigned(first).nonce, assertSigned(second).nonce);
    const failovers = runtime.counts.filter(({ counter }) => counter === "wechat_failover");
    assert.deepEqual(
      failovers.map(({ labels }) => labels),
      [{ host: "https://api2.mch.weixin.qq.com", operation: "assign" }],
    );
  });

  it("both down is one clear unknown", async () => {
    const runtime = new TestRuntime(lost);
    const verdict = await (await channelOf(runtime)).assign(intent, attempt());
    assert.equal(verdict.kind === "unknown" && verdict.failure.code, "upstream_unavailable");
    assert.equal(runtime.requests.length, 2);
  });

  it("a rate limit of the backup does not undo what the primary may have executed", async () => {
    const runtime = new TestRuntime(lost, () => signedAnswer(429, '{"code":"RATE_LIMITED","message":"x"}'));
    assert.equal((await (await channelOf(runtime)).assign(intent, attempt())).kind, "unknown");
  });

  it("an HTTP error is an answer: no other host is asked", async () => {
    const runtime = new TestRuntime(() => unsignedAnswer(502, "<html></html>"));
    await (await channelOf(runtime)).assign(intent, attempt());
    assert.equal(runtime.requests.length, 1);
  });

  it("a registration is never moved to another host: it may have been executed", async () => {
    const runtime = new TestRuntime(noGuides, lost, () => signedAnswer(200, '{"data":"unreadable"}'));
    const { guides } = await channelOf(runtime);
    await guides?.register(registration);
    assert.equal(runtime.requests.filter(({ method }) => method === "POST").length, 1);
  });
});
