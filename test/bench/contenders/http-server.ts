/** `node:http` in front of a library that assigns: the least that a partner would write around it. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Address } from "./served-by.ts";

/** @param assign throws unless the answer was verified */
export async function serve(
  assign: (order: string, guideId: string) => Promise<void>,
): Promise<() => Promise<Address>> {
  const server = createServer((request, response) => {
    const answer = async () => {
      if (request.url === "/healthz") return "ok";
      const { order, guide } = JSON.parse(await textOf(request)) as { order: string; guide: { id: string } };
      await assign(order, guide.id);
      return JSON.stringify({ status: "assigned", order, guide });
    };
    answer().then(
      (text) => response.writeHead(200, { "Content-Type": "application/json" }).end(text),
      (error: unknown) => response.writeHead(502).end(error instanceof Error ? error.message : "failed"),
    );
  });
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async () => ({ url, pid: process.pid });
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
