/** Answers as the platforms give them, signed with node:crypto: independent of the code under test. */
import { createSign, randomBytes } from "node:crypto";
import type { DevEnvironment } from "./dev-environment.ts";
import type { Upstream } from "./edge.ts";

export interface PlatformKey {
  id: string;
  privateKey: string;
}

export function platformKeyOf(environment: DevEnvironment, alias: "DEMO" | "DIRECT" | "BOTH" = "DEMO"): PlatformKey {
  const text = environment.sandbox[`WECHAT_PUBLIC_KEY_${alias}`];
  if (text === undefined) throw new TypeError(`no platform key of ${alias}`);
  return JSON.parse(text) as PlatformKey;
}

/** Headers that sign a body at this second. */
export function signatureHeaders(key: PlatformKey, body: string): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const nonce = randomBytes(16).toString("hex");
  const signature = createSign("RSA-SHA256").update(`${timestamp}\n${nonce}\n${body}\n`).sign(key.privateKey, "base64");
  return {
    "Wechatpay-Timestamp": timestamp,
    "Wechatpay-Nonce": nonce,
    "Wechatpay-Signature": signature,
    "Wechatpay-Serial": key.id,
    "Request-ID": `${randomBytes(8).toString("hex").toUpperCase()}-0`,
  };
}

export const signed204 = (key: PlatformKey): Response =>
  new Response(null, { status: 204, headers: signatureHeaders(key, "") });

export function signedError(key: PlatformKey, status: number, code: string, message: string): Response {
  const body = JSON.stringify({ code, message });
  return new Response(body, {
    status,
    headers: { ...signatureHeaders(key, body), "Content-Type": "application/json" },
  });
}

/** A 2xx that anybody could have sent. */
export const unsigned204 = (): Response => new Response(null, { status: 204 });

/** WeChat Pay on a good day. */
export const accepting =
  (key: PlatformKey): Upstream =>
  () =>
    signed204(key);

/** Holds every call until it is released: to look at the edge while a send is in flight. */
export function gate(answer: Upstream): { upstream: Upstream; open: () => void; reached: Promise<void> } {
  const opened = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  return {
    upstream: async (request) => {
      reached.resolve();
      await opened.promise;
      return answer(request);
    },
    open: opened.resolve,
    reached: reached.promise,
  };
}
