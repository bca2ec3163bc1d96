/** A configuration with one partner and a few merchants, and the requests that the access tests send to it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mintSession } from "../../../edge/access/sessions.ts";
import { type Config, readConfig } from "../../../edge/config.ts";
import type { Result } from "../../../edge/problem.ts";
import type { SessionRequest } from "../../../shared/contract.ts";

export const publicOrigin = "https://edge.example";
export const posOrigin = "https://pos.example";
/** 2026-11-02T00:00:00Z, a whole second */
export const now = Date.UTC(2026, 10, 2);
export const nowSeconds = now / 1000;

export const randomKey = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

export const sessionKey = randomKey();
export const apiKey = `sk_acme_${randomKey()}`;
export const operatorKey = `op_${randomKey()}`;

export const wechat = (mode: "partner" | "direct") => ({
  mode,
  mchid: "1900000001",
  serialNo: "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
  privateKey: "read elsewhere",
  apiV3Key: "x".repeat(32),
});
const tmall = { appKey: "12345678", appSecret: "s".repeat(32), session: "t".repeat(40) };

export const acme = {
  apiKeySha256: [sha256(apiKey)],
  origins: [posOrigin, publicOrigin],
  merchants: {
    demo: { subMchids: ["1900000109", "1900000110"] },
    any: { subMchids: "*" },
    direct: {},
    stores: { stores: ["1234", "1235"] },
    reader: { scopes: ["assignments:read", "guides:read"] },
    broken: {},
    missing: {},
  },
};

export const variables = {
  ENVIRONMENT: "production",
  PUBLIC_ORIGIN: publicOrigin,
  SESSION_KEY: sessionKey,
  STORAGE_KEY: randomKey(),
  OPERATOR_KEY_SHA256: sha256(operatorKey),
  PARTNER_ACME: JSON.stringify(acme),
  PARTNER_OTHER: JSON.stringify({
    apiKeySha256: [sha256("sk_other_key")],
    origins: ["https://other.example"],
    merchants: { direct: {} },
  }),
  MERCHANT_DEMO: JSON.stringify({ wechat: wechat("partner"), tmall }),
  MERCHANT_ANY: JSON.stringify({ wechat: wechat("partner") }),
  MERCHANT_DIRECT: JSON.stringify({ wechat: wechat("direct") }),
  MERCHANT_STORES: JSON.stringify({ tmall }),
  MERCHANT_READER: JSON.stringify({ tmall }),
  MERCHANT_FOREIGN: JSON.stringify({ tmall }),
  MERCHANT_BROKEN: "{}",
};

export const configWith = (changed: Record<string, unknown> = {}): Config => readConfig({ ...variables, ...changed });
/** acme's record with some members changed */
export const configWithRecord = (changed: Record<string, unknown>): Config =>
  configWith({ PARTNER_ACME: JSON.stringify({ ...acme, ...changed }) });

export function partnerOf(config: Config, id = "acme") {
  const partner = config.partners.get(id);
  assert.ok(partner, `partner ${id}`);
  return partner;
}

export async function mint(config: Config, request: Partial<SessionRequest> = {}, at = now) {
  const answer = await mintSession(config, partnerOf(config), { merchant: "direct", ...request }, at);
  assert.ok(answer.ok, JSON.stringify(answer));
  return answer.value;
}

export function expectOk<T>(result: Result<T>): T {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

export const codeOf = (result: Result<unknown>) => (result.ok ? "ok" : result.failure.code);
export const fieldOf = (result: Result<unknown>) => (result.ok ? undefined : result.failure.field);

interface Call {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
}

export const call = ({ method = "POST", path = "/v1/assignments", headers = {} }: Call) =>
  new Request(`${publicOrigin}${path}`, { method, headers });

export const authorized = (token: string, headers: Record<string, string> = {}, more: Omit<Call, "headers"> = {}) =>
  call({ ...more, headers: { Authorization: `Bearer ${token}`, ...headers } });

export const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
