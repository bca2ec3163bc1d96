/**
 * Whether WeChat Pay signed an answer. The attacker is anything between us and the platform that can end TLS: it may
 * strip, alter or replay. So headers are read strictly, the time comes next, then the key, and the raw bytes decide.
 *
 * A signature binds no request: an answer of another call is recognised only by having been seen before. Its first
 * bytes are remembered for a bounded number of answers; an attacker who withholds an answer and plays it later, once,
 * within five minutes, is beyond what the protocol can show.
 */
import { responseMessage } from "./canonical.ts";
import { decodeBase64 } from "./pem.ts";
import { signatureAlgorithm } from "./rsa-keys.ts";

/** APIv3, response signature: 5 minutes either way. */
const maxSkewSeconds = 300;
/** WeChat Pay sends wrong signatures on purpose, to find clients that do not verify. */
const probePrefix = "WECHATPAY/SIGNTEST/";

export type SignatureFault = "malformed" | "algorithm" | "stale" | "unknown-key" | "mismatch" | "probe" | "replayed";

export type SignatureState = "verified" | "unsigned" | SignatureFault;

export interface SignatureHeaders {
  timestamp: string;
  nonce: string;
  serial: string;
  signature: Uint8Array<ArrayBuffer>;
}

export type SignatureReading =
  | { kind: "signed"; headers: SignatureHeaders }
  | { kind: "unsigned" }
  | { kind: "faulty"; fault: SignatureFault };

/** Two headers of one name arrive joined by ", " and match none of these patterns. */
const timestampPattern = /^[1-9][0-9]{0,10}$/;
const noncePattern = /^[0-9A-Za-z_\-+/=.]{1,128}$/;
const serialPattern = /^(?:[0-9A-Fa-f]{8,64}|PUB_KEY_ID_[0-9A-Za-z]{1,64})$/;

/** @param now epoch milliseconds */
export function readSignatureHeaders(headers: Headers, now: number): SignatureReading {
  const timestamp = headers.get("Wechatpay-Timestamp");
  const nonce = headers.get("Wechatpay-Nonce");
  const serial = headers.get("Wechatpay-Serial");
  const signature = headers.get("Wechatpay-Signature");
  if (signature?.startsWith(probePrefix)) return { kind: "faulty", fault: "probe" };
  if (timestamp === null && nonce === null && serial === null && signature === null) return { kind: "unsigned" };
  const type = headers.get("Wechatpay-Signature-Type");
  if (type !== null && type !== "WECHATPAY2-SHA256-RSA2048") return { kind: "faulty", fault: "algorithm" };
  const signatureBytes = signature === null ? undefined : decodeBase64(signature);
  if (
    timestamp === null ||
    nonce === null ||
    serial === null ||
    signatureBytes === undefined ||
    !timestampPattern.test(timestamp) ||
    !noncePattern.test(nonce) ||
    !serialPattern.test(serial)
  ) {
    return { kind: "faulty", fault: "malformed" };
  }
  if (Math.abs(Math.floor(now / 1000) - Number(timestamp)) > maxSkewSeconds) return { kind: "faulty", fault: "stale" };
  return { kind: "signed", headers: { timestamp, nonce, serial, signature: signatureBytes } };
}

export function verifySignature(key: CryptoKey, headers: SignatureHeaders, body: Uint8Array): Promise<boolean> {
  const message = responseMessage(headers.timestamp, headers.nonce, body);
  return crypto.subtle.verify(signatureAlgorithm.name, key, headers.signature, message);
}

/** Constant in size: some half a megabyte a channel, 27 answers a second for the ten minutes a signature can live. */
const remembered = 16_384;
/** 48 bits: a chance of one in 10^10 that a new signature looks old, which costs one repeated send. */
const markBytes = 6;

export class SeenSignatures {
  readonly #seen = new Set<number>();
  readonly #order = new Float64Array(remembered);
  #next = 0;

  /** @returns false when this signature was already accepted */
  add(signature: Uint8Array): boolean {
    const mark = Buffer.from(signature.buffer, signature.byteOffset, markBytes).readUIntBE(0, markBytes);
    if (this.#seen.has(mark)) return false;
    const forgotten = this.#order[this.#next];
    if (forgotten !== undefined) this.#seen.delete(forgotten);
    this.#order[this.#next] = mark;
    this.#next = (this.#next + 1) % remembered;
    this.#seen.add(mark);
    return true;
  }
}
