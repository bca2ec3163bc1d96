/** What bare workerd makes of a length that lies: the edge takes an announced body whole because of what is shown here. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { backendHeaders } from "../support/calls.ts";
import { createDevEnvironment } from "../support/dev-environment.ts";
import { startUpstream, type UpstreamServer } from "../support/upstream.ts";
import { createWorkplace, type Served, serve, type Workplace } from "./served.ts";

let upstream: UpstreamServer;
let workplace: Workplace;
let served: Served;
let headers: Record<string, string>;
before(async () => {
  upstream = await startUpstream();
  const environment = await createDevEnvironment({
    edgeOrigin: "http://127.0.0.1:8787",
    sandboxOrigin: upstream.origin,
  });
  workplace = createWorkplace(environment.edge);
  served = await serve(workplace);
  headers = { ...backendHeaders(environment.partnerApiKey), "Content-Type": "application/json" };
});
after(async () => {
  await served.stop();
  await upstream.close();
  workplace.remove();
});

/** Writes what it is told, true or not. @returns the first answer: its status line and its problem */
function post(framing: readonly string[], body: string): Promise<{ status: number; code?: string; field?: string }> {
  const { hostname, port } = new URL(served.origin);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = ["POST /v1/assignments HTTP/1.1", "Host: edge", "Connection: close", ...lines, ...framing];
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(Number(port), hostname, () => socket.write(`${head.join("\r\n")}\r\n\r\n${body}`));
    socket.on("data", (chunk) => {
      text += chunk.toString();
    });
    // What was sent beyond the answer makes the server reset the connection.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(text) ?? [];
      const [json] = /\{.*\}/s.exec(text) ?? [];
      resolve({ status: Number(status), ...(json !== undefined && JSON.parse(json)) });
    });
  });
}

const large = "x".repeat(70_000);
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

test("what follows an announced length is no part of the body", async () => {
  const { status, field } = await post(["Content-Length: 2"], `{}${large}`);
  assert.equal(status, 400);
  assert.equal(field, "channel", "the two bytes were read as an object without members");
});

for (const framing of [
  ["Content-Length: 2", "Transfer-Encoding: chunked"],
  ["Transfer-Encoding: chunked", "Content-Length: 2"],
]) {
  test(`${framing.join(" before ")}: the chunks are counted, and cut at the cap`, async () => {
    const { status, code } = await post(framing, chunk(large).repeat(20));
    assert.equal(status, 413);
    assert.equal(code, "payload_too_large");
  });
}

test("two lengths are refused before the edge sees a request", async () => {
  const { status, code } = await post(["Content-Length: 2", "Content-Length: 70000"], large);
  assert.equal(status, 400);
  assert.equal(code, undefined);
});
