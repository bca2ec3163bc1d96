/**
 * Downloads the platform certificates. The answer is signed under one of the certificates that it delivers, and during
 * a rotation by one that nobody holds yet; so it is verified with what it brings. What makes that sound is the AES-GCM
 * tag: only WeChat Pay and the merchant know the APIv3 key that sealed the certificates. The issuer's name adds nothing
 * to that, since whoever had the key could write any.
 */
import { isObject } from "../../is-object.ts";
import { nodeCrypto } from "../../node-crypto.ts";
import { fail, ok, type Result } from "../../problem.ts";
import type { ChannelRuntime } from "../channel.ts";
import { WechatClient } from "./client.ts";
import { normalSerial, type WechatCredentials } from "./credentials.ts";
import { parseObject } from "./error-body.ts";
import { decodeBase64 } from "./pem.ts";
import type { PlatformCertificate } from "./platform-keys.ts";
import { importPlatformKey } from "./rsa-keys.ts";

const path = "/v3/certificates?algorithm_type=RSA";

/** @param deadline epoch milliseconds */
export async function downloadCertificates(
  credentials: WechatCredentials,
  runtime: ChannelRuntime,
  deadline: number,
): Promise<Result<PlatformCertificate[]>> {
  let delivered: PlatformCertificate[] = [];
  const findKey = async (serial: string, _deadline: number, body: Uint8Array) => {
    const configured = credentials.publicKeys.get(serial)?.verify;
    if (configured) return configured;
    delivered = await openCertificates(body, credentials.apiV3Key, runtime.now());
    const own = delivered.find(({ serialNo }) => normalSerial(serialNo) === normalSerial(serial));
    const key = own && (await importPlatformKey(own.publicKeyPem));
    return key?.ok ? key.value.verify : undefined;
  };
  const client = new WechatClient(credentials, findKey, runtime);
  const [anyPublicKey] = credentials.publicKeys.keys();
  const outcome = await client.call({
    operation: "certificates",
    method: "GET",
    path,
    ...(anyPublicKey !== undefined && { platformSerial: anyPublicKey }),
    repeatable: true,
    deadline,
  });
  if (outcome.kind !== "ok") return { ok: false, failure: outcome.failure };
  if (delivered.length === 0) delivered = await openCertificates(outcome.body, credentials.apiV3Key, runtime.now());
  if (delivered.length > 0) return ok(delivered);
  return fail("upstream_unauthorized", "No listed platform certificate opens with wechat.apiV3Key; check that key.", {
    reason: "platform_key_missing",
  });
}

interface SealedCertificate {
  nonce: string;
  associated_data: string;
  ciphertext: string;
}

/** @returns the certificates that open under the APIv3 key, are what they are listed as, and have not expired */
async function openCertificates(body: Uint8Array, apiV3Key: CryptoKey, now: number): Promise<PlatformCertificate[]> {
  const rows = parseObject(body)?.data;
  if (!Array.isArray(rows)) return [];
  const opened = await Promise.all(rows.map((row: unknown) => openCertificate(row, apiV3Key)));
  return opened.filter((certificate) => certificate !== undefined).filter(({ notAfter }) => now < notAfter);
}

async function openCertificate(row: unknown, apiV3Key: CryptoKey): Promise<PlatformCertificate | undefined> {
  if (!isObject(row) || typeof row.serial_no !== "string" || !isSealed(row.encrypt_certificate)) return undefined;
  const pem = await unseal(row.encrypt_certificate, apiV3Key);
  if (pem === undefined) return undefined;
  try {
    const certificate = new (nodeCrypto().X509Certificate)(pem);
    const serialNo = certificate.serialNumber.toUpperCase();
    if (normalSerial(serialNo) !== normalSerial(row.serial_no)) return undefined;
    const publicKeyPem = certificate.publicKey.export({ type: "spki", format: "pem" }).toString();
    const notBefore = Date.parse(certificate.validFrom);
    const notAfter = Date.parse(certificate.validTo);
    const key = await importPlatformKey(publicKeyPem);
    if (!key.ok || Number.isNaN(notBefore) || Number.isNaN(notAfter)) return undefined;
    return { serialNo, publicKeyPem, notBefore, notAfter };
  } catch {
    return undefined;
  }
}

/** APIv3, certificates: AES-256-GCM, 12-byte nonce, the tag at the end of the ciphertext. */
async function unseal(sealed: SealedCertificate, apiV3Key: CryptoKey): Promise<string | undefined> {
  const ciphertext = decodeBase64(sealed.ciphertext);
  if (!ciphertext) return undefined;
  const encoder = new TextEncoder();
  try {
    const plaintext = await crypto.subtle.decrypt(
      {
        name: "AES-GCM",
        iv: encoder.encode(sealed.nonce),
        additionalData: encoder.encode(sealed.associated_data),
      },
      apiV3Key,
      ciphertext,
    );
    return new TextDecoder().decode(plaintext);
  } catch {
    return undefined;
  }
}

const isSealed = (value: unknown): value is SealedCertificate & Record<string, unknown> =>
  isObject(value) &&
  value.algorithm === "AEAD_AES_256_GCM" &&
  typeof value.nonce === "string" &&
  typeof value.associated_data === "string" &&
  typeof value.ciphertext === "string";
