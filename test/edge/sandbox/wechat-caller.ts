/** A caller of WeChat Pay for tests: signs and verifies with `node:crypto` alone, and can be told to err. */
import {
  constants,
  createSign,
  createVerify,
  generateKeyPairSync,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from "node:crypto";
import { type RawAnswer, sendRaw } from "./raw-http.ts";

/** What the edge's `MERCHANT_<ALIAS>.wechat` holds. */
export interface WechatAccount {
  mode: "partner" | "direct";
  mchid: string;
  serialNo: string;
  privateKey: string;
  apiV3Key: string;
  publicKeys?: Record<string, string>;
}

export interface WechatCall {
  method: string;
  target: string;
  body?: unknown;
  /** sent as it is, instead of `body` as JSON */
  rawBody?: string | Buffer;
  /** `Wechatpay-Serial` */
  serial?: string;
  /** null removes a header */
  headers?: Record<string, string | null>;
  nonce?: string;
  timestamp?: number;
  /** changes the Authorization that would have been right */
  authorization?: (right: string) => string;
}

export const strangersKey = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

export class WechatCaller {
  readonly account: WechatAccount;
  readonly #origin: string;

  constructor(origin: string, account: WechatAccount) {
    this.#origin = origin;
    this.account = account;
  }

  call(call: WechatCall): Promise<RawAnswer> {
    const { mchid, serialNo, privateKey } = this.account;
    const body = call.rawBody ?? (call.body === undefined ? "" : JSON.stringify(call.body));
    const timestamp = call.timestamp ?? Math.floor(Date.now() / 1000);
    const nonce = call.nonce ?? randomBytes(16).toString("hex");
    const message = Buffer.concat([
      Buffer.from(`${call.method}\n${call.target}\n${timestamp}\n${nonce}\n`),
      Buffer.from(body),
      Buffer.from("\n"),
    ]);
    const signature = createSign("RSA-SHA256").update(message).sign(privateKey, "base64");
    const right = `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",signature="${signature}",timestamp="${timestamp}",serial_no="${serialNo}"`;
    const headers: Record<string, string | null> = {
      Authorization: call.authorization ? call.authorization(right) : right,
      Accept: "application/json",
      "User-Agent": "sandbox-test",
      ...(call.method !== "GET" && { "Content-Type": "application/json" }),
      ...(call.serial !== undefined && { "Wechatpay-Serial": call.serial }),
      ...call.headers,
    };
    return sendRaw(this.#origin, {
      method: call.method,
      target: call.target,
      headers: Object.fromEntries(Object.entries(headers).filter((pair): pair is [string, string] => pair[1] !== null)),
      body,
    });
  }

  decrypt(ciphertext: string): string {
    return privateDecrypt(
      { key: this.account.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" },
      Buffer.from(ciphertext, "base64"),
    ).toString();
  }
}

export const encrypt = (plain: string, publicKey: string): string =>
  publicEncrypt(
    { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" },
    Buffer.from(plain),
  ).toString("base64");

/** @param publicKeys PEM by serial @returns the serial that signed, or undefined when the answer proves nothing */
export function verifiedBy(answer: RawAnswer, publicKeys: Readonly<Record<string, string>>): string | undefined {
  const { headers, body } = answer;
  const serial = headers["wechatpay-serial"];
  const timestamp = headers["wechatpay-timestamp"];
  const nonce = headers["wechatpay-nonce"];
  const signature = headers["wechatpay-signature"];
  if (!serial || !timestamp || !nonce || !signature) return undefined;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return undefined;
  const key = publicKeys[serial];
  if (!key) return undefined;
  const message = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from("\n")]);
  return createVerify("RSA-SHA256").update(message).verify(key, signature, "base64") ? serial : undefined;
}

export const jsonOf = (answer: RawAnswer): Record<string, unknown> => JSON.parse(answer.body.toString());
