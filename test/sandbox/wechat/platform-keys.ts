/**
 * WeChat Pay's own keys: platform certificates that rotate, and a public key per merchant that does not. Which of them
 * are in force, and which one signs an answer, follows from the merchant's kind and from the state of the switch.
 */
import { X509Certificate } from "node:crypto";
import type { PlatformState } from "../book/book.ts";
import { derOf } from "../encoding.ts";
import type { CertificateSettings, PublicKeySettings, SandboxSettings, WechatMerchant } from "../settings.ts";

export interface PlatformKey {
  /** serial of a platform certificate in upper-case hex, or `PUB_KEY_ID_…` */
  serial: string;
  privateKey: string;
  /** PEM; absent for a public key */
  certificate?: string;
  effectiveTime?: Date;
  expireTime?: Date;
}

export interface KeysInForce {
  /** certificates that `GET /v3/certificates` lists, oldest first */
  certificates: readonly PlatformKey[];
  publicKey: PlatformKey | undefined;
  /** a public key that exists but is not in force yet */
  dormant: PlatformKey | undefined;
}

const certificateCache = new WeakMap<CertificateSettings, PlatformKey>();

function certificateKey(settings: CertificateSettings): PlatformKey {
  const known = certificateCache.get(settings);
  if (known) return known;
  const certificate = new X509Certificate(settings.certificate);
  const key: PlatformKey = {
    serial: certificate.serialNumber.toUpperCase(),
    privateKey: settings.privateKey,
    certificate: settings.certificate,
    effectiveTime: new Date(certificate.validFrom),
    expireTime: new Date(certificate.validTo),
  };
  certificateCache.set(settings, key);
  return key;
}

const publicKeyOf = (settings: PublicKeySettings): PlatformKey => ({
  serial: settings.id,
  privateKey: settings.privateKey,
});

export function keysInForce(merchant: WechatMerchant, state: PlatformState, settings: SandboxSettings): KeysInForce {
  const own = merchant.publicKey === undefined ? undefined : settings.publicKeys.get(merchant.publicKey);
  const publicKey = own && publicKeyOf(own);
  const all = settings.certificates.map(certificateKey);
  const rotating = { before: all.slice(0, 1), during: all, after: all.slice(-1) }[state.rotation];
  switch (merchant.keys) {
    case "public-key":
      return { certificates: [], publicKey, dormant: undefined };
    case "certificate":
      return { certificates: rotating, publicKey: undefined, dormant: undefined };
    case "both":
      return {
        certificates: state.migration === "after" ? [] : rotating,
        publicKey: state.migration === "before" ? undefined : publicKey,
        dormant: state.migration === "before" ? publicKey : undefined,
      };
  }
}

/**
 * The key that signs an answer. A request that names the public key is answered by it; otherwise a platform certificate
 * signs where there is one. While two certificates are in force both sign, by turns.
 *
 * @param turn any number that grows with the requests
 */
export function signingKey(keys: KeysInForce, requestedSerial: string | undefined, turn: number): PlatformKey {
  const { certificates, publicKey } = keys;
  const certificate = certificates[turn % Math.max(certificates.length, 1)];
  const key = publicKey && (requestedSerial === publicKey.serial || !certificate) ? publicKey : certificate;
  if (!key)
    throw new TypeError("the merchant has no platform key: WECHAT_PUBLIC_KEY_… or WECHAT_CERTIFICATE_… is missing");
  return key;
}

/** @returns the key that a request's `Wechatpay-Serial` may encrypt with */
export const decryptionKey = (keys: KeysInForce, serial: string): PlatformKey | undefined =>
  [...keys.certificates, ...(keys.publicKey ? [keys.publicKey] : [])].find((key) => key.serial === serial);

const signers = new Map<string, Promise<CryptoKey>>();
const decryptors = new Map<string, Promise<CryptoKey>>();

function imported(
  cache: Map<string, Promise<CryptoKey>>,
  pem: string,
  algorithm: SubtleCryptoImportKeyAlgorithm,
  usage: "sign" | "decrypt",
): Promise<CryptoKey> {
  const known = cache.get(pem);
  if (known) return known;
  const key = crypto.subtle.importKey("pkcs8", derOf(pem), algorithm, false, [usage]);
  cache.set(pem, key);
  return key;
}

export const signerOf = (key: PlatformKey) =>
  imported(signers, key.privateKey, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, "sign");

/** RSAES-OAEP with SHA-1 and MGF1-SHA-1, as APIv3 prescribes. */
export const decryptorOf = (key: PlatformKey) =>
  imported(decryptors, key.privateKey, { name: "RSA-OAEP", hash: "SHA-1" }, "decrypt");
