/** Makes X.509 certificates for tests, and seals them as WeChat Pay does in its list. */
// The certificate library resolves its algorithms by reflection metadata and does not bring the polyfill itself.
import "reflect-metadata";
import { createCipheriv, type KeyPairKeyObjectResult, randomBytes } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { settings } from "./support.ts";

const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

export interface TestCertificate {
  pem: string;
  serialNo: string;
  pair: KeyPairKeyObjectResult;
  notBefore: Date;
  notAfter: Date;
}

export async function makeCertificate(
  pair: KeyPairKeyObjectResult,
  serialNo: string,
  { notBefore = "2026-01-01T00:00:00Z", notAfter = "2031-01-01T00:00:00Z" } = {},
): Promise<TestCertificate> {
  const pkcs8 = pair.privateKey.export({ type: "pkcs8", format: "der" });
  const spki = pair.publicKey.export({ type: "spki", format: "der" });
  const keys = {
    privateKey: await crypto.subtle.importKey("pkcs8", new Uint8Array(pkcs8), algorithm, true, ["sign"]),
    publicKey: await crypto.subtle.importKey("spki", new Uint8Array(spki), algorithm, true, ["verify"]),
  };
  const validity = { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNo,
    name: "CN=Tenpay.com Root CA, OU=Tenpay.com CA Center, O=Tenpay.com, C=CN",
    ...validity,
    signingAlgorithm: algorithm,
    keys,
  });
  return { pem: certificate.toString("pem"), serialNo, pair, ...validity };
}

/** One row of `GET /v3/certificates`. */
export function sealedRow({ pem, serialNo, notBefore, notAfter }: TestCertificate, apiV3Key = settings().apiV3Key) {
  const nonce = randomBytes(6).toString("hex");
  const cipher = createCipheriv("aes-256-gcm", apiV3Key, nonce).setAAD(Buffer.from("certificate"));
  const ciphertext = Buffer.concat([cipher.update(pem), cipher.final(), cipher.getAuthTag()]).toString("base64");
  return {
    serial_no: serialNo,
    effective_time: notBefore.toISOString(),
    expire_time: notAfter.toISOString(),
    encrypt_certificate: { algorithm: "AEAD_AES_256_GCM", nonce, associated_data: "certificate", ciphertext },
  };
}
