/** What WeChat Pay holds of a merchant: the API certificate, whose key verifies requests and encrypts answers. */
import { X509Certificate } from "node:crypto";
import { derOf } from "../encoding.ts";
import type { WechatMerchant } from "../settings.ts";

export interface MerchantKeys {
  /** upper-case hex */
  serialNo: string;
  verifier: CryptoKey;
  encryptor: CryptoKey;
}

async function load(merchant: WechatMerchant): Promise<MerchantKeys> {
  const certificate = new X509Certificate(merchant.certificate);
  const spki = derOf(String(certificate.publicKey.export({ type: "spki", format: "pem" })));
  return {
    serialNo: certificate.serialNumber.toUpperCase(),
    verifier: await crypto.subtle.importKey("spki", spki, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, false, [
      "verify",
    ]),
    encryptor: await crypto.subtle.importKey("spki", spki, { name: "RSA-OAEP", hash: "SHA-1" }, false, ["encrypt"]),
  };
}

const cache = new WeakMap<WechatMerchant, Promise<MerchantKeys>>();

export function keysOfMerchant(merchant: WechatMerchant): Promise<MerchantKeys> {
  const known = cache.get(merchant);
  if (known) return known;
  const keys = load(merchant);
  cache.set(merchant, keys);
  return keys;
}
