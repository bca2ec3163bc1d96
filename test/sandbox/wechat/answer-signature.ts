/** Signs an answer as WeChat Pay does, or as an impostor, a probe or a proxy would. */

import { encodeBase64, randomHex, utf8 } from "../encoding.ts";
import type { SignatureFault } from "../faults/fault.ts";
import { type PlatformKey, signerOf } from "./platform-keys.ts";

/** APIv3, response signature: three lines, the body's too; the body of a 204 is empty. */
const signedMessage = (timestamp: number, nonce: string, body: string) => utf8(`${timestamp}\n${nonce}\n${body}\n`);

/** Just beyond the five minutes that a client may grant, seen from its own clock a moment later or earlier. */
const staleSeconds = 310;

export async function signatureHeaders(
  key: PlatformKey,
  body: string,
  now: number,
  fault?: SignatureFault,
): Promise<Record<string, string>> {
  if (fault === "unsigned") return {};
  const skew = fault === "stale" ? -staleSeconds : fault === "early" ? staleSeconds : 0;
  const timestamp = Math.floor(now / 1000) + skew;
  const nonce = randomHex(16);
  const message = signedMessage(
    timestamp,
    fault === "other-nonce" ? randomHex(16) : nonce,
    fault === "other-body" ? `${body} ` : body,
  );
  const signature = new Uint8Array(await crypto.subtle.sign("RSASSA-PKCS1-v1_5", await signerOf(key), message));
  if (fault === "wrong") signature[0] = (signature[0] ?? 0) ^ 1;
  const headers: Record<string, string> = {
    "Wechatpay-Nonce": nonce,
    "Wechatpay-Serial": key.serial,
    "Wechatpay-Signature": encodeBase64(signature),
    "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
    "Wechatpay-Timestamp": String(timestamp),
  };
  switch (fault) {
    case "signtest":
      // Like the real probes, no whole number of base64 groups.
      headers["Wechatpay-Signature"] = `WECHATPAY/SIGNTEST/${encodeBase64(signature).slice(0, 322)}`;
      break;
    case "garbled":
      headers["Wechatpay-Signature"] = "%%%not base64%%%";
      break;
    case "unknown-serial":
      headers["Wechatpay-Serial"] = "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF";
      break;
    case "unknown-public-key":
      headers["Wechatpay-Serial"] = "PUB_KEY_ID_0199999999992026010100000000";
      break;
    case "no-timestamp":
      delete headers["Wechatpay-Timestamp"];
      break;
    case "no-nonce":
      delete headers["Wechatpay-Nonce"];
      break;
    case "no-serial":
      delete headers["Wechatpay-Serial"];
      break;
    case "no-signature":
      delete headers["Wechatpay-Signature"];
      break;
    default:
      break;
  }
  return headers;
}
