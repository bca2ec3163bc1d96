/** Proof of possession (RFC 9449): an ES256 key that cannot be exported and lives as long as the page. */
import { randomId } from "./clock.ts";
import { StaffAssignError } from "./errors.ts";

export interface ProofKey {
  /** RFC 7638 thumbprint of the public key, base64url */
  jkt: string;
  /** A proof for one request; `iat` is the server's time in seconds. */
  _prove(htm: string, url: string, token: string, iat: number): Promise<string>;
}

const utf8 = (text: string) => new TextEncoder().encode(text);

const base64url = (bytes: ArrayBuffer | Uint8Array) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\W/g, (sign) => ({ "+": "-", "/": "_" })[sign] || "");

/** @throws StaffAssignError `unsupported_browser` on a page without WebCrypto (plain http) */
export async function createProofKey(): Promise<ProofKey> {
  const { subtle } = crypto;
  if (!subtle) throw new StaffAssignError("unsupported_browser", "dpop needs https");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const digest = async (text: string) => base64url(await subtle.digest("SHA-256", utf8(text)));
  const { privateKey, publicKey } = await subtle.generateKey(algorithm, false, ["sign"]);
  const { x, y } = await subtle.exportKey("jwk", publicKey);
  // The order of members is that of RFC 7638.
  const jwk = { crv: "P-256", kty: "EC", x, y };
  return {
    jkt: await digest(JSON.stringify(jwk)),
    async _prove(htm, url, token, iat) {
      const input = [
        { typ: "dpop+jwt", alg: "ES256", jwk },
        { jti: randomId(), htm, htu: url.split("?")[0], iat, ath: await digest(token) },
      ]
        .map((part) => base64url(utf8(JSON.stringify(part))))
        .join(".");
      return `${input}.${base64url(await subtle.sign(algorithm, privateKey, utf8(input)))}`;
    },
  };
}
