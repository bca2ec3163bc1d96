/**
 * One HTTP exchange, bounded in time and size. Runtimes report refused, reset and broken connections by free text, so
 * nothing is read out of an error: what did not bring a whole answer *may* have been executed.
 */
import type { Deadlines } from "../../deadlines.ts";
import { readCapped } from "../../read-capped.ts";
import { version } from "../../version.ts";
import type { ChannelRuntime } from "../channel.ts";

/** Ten guides or a handful of certificates stay below 32 KiB. */
const maxAnswerBytes = 128 * 1024;

export interface SignedRequest {
  method: "GET" | "POST" | "PATCH";
  url: string;
  body: Uint8Array<ArrayBuffer> | undefined;
  authorization: string;
  /** id of the platform key in force: what encrypted the body, and what is to sign the answer */
  platformSerial: string | undefined;
}

/** `timeout`: headers or body late. `connection`: no headers came. `broken`: the body did not come whole. */
export type TransportFault = "timeout" | "connection" | "broken" | "too-large";

export interface RawAnswer {
  kind: "answer";
  status: number;
  headers: Headers;
  body: Uint8Array;
}

export type Exchange = RawAnswer | { kind: "transport"; fault: TransportFault };

/** @param until epoch milliseconds, for headers and body together */
export async function send(
  request: SignedRequest,
  runtime: ChannelRuntime,
  deadlines: Deadlines,
  until: number,
): Promise<Exchange> {
  if (runtime.now() >= until) return { kind: "transport", fault: "timeout" };
  const controller = new AbortController();
  // A body that stalls ignores the signal in some runtimes; the bound ends the wait in all of them.
  return deadlines.bound<Exchange>(exchangeOnce(request, runtime, controller.signal), until, () => {
    controller.abort();
    return { kind: "transport", fault: "timeout" };
  });
}

async function exchangeOnce(request: SignedRequest, { fetch }: ChannelRuntime, signal: AbortSignal): Promise<Exchange> {
  let response: Response;
  try {
    response = await fetch(request.url, {
      method: request.method,
      headers: requestHeaders(request),
      // A redirect would carry a signed request, and the guide's data, to a host that is on no list.
      redirect: "manual",
      signal,
      ...(request.body && { body: request.body }),
    });
  } catch {
    return { kind: "transport", fault: "connection" };
  }
  try {
    const body = await readCapped(response.body, maxAnswerBytes);
    if (!body) return { kind: "transport", fault: "too-large" };
    return { kind: "answer", status: response.status, headers: response.headers, body };
  } catch {
    return { kind: "transport", fault: "broken" };
  }
}

function requestHeaders(request: SignedRequest): Record<string, string> {
  return {
    Accept: "application/json",
    // Messages are read for the member they name: pinned to the language that the documents list.
    "Accept-Language": "zh-CN",
    Authorization: request.authorization,
    // Workers send none of their own, and APIv3 turns away requests without one.
    "User-Agent": `staff-assign/${version}`,
    ...(request.body && { "Content-Type": "application/json" }),
    ...(request.platformSerial && { "Wechatpay-Serial": request.platformSerial }),
  };
}
