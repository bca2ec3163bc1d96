/** `GET /v3/certificates`: the platform certificates, each sealed with the merchant's APIv3 key. */
import { encodeBase64, randomHex, utf8 } from "../encoding.ts";
import type { WechatMerchant } from "../settings.ts";
import { type Answer, json, refusal } from "./answer.ts";
import type { KeysInForce, PlatformKey } from "./platform-keys.ts";

const associatedData = "certificate";

/** RFC 3339 in Beijing time, as the documents show it. */
const beijing = (time: Date | undefined) =>
  `${new Date((time?.getTime() ?? 0) + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;

async function sealed(key: PlatformKey, apiV3Key: string) {
  // Twelve characters, used as they are: the nonce travels as text.
  const nonce = randomHex(6);
  const secret = await crypto.subtle.importKey("raw", utf8(apiV3Key), "AES-GCM", false, ["encrypt"]);
  const ciphertext = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: utf8(nonce), additionalData: utf8(associatedData) },
    secret,
    utf8(key.certificate ?? ""),
  );
  return {
    serial_no: key.serial,
    effective_time: beijing(key.effectiveTime),
    expire_time: beijing(key.expireTime),
    encrypt_certificate: {
      algorithm: "AEAD_AES_256_GCM",
      nonce,
      associated_data: associatedData,
      ciphertext: encodeBase64(ciphertext),
    },
  };
}

export async function certificateList(merchant: WechatMerchant, keys: KeysInForce, algorithm: string): Promise<Answer> {
  if (keys.certificates.length === 0 || algorithm === "SM2") {
    return refusal(404, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥");
  }
  return json({ data: await Promise.all(keys.certificates.map((key) => sealed(key, merchant.apiV3Key))) });
}
