/**
 * PEM to non-extractable CryptoKeys. A CryptoKey serves one algorithm, so each RSA key is imported twice: once for
 * signatures, once for sensitive fields. Sentences say what to do and never quote the key.
 */
import { type Parsed, refuse } from "../../read-variable.ts";
import { readPem } from "./pem.ts";

/** RSASSA-PKCS1-v1_5 with SHA-256: `WECHATPAY2-SHA256-RSA2048`. */
export const signatureAlgorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
/** RSAES-OAEP with SHA-1 and MGF1-SHA-1, as APIv3 prescribes for sensitive fields. */
export const sensitiveFieldAlgorithm = { name: "RSA-OAEP", hash: "SHA-1" } as const;

/** Runtimes import shorter keys (workerd from 256 bits on), so the floor is ours to keep. */
const minModulusBits = 2048;

export interface MerchantKeys {
  sign: CryptoKey;
  decrypt: CryptoKey;
}

export interface PlatformKeyPair {
  verify: CryptoKey;
  encrypt: CryptoKey;
}

const advice: Readonly<Record<string, string>> = {
  CERTIFICATE: "is a certificate",
  "CERTIFICATE REQUEST": "is a certificate request",
  "PUBLIC KEY": "is a public key",
  "RSA PUBLIC KEY": "is a public key",
  "PRIVATE KEY": "is a private key",
  "RSA PRIVATE KEY": "is a private key",
  "EC PRIVATE KEY": "is an EC key, WeChat Pay uses RSA",
};

/** @param pem the merchant's `apiclient_key.pem`, PKCS#8 or PKCS#1 */
export async function importMerchantKey(pem: string): Promise<Parsed<MerchantKeys>> {
  const read = readPem(pem);
  if (!read.ok) return read;
  const { label, der } = read.value;
  if (label !== "PRIVATE KEY" && label !== "RSA PRIVATE KEY") {
    return refuse(`${advice[label] ?? "is not a private key"}; put the merchant's apiclient_key.pem here`);
  }
  const pkcs8 = label === "RSA PRIVATE KEY" ? wrapPkcs1(der) : der;
  if (!namesRsa(pkcs8)) return refuse("is not an RSA key; put the merchant's apiclient_key.pem here");
  return importPair(async () => ({
    sign: await crypto.subtle.importKey("pkcs8", pkcs8, signatureAlgorithm, false, ["sign"]),
    decrypt: await crypto.subtle.importKey("pkcs8", pkcs8, sensitiveFieldAlgorithm, false, ["decrypt"]),
  }));
}

/** @param pem WeChat Pay's `pub_key.pem`, or the public key of a platform certificate: SPKI */
export async function importPlatformKey(pem: string): Promise<Parsed<PlatformKeyPair>> {
  const read = readPem(pem);
  if (!read.ok) return read;
  const { label, der } = read.value;
  if (label !== "PUBLIC KEY") {
    return refuse(`${advice[label] ?? "is not a public key"}; put the pub_key.pem of WeChat Pay here`);
  }
  if (!namesRsa(der)) return refuse("is not an RSA key; put the pub_key.pem of WeChat Pay here");
  return importPair(async () => ({
    verify: await crypto.subtle.importKey("spki", der, signatureAlgorithm, false, ["verify"]),
    encrypt: await crypto.subtle.importKey("spki", der, sensitiveFieldAlgorithm, false, ["encrypt"]),
  }));
}

async function importPair<T extends object>(run: () => Promise<T>): Promise<Parsed<T>> {
  let pair: T;
  try {
    pair = await run();
  } catch {
    return refuse("is damaged or of an unusual kind; download the key again");
  }
  const [key] = Object.values(pair) as CryptoKey[];
  // The runtimes' own types disagree on `algorithm`; at run time it is an RsaHashedKeyAlgorithm.
  const bits = (key?.algorithm as { modulusLength?: number } | undefined)?.modulusLength ?? 0;
  if (bits < minModulusBits) return refuse(`has ${bits} bits; WeChat Pay and this edge need ${minModulusBits} or more`);
  return { ok: true, value: pair };
}

const rsaEncryptionOid = "06092a864886f70d010101";

/** Both PKCS#8 and SPKI name their algorithm in the first bytes. */
const namesRsa = (der: Uint8Array) => Buffer.from(der.subarray(0, 32)).toString("hex").includes(rsaEncryptionOid);

/** PKCS#8 is PKCS#1 in an OCTET STRING behind version and algorithm; importers accept PKCS#1 itself in workerd only. */
function wrapPkcs1(pkcs1: Uint8Array): Uint8Array<ArrayBuffer> {
  const version = Buffer.from("020100", "hex");
  const algorithm = Buffer.from(`300d${rsaEncryptionOid}0500`, "hex");
  return derElement(0x30, Buffer.concat([version, algorithm, derElement(0x04, pkcs1)]));
}

function derElement(tag: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  const header = content.length < 0x80 ? [tag, content.length] : [tag, 0x80 | length.length, ...length];
  const element = new Uint8Array(header.length + content.length);
  element.set(header);
  element.set(content, header.length);
  return element;
}
