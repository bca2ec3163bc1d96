/** Sends exactly what it is told, dot segments and missing headers included; a browser's or Node's `fetch` would tidy it. */
import { request } from "node:http";

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export function sendRaw(
  origin: string,
  message: { method: string; target: string; headers?: Record<string, string>; body?: string | Buffer },
): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        hostname,
        port,
        method: message.method,
        path: message.target,
        headers: { ...message.headers, "Content-Length": Buffer.byteLength(message.body ?? "") },
        agent: false,
      },
      (incoming) => {
        const parts: Buffer[] = [];
        incoming.on("data", (part: Buffer) => parts.push(part));
        incoming.on("error", reject);
        incoming.on("end", () => {
          const headers = Object.fromEntries(
            Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
          );
          resolve({ status: incoming.statusCode ?? 0, headers, body: Buffer.concat(parts) });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(message.body);
  });
}
