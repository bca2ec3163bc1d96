/** WeChat Pay on a loopback port of its own, answering as the test says. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Upstream } from "../support/edge.ts";

export interface RunningUpstream {
  origin: string;
  /** calls since the start */
  readonly sent: { method: string; path: string; body: string }[];
  answerWith(upstream: Upstream): void;
  close(): Promise<void>;
}

export async function startUpstream(): Promise<RunningUpstream> {
  const sent: RunningUpstream["sent"] = [];
  let answer: Upstream = () => new Response("this test has no upstream", { status: 599 });
  const server = createServer((request, response) => {
    void handle(request, response, sent, (received) => answer(received));
  });
  // As in ../support/upstream.ts: no connection ends for idleness.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    answerWith: (upstream) => {
      answer = upstream;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  sent: RunningUpstream["sent"],
  upstream: Upstream,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  const { method = "GET", url = "/" } = incoming;
  sent.push({ method, path: url, body });
  const request = new Request(new URL(url, "http://upstream.invalid"), { method, ...(body !== "" && { body }) });
  const response = await upstream(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}
