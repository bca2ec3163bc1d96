/** A caller of TOP for tests: signs with `node:crypto` alone, and can be told to err. */
import { createHash, createHmac } from "node:crypto";
import { type RawAnswer, sendRaw } from "./raw-http.ts";

/** What the edge's `MERCHANT_<ALIAS>.tmall` holds. */
export interface TopAccount {
  appKey: string;
  appSecret: string;
  session: string;
  refreshToken: string;
}

export type Parameters = Record<string, string>;
export type SignMethod = "md5" | "hmac" | "hmac-sha256";

export const beijingTime = (time: number): string =>
  new Date(time + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");

export function sign(parameters: Parameters, secret: string, method: SignMethod): string {
  const text = Object.keys(parameters)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((name) => name + parameters[name])
    .join("");
  const hash = {
    md5: () => createHash("md5").update(secret + text + secret),
    hmac: () => createHmac("md5", secret).update(text),
    "hmac-sha256": () => createHmac("sha256", secret).update(text),
  }[method]();
  return hash.digest("hex").toUpperCase();
}

export class TopCaller {
  readonly account: TopAccount;
  readonly #origin: string;

  constructor(origin: string, account: TopAccount) {
    this.#origin = origin;
    this.account = account;
  }

  /** @param parameters business ones, and public ones to replace; an empty text removes one @param after changes what was signed */
  call(
    parameters: Parameters,
    options: { signMethod?: SignMethod; after?: (signed: Parameters) => Parameters } = {},
  ): Promise<RawAnswer> {
    const signMethod = options.signMethod ?? "hmac-sha256";
    const all: Parameters = {
      app_key: this.account.appKey,
      session: this.account.session,
      timestamp: beijingTime(Date.now()),
      v: "2.0",
      sign_method: signMethod,
      format: "json",
      ...parameters,
    };
    const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
    const signed = { ...kept, sign: sign(kept, this.account.appSecret, signMethod) };
    return this.send(options.after ? options.after(signed) : signed);
  }

  send(parameters: Parameters, headers: Record<string, string> = {}): Promise<RawAnswer> {
    return sendRaw(this.#origin, {
      method: "POST",
      target: "/router/rest",
      headers: { "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8", ...headers },
      body: new URLSearchParams(parameters).toString(),
    });
  }
}
