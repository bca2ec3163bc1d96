/** Faults of networks and middleboxes, the same for both channels, and what they make of an answer. */
import type { Fault, TransportFault } from "./fault.ts";

const page = (title: string) =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;

const html = (status: number, title: string, headers?: Record<string, string>): Fault["effect"] => ({
  kind: "answer",
  status,
  contentType: "text/html",
  body: page(title),
  ...(headers && { headers }),
});

const transport = (how: TransportFault): Fault["effect"] => ({ kind: "transport", how });

export const transportFaults: readonly Fault[] = [
  { name: "SLOW", number: "300", stage: "after", effect: transport("slow") },
  { name: "HANG", number: "301", stage: "before", effect: transport("hang") },
  { name: "HANG_AFTER", number: "302", stage: "after", effect: transport("hang") },
  { name: "RESET", number: "303", stage: "before", effect: transport("reset") },
  { name: "RESET_AFTER", number: "304", stage: "after", effect: transport("reset") },
  { name: "TRUNCATED", number: "305", stage: "after", effect: transport("truncate") },
  { name: "TRICKLE", number: "306", stage: "after", effect: transport("trickle") },
  { name: "HUGE", number: "307", stage: "after", effect: transport("huge") },
  { name: "BAD_GZIP", number: "308", stage: "after", effect: transport("bad-gzip") },
  { name: "BOM", number: "309", stage: "after", effect: transport("bom") },
  { name: "HTML_500", number: "310", stage: "before", effect: html(500, "500 Internal Server Error") },
  { name: "HTML_502", number: "312", stage: "before", effect: html(502, "502 Bad Gateway") },
  { name: "HTML_502_AFTER", number: "322", stage: "after", effect: html(502, "502 Bad Gateway") },
  { name: "HTML_503", number: "313", stage: "before", effect: html(503, "503 Service Temporarily Unavailable") },
  { name: "HTML_504_AFTER", number: "324", stage: "after", effect: html(504, "504 Gateway Time-out") },
  { name: "HTML_200", number: "320", stage: "before", effect: html(200, "Wi-Fi login") },
  {
    name: "EMPTY_200",
    number: "321",
    stage: "before",
    effect: { kind: "answer", status: 200, contentType: "application/json", body: "" },
  },
  {
    name: "REDIRECT",
    number: "331",
    stage: "before",
    effect: html(302, "302 Found", { Location: "http://169.254.169.254/latest/meta-data/" }),
  },
];

/** More than any client should read: the documented answers stay below 64 KiB. */
const hugeBytes = 20 * 1024 * 1024;
/** Long enough that the head of the answer has left before the connection is cut. */
const flushMs = 50;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export interface Delays {
  slowMs: number;
  hangMs: number;
}

/** @param answer the genuine answer, as it would have been sent */
export async function spoilTransport(how: TransportFault, answer: Response, delays: Delays): Promise<Response> {
  switch (how) {
    case "slow":
      await sleep(delays.slowMs);
      return answer;
    case "hang":
      await sleep(delays.hangMs);
      return new Response("no answer\n", { status: 504, headers: { "Content-Type": "text/plain" } });
    case "reset":
      return cutOff(new Headers(), new Uint8Array([0x20]), 4096);
    case "truncate": {
      const bytes = await bytesOf(answer);
      return cutOff(answer.headers, bytes.subarray(0, Math.ceil(bytes.length / 2)), bytes.length + 4096);
    }
    case "trickle":
      return trickle(answer.headers, await bytesOf(answer), delays.slowMs / 3);
    case "huge":
      return new Response(huge(), { status: 200, headers: answer.headers });
    case "bad-gzip": {
      const headers = new Headers(answer.headers);
      headers.set("Content-Encoding", "gzip");
      // The magic number of gzip and then nonsense.
      const body = new Uint8Array([0x1f, 0x8b, 0x08, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06]);
      return new Response(body, { status: 200, headers, encodeBody: "manual" });
    }
    case "bom": {
      const bytes = await bytesOf(answer);
      const withMark = new Uint8Array(bytes.length + 3);
      withMark.set([0xef, 0xbb, 0xbf]);
      withMark.set(bytes, 3);
      return new Response(withMark, { status: 200, headers: answer.headers });
    }
  }
}

/** What a 204 has no room for travels as a 200: the head is right, the body is not. */
const bytesOf = async (answer: Response) => new Uint8Array(await answer.arrayBuffer());

/**
 * A Worker cannot drop a connection before the head of an answer, so the nearest thing is sent: the head, some bytes of
 * the length it promises, and then the connection is gone.
 */
function cutOff(headers: HeadersInit, sent: Uint8Array, promised: number): Response {
  const { readable, writable } = new FixedLengthStream(promised);
  const writer = writable.getWriter();
  const run = async () => {
    await writer.write(sent.length > 0 ? sent : new Uint8Array([0x20]));
    await sleep(flushMs);
    await writer.abort(new Error("connection cut on purpose"));
  };
  run().catch(() => {});
  return new Response(readable, { status: 200, headers });
}

/** One byte a second, with blanks up to a minute: slower than any budget, never silent. */
function trickle(headers: Headers, bytes: Uint8Array, pauseMs: number): Response {
  let sent = 0;
  const length = Math.max(bytes.length, 60);
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (sent > 0) await sleep(pauseMs);
      controller.enqueue(new Uint8Array([bytes[sent] ?? 0x20]));
      sent++;
      if (sent >= length) controller.close();
    },
  });
  return new Response(stream, { status: 200, headers });
}

function huge(): ReadableStream<Uint8Array> {
  const blanks = new Uint8Array(64 * 1024).fill(0x20);
  let sent = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(blanks);
      sent += blanks.length;
      if (sent >= hugeBytes) controller.close();
    },
  });
}
