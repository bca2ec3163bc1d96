/** The Authorization header of APIv3: fresh timestamp and nonce for every request, retries included. */
import { requestMessage } from "./canonical.ts";
import type { WechatCredentials } from "./credentials.ts";
import { signatureAlgorithm } from "./rsa-keys.ts";

/** APIv3, request signature: the platform refuses a timestamp more than five minutes off. */
export async function authorizationHeader(
  credentials: Pick<WechatCredentials, "mchid" | "serialNo" | "signKey">,
  method: string,
  pathAndQuery: string,
  body: Uint8Array,
  now: number,
): Promise<string> {
  const timestamp = String(Math.floor(now / 1000));
  // 32 characters, as APIv3 recommends, from the runtime's secure source.
  const nonce = crypto.randomUUID().replaceAll("-", "");
  const message = requestMessage(method, pathAndQuery, timestamp, nonce, body);
  const signature = await crypto.subtle.sign(signatureAlgorithm.name, credentials.signKey, message);
  return authorizationValue(credentials, nonce, timestamp, Buffer.from(signature).toString("base64"));
}

function authorizationValue(
  { mchid, serialNo }: Pick<WechatCredentials, "mchid" | "serialNo">,
  nonce: string,
  timestamp: string,
  signature: string,
): string {
  return `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",signature="${signature}",timestamp="${timestamp}",serial_no="${serialNo}"`;
}
