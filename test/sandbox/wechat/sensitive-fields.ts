/** Names and mobiles: up under a key of WeChat Pay, down under the merchant's own. RSAES-OAEP with SHA-1 both ways. */
import { decodeBase64, decodeUtf8, encodeBase64, utf8 } from "../encoding.ts";
import { type Answer, type ParameterName, row, tooLong } from "./answer.ts";
import { decryptorOf, type PlatformKey } from "./platform-keys.ts";

/** The documents give 512 as the longest ciphertext. */
const longestCiphertext = 512;

/** @param most bytes of plain text */
export async function decryptField(
  at: ParameterName,
  ciphertext: string,
  key: PlatformKey,
  most: number,
): Promise<{ plain: string } | Answer> {
  if (ciphertext.length > longestCiphertext) return tooLong(at, ciphertext.length, longestCiphertext);
  const bytes = decodeBase64(ciphertext);
  // A 2048-bit key makes 256 bytes; anything else was not encrypted.
  if (bytes?.length !== 256) return row("请确认待处理的消息是否为加密后的密文", at);
  let plain: string | undefined;
  try {
    plain = decodeUtf8(
      new Uint8Array(await crypto.subtle.decrypt({ name: "RSA-OAEP" }, await decryptorOf(key), bytes)),
    );
  } catch {
    return row("平台私钥解密失败", at);
  }
  if (plain === undefined) return row("平台私钥解密失败", at);
  const length = utf8(plain).length;
  return length > most ? tooLong(at, length, most) : { plain };
}

export const encryptField = async (plain: string, key: CryptoKey): Promise<string> =>
  encodeBase64(await crypto.subtle.encrypt({ name: "RSA-OAEP" }, key, utf8(plain)));
