/**
 * Reads one PEM block strictly and alike in every runtime: Node and workerd disagree on what their own importers
 * forgive. What pasting does to a PEM (BOM, CRLF, one line, literal "\n") is repaired; anything else is refused.
 */
import { type Parsed, refuse } from "../../read-variable.ts";

export interface Pem {
  /** `PRIVATE KEY`, `CERTIFICATE`, … */
  label: string;
  der: Uint8Array<ArrayBuffer>;
}

const block = /^-----BEGIN ([A-Z0-9 ]+)-----(.*)-----END \1-----$/s;

export function readPem(text: string): Parsed<Pem> {
  const unescaped = text
    .replace(/^\ufeff/, "")
    .replaceAll("\\r", "")
    .replaceAll("\\n", "\n")
    .trim();
  if (unescaped.split("-----BEGIN ").length > 2) {
    return refuse("holds more than one PEM block; keep the one that is asked for");
  }
  const match = block.exec(unescaped);
  const [label, body] = [match?.[1], match?.[2]];
  if (label === undefined || body === undefined) {
    return refuse("is not a PEM; paste the file whole, from -----BEGIN to -----END, with line breaks as \\n");
  }
  if (label === "ENCRYPTED PRIVATE KEY" || /^\s*Proc-Type:/.test(body)) {
    return refuse("is encrypted with a passphrase; store it decrypted (openssl pkey -in key.pem -out plain.pem)");
  }
  const base64 = body.replace(/\s+/g, "");
  const der = decodeBase64(base64);
  if (!der || !isWholeSequence(der)) {
    return refuse("is damaged: characters are missing or changed; paste the file again");
  }
  return { ok: true, value: { label, der } };
}

/** Canonical base64 only: `Buffer` and `atob` each drop what they do not know, and a key would differ silently. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length === 0 || text.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? new Uint8Array(bytes) : undefined;
}

/** One DER SEQUENCE that fills the bytes exactly: a cut or doubled paste fails here and not deep in an importer. */
function isWholeSequence(der: Uint8Array): boolean {
  const [tag, first] = der;
  if (tag !== 0x30 || first === undefined) return false;
  if (first < 0x80) return der.length === 2 + first;
  const lengthBytes = first & 0x7f;
  if (lengthBytes === 0 || lengthBytes > 3) return false;
  const length = der.subarray(2, 2 + lengthBytes).reduce((total, byte) => total * 256 + byte, 0);
  return der.length === 2 + lengthBytes + length;
}
