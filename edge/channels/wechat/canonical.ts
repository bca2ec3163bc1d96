/**
 * The strings that APIv3 signs, as bytes. Each line ends with LF, the last one too; bodies are taken as they travel,
 * never parsed and written again.
 */
const encoder = new TextEncoder();
const lineFeed = 0x0a;

/**
 * APIv3, request signature: method, path with query as sent, timestamp, nonce, body.
 * @param pathAndQuery `pathname + search` of the URL that is fetched, percent-encoded as on the wire
 * @param timestamp unix seconds, as in the header
 * @param body empty for GET
 */
export function requestMessage(
  method: string,
  pathAndQuery: string,
  timestamp: string,
  nonce: string,
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return withBody(`${method}\n${pathAndQuery}\n${timestamp}\n${nonce}\n`, body);
}

/** APIv3, response signature: timestamp, nonce, raw body; a 204 has the empty body. */
export function responseMessage(timestamp: string, nonce: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  return withBody(`${timestamp}\n${nonce}\n`, body);
}

function withBody(head: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const headBytes = encoder.encode(head);
  const message = new Uint8Array(headBytes.length + body.length + 1);
  message.set(headBytes);
  message.set(body, headBytes.length);
  message[message.length - 1] = lineFeed;
  return message;
}
