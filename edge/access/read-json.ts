/**
 * Reads a JSON body from a caller that may lie about it. Without a Content-Length the cap counts bytes as they arrive.
 * With one the runtime's framing holds the body to it (workerd drops it beside a Transfer-Encoding, and refuses two), so
 * a body that is announced within the cap is taken whole: a reader costs twice as much. A compressed body could
 * unfold into anything, so compression is refused.
 */
import { fail, ok, type Result } from "../problem.ts";
import { readCapped } from "../read-capped.ts";
import { parseStrictJson } from "../strict-json.ts";

/** 64 KiB: the largest request of the contract, a guide with three URLs, stays below 5 KiB. */
export const maxBodyBytes = 64 * 1024;

const jsonContentType = /^application\/json[\t ]*(?:;[\t ]*charset=(?:utf-8|"utf-8")[\t ]*)?$/i;

/** ignoreBOM keeps a byte order mark in the text, where the JSON parser refuses it. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @returns the value; `unsupported_media_type`, `payload_too_large` or `invalid_request` */
export async function readJson(request: Request): Promise<Result<unknown>> {
  if (!jsonContentType.test(request.headers.get("content-type") ?? "")) {
    return fail("unsupported_media_type", "The Content-Type must be application/json in UTF-8.");
  }
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    return fail("unsupported_media_type", "The body must not be compressed.");
  }
  const announced = request.headers.get("content-length");
  if (Number(announced) > maxBodyBytes) return tooLarge();
  const isFramed = announced !== null && /^[0-9]+$/.test(announced);
  const body = await (isFramed ? readWhole(request) : readCounted(request));
  if (!body.ok) return body;
  let text: string;
  try {
    text = utf8.decode(body.value);
  } catch {
    return fail("invalid_request", "The body must be UTF-8.");
  }
  const json = parseStrictJson(text);
  if (json.ok) return ok(json.value);
  const { field, sentence } = json;
  // A member's name comes from the caller: it is named in `field`, as data, and only when it is a plain one.
  return fail("invalid_request", `The body ${sentence}.`, isPlainPath(field) ? { field } : {});
}

const isPlainPath = (path: string | undefined): path is string =>
  path !== undefined && path.length <= 255 && /^[\w.-]+$/.test(path);

const tooLarge = () => fail("payload_too_large", `The body must not exceed ${maxBodyBytes} bytes.`);

const brokenOff = () => fail("invalid_request", "The body ended before it was complete.");

async function readWhole(request: Request): Promise<Result<Uint8Array>> {
  try {
    const body = new Uint8Array(await request.arrayBuffer());
    return body.length > maxBodyBytes ? tooLarge() : ok(body);
  } catch {
    return brokenOff();
  }
}

async function readCounted(request: Request): Promise<Result<Uint8Array>> {
  try {
    const body = await readCapped(request.body, maxBodyBytes);
    return body ? ok(body) : tooLarge();
  } catch {
    return brokenOff();
  }
}
