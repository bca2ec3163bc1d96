/** WeChat Pay and TOP as a server of the test's own: every call is kept and answered by what the test says. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Upstream } from "./edge.ts";

export interface UpstreamServer {
  readonly origin: string;
  /** calls since the start or the last `forget`, in the order of their arrival */
  readonly calls: UpstreamCall[];
  answerWith(upstream: Upstream): void;
  forget(): void;
  /** The first call that fits, those that have come already included. */
  seen(fits: (call: UpstreamCall) => boolean): Promise<UpstreamCall>;
  close(): Promise<void>;
}

export interface UpstreamCall {
  method: string;
  path: string;
  headers: Headers;
  body: string;
}

export const noAnswer = (): Promise<Response> => new Promise(() => {});

/** What TOP was sent, or undefined for a call to WeChat Pay. */
export const formOf = ({ path, body }: UpstreamCall): URLSearchParams | undefined =>
  path === "/router/rest" ? new URLSearchParams(body) : undefined;

export async function startUpstream(): Promise<UpstreamServer> {
  const calls: UpstreamCall[] = [];
  const awaited = new Set<(call: UpstreamCall) => void>();
  let upstream: Upstream = () => new Response("this test has no upstream", { status: 599 });
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    const body = Buffer.concat(chunks).toString();
    const headers = new Headers(request.headers as Record<string, string>);
    const { method = "GET", url = "/" } = request;
    const call = { method, path: url, headers, body };
    calls.push(call);
    for (const tell of awaited) tell(call);
    try {
      const init = method === "GET" ? { method, headers } : { method, headers, body };
      const answer = await upstream(new Request(new URL(url, "http://upstream.invalid"), init));
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    } catch {
      request.socket.destroy();
    }
  });
  // One that is closed for idleness just as it is used again is a lost connection, which no test asks for.
  server.keepAliveTimeout = 0;
  server.listen(0);
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answerWith: (answer) => {
      upstream = answer;
    },
    forget: () => calls.splice(0),
    seen: (fits) => {
      const { promise, resolve } = Promise.withResolvers<UpstreamCall>();
      const come = calls.find(fits);
      if (come) return Promise.resolve(come);
      const tell = (call: UpstreamCall) => {
        if (!fits(call)) return;
        awaited.delete(tell);
        resolve(call);
      };
      awaited.add(tell);
      return promise;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
