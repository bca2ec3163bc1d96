/**
 * For operators, before the first order: WeChat Pay's self-test call under one of the configured public keys. It has no
 * effect there, and only the right merchant number, serial number, private key, clock and public key bring back what was sent.
 */
import { fail, ok, type Result } from "../../problem.ts";
import type { ChannelRuntime } from "../channel.ts";
import { WechatClient } from "./client.ts";
import type { WechatCredentials } from "./credentials.ts";
import { parseObject } from "./error-body.ts";
import type { PlatformKeyPair } from "./rsa-keys.ts";
import { decryptField, encryptField } from "./sensitive-fields.ts";
import { jsonBody } from "./wire.ts";

/**
 * @param id the `PUB_KEY_ID_…` that the answer is to be signed under
 * @param deadline epoch milliseconds
 */
export async function askForEcho(
  credentials: WechatCredentials,
  id: string,
  key: PlatformKeyPair,
  runtime: ChannelRuntime,
  deadline: number,
): Promise<Result<null>> {
  const message = crypto.randomUUID();
  const body = jsonBody({ echo_message: message, encrypted_echo_message: await encryptField(key.encrypt, message) });
  const client = new WechatClient(credentials, async (serial) => (serial === id ? key.verify : undefined), runtime);
  const answered = await client.call({
    operation: "echo",
    method: "POST",
    path: "/v3/security/echo",
    body,
    platformSerial: id,
    repeatable: true,
    deadline,
  });
  if (answered.kind !== "ok") return { ok: false, failure: answered.failure };
  const echo = parseObject(answered.body);
  const sealed = echo?.encrypted_echo_message;
  const opened = typeof sealed === "string" ? await decryptField(credentials.decryptKey, sealed) : undefined;
  if (echo?.echo_message === message && opened === message) return ok(null);
  return fail("upstream_unverified", "WeChat Pay's echo is not what was sent.");
}
