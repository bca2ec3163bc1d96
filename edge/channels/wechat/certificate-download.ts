/**
 * Downloads the platform certificates. The answer is signed under one of the certificates that it delivers, and during
 * a rotation by one that nobody holds yet; so it is verified with what it brings. What makes that sound is the AES-GCM
 * tag: only WeChat Pay and the merchant know the APIv3 key that sealed the certificates. The issuer's name adds nothing
 * to that, since whoever had the key could write any.
 */
import { isObject } from "../../is-object.ts";
import { nodeCrypto } from "../../node-crypto.ts";
import { fail, ok, type Result } from "../../problem.ts";
import { WechatClient } from "./client.ts";
import { normalSerial, type WechatCredentials } from "./credentials.ts";
import { parseObject } from "./error-body.ts";
import { decodeBase64 } from "./pem.ts";
import type { PlatformCertificate } from "./platform-keys.ts";
import { repeatWithin, type WechatRuntime } from "./repeat.ts";
import { importPlatformKey } from "./rsa-keys.ts";

const path = "/v3/certificates?algorithm_type=RSA";

/**
 * A probe or a passing fault is met by asking again: without a certificate nothing else can be done.
 * @param deadline epoch milliseconds
 * @param askAgainUntil epoch milliseconds; earlier where there are certificates to go on with meanwhile
 */
export async function downloadCertificates(
  credentials: WechatCredentials,
  runtime: WechatRuntime,
  deadline: number,
  askAgainUntil = deadline,
): Promise<Result<PlatformCertificate[]>> {
  const { apiV3Key, publicKeys, encryptWith } = credentials;
  let isUnderOtherKey = false;
  const findKey = async (serial: string, _deadline: number, body: Uint8Array) => {
    const configured = publicKeys.get(serial)?.verify;
    if (configured) return configured;
    const delivered = await openCertificates(body, apiV3Key, runtime.now());
    const own = delivered.find(({ serialNo }) => normalSerial(serialNo) === normalSerial(serial));
    if (!own) isUnderOtherKey = await isSealedUnderOtherKey(body, apiV3Key);
    const key = own && (await importPlatformKey(own.publicKeyPem));
    return key?.ok ? key.value.verify : undefined;
  };
  const client = new WechatClient(credentials, findKey, runtime);
  // A public key that is not in force must not be named: before the switch nothing is to change on the wire.
  const inForce = publicKeys.has(encryptWith) && { platformSerial: encryptWith };
  const answered = await repeatWithin(askAgainUntil, runtime, async () => {
    const outcome = await client.call({
      operation: "certificates",
      method: "GET",
      path,
      ...inForce,
      repeatable: true,
      deadline,
    });
    return isUnderOtherKey ? { kind: "rejected", failure: otherApiV3Key.failure } : outcome;
  });
  if (!answered.ok) return answered;
  const certificates = await openCertificates(answered.value.body, apiV3Key, runtime.now());
  return certificates.length > 0 ? ok(certificates) : otherApiV3Key;
}

/** Nothing can verify such a list, since it brings its own keys; believing it costs advice, and no assignment that was sent. */
const otherApiV3Key = fail(
  "upstream_unauthorized",
  "No listed platform certificate opens with wechat.apiV3Key; check that key.",
  { reason: "platform_key_missing" },
);

interface SealedCertificate {
  nonce: string;
  associated_data: string;
  ciphertext: string;
}

const rowsOf = (body: Uint8Array): unknown[] => {
  const rows = parseObject(body)?.data;
  return Array.isArray(rows) ? rows : [];
};

/** @returns the certificates that open under the APIv3 key, are what they are listed as, and have not expired */
async function openCertificates(body: Uint8Array, apiV3Key: CryptoKey, now: number): Promise<PlatformCertificate[]> {
  const opened = await Promise.all(rowsOf(body).map((row) => openCertificate(row, apiV3Key)));
  return opened.filter((certificate) => certificate !== undefined).filter(({ notAfter }) => now < notAfter);
}

/** Whether it is a list of the documented form, and none of it opens. */
async function isSealedUnderOtherKey(body: Uint8Array, apiV3Key: CryptoKey): Promise<boolean> {
  const opened = await Promise.all(
    rowsOf(body).map((row) =>
      isObject(row) && isSealed(row.encrypt_certificate) ? unseal(row.encrypt_certificate, apiV3Key) : "",
    ),
  );
  return opened.length > 0 && opened.every((pem) => pem === undefined);
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
