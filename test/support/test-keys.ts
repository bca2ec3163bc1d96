/**
 * Fresh key material for a development environment. The certificates carry what the real ones carry (issuer, serial of
 * 20 bytes, validity of five years), so that whatever reads them reads the same shape.
 */
import "reflect-metadata"; // @peculiar/x509 resolves its parts through it
import { randomBytes } from "node:crypto";
import * as x509 from "@peculiar/x509";

const { subtle } = globalThis.crypto;

/** WeChat Pay signs with SHA-256 and keys of 2048 bits. */
const rsa2048 = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};

const issuerName = "CN=Tenpay.com Root CA,OU=Tenpay.com CA Center,O=Tenpay.com,C=CN";

export interface RsaKey {
  pair: CryptoKeyPair;
  /** PKCS#8 PEM */
  privateKey: string;
  /** SPKI PEM */
  publicKey: string;
}

export interface Certificate {
  /** upper-case hex */
  serialNo: string;
  pem: string;
}

const pem = (label: string, der: ArrayBuffer) =>
  `-----BEGIN ${label}-----\n${(
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? []
  ).join("\n")}\n-----END ${label}-----\n`;

export async function createRsaKey(): Promise<RsaKey> {
  const pair = await subtle.generateKey(rsa2048, true, ["sign", "verify"]);
  return {
    pair,
    privateKey: pem("PRIVATE KEY", await subtle.exportKey("pkcs8", pair.privateKey)),
    publicKey: pem("PUBLIC KEY", await subtle.exportKey("spki", pair.publicKey)),
  };
}

/** 20 bytes, positive and without a leading zero, so that its hex has 40 characters everywhere. */
function createSerialNo(): string {
  const bytes = randomBytes(20);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes.toString("hex").toUpperCase();
}

/** @param validFrom a certificate is valid for five years from here */
export async function createCertificate(
  subject: string,
  key: RsaKey,
  issuer: RsaKey,
  validFrom: Date,
): Promise<Certificate> {
  const serialNo = createSerialNo();
  const notAfter = new Date(validFrom);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + 5);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNo,
    subject,
    issuer: issuerName,
    notBefore: validFrom,
    notAfter,
    signingAlgorithm: rsa2048,
    publicKey: key.pair.publicKey,
    signingKey: issuer.pair.privateKey,
  });
  return { serialNo, pem: `${certificate.toString("pem").trim()}\n` };
}

/** Characters that need no quoting in JSON, shells and `.dev.vars`. */
export const randomText = (length: number): string =>
  randomBytes(length).toString("base64url").replaceAll(/[_-]/g, "x").slice(0, length);
