/**
 * What the sandbox knows of its merchants, apps and partner, read from its variables. A broken variable stops the
 * sandbox with the variable's name: it is a tool for developers, who should see it at once.
 */
import * as v from "valibot";
import type { Book } from "./book/book.ts";

export interface SandboxEnv {
  BOOK: DurableObjectNamespace<Book>;
  ASSETS: Fetcher;
  [variable: string]: unknown;
}

const Merchant = v.strictObject({
  mchid: v.string(),
  /** a service provider (服务商) acts for sub-merchants, a direct merchant for itself */
  role: v.picklist(["partner", "direct"]),
  subMchids: v.optional(v.array(v.string()), []),
  /** the merchant API certificate: its serial and public key are what WeChat Pay holds of the merchant */
  certificate: v.string(),
  apiV3Key: v.string(),
  keys: v.picklist(["public-key", "certificate", "both"]),
  /** names the variable WECHAT_PUBLIC_KEY_<…> */
  publicKey: v.optional(v.string()),
});
export type WechatMerchant = v.InferOutput<typeof Merchant>;

const PublicKey = v.strictObject({ id: v.string(), privateKey: v.string() });
export type PublicKeySettings = v.InferOutput<typeof PublicKey>;

const PlatformCertificate = v.strictObject({ certificate: v.string(), privateKey: v.string() });
export type CertificateSettings = v.InferOutput<typeof PlatformCertificate>;

const App = v.strictObject({
  appKey: v.string(),
  appSecret: v.string(),
  session: v.string(),
  refreshToken: v.string(),
  userNick: v.string(),
  /** only apps of the subscription kind can refresh their session */
  refreshable: v.boolean(),
});
export type TopApp = v.InferOutput<typeof App>;

const PartnerBackend = v.strictObject({
  apiKey: v.string(),
  edgeOrigin: v.string(),
  merchants: v.record(v.string(), v.strictObject({ subMchid: v.optional(v.string()) })),
});
export type PartnerSettings = v.InferOutput<typeof PartnerBackend>;

export interface SandboxSettings {
  merchants: ReadonlyMap<string, WechatMerchant>;
  publicKeys: ReadonlyMap<string, PublicKeySettings>;
  /** oldest first */
  certificates: readonly CertificateSettings[];
  apps: ReadonlyMap<string, TopApp>;
  partner: PartnerSettings | undefined;
  /** how long `SLOW` waits, in milliseconds */
  slowMs: number;
  /** how long `HANG` keeps silent before it gives up with a 504, in milliseconds */
  hangMs: number;
}

function read<S extends v.GenericSchema>(schema: S, name: string, value: string): v.InferOutput<S> {
  let json: unknown;
  try {
    json = JSON.parse(value);
  } catch {
    throw new TypeError(`${name} is not JSON`);
  }
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new TypeError(`${name}: ${v.getDotPath(issue) ?? "value"} is not what the sandbox expects`);
}

function parse(env: SandboxEnv): SandboxSettings {
  const merchants = new Map<string, WechatMerchant>();
  const publicKeys = new Map<string, PublicKeySettings>();
  const apps = new Map<string, TopApp>();
  const text = (name: string) => (typeof env[name] === "string" ? (env[name] as string) : undefined);
  for (const name of Object.keys(env)) {
    const value = text(name);
    if (value === undefined) continue;
    if (name.startsWith("WECHAT_MERCHANT_")) {
      const merchant = read(Merchant, name, value);
      merchants.set(merchant.mchid, merchant);
    } else if (name.startsWith("WECHAT_PUBLIC_KEY_")) {
      publicKeys.set(name.slice("WECHAT_PUBLIC_KEY_".length), read(PublicKey, name, value));
    } else if (name.startsWith("TOP_APP_")) {
      const app = read(App, name, value);
      apps.set(app.appKey, app);
    }
  }
  const certificates = ["WECHAT_CERTIFICATE_OLD", "WECHAT_CERTIFICATE_NEW"].flatMap((name) => {
    const value = text(name);
    return value === undefined ? [] : [read(PlatformCertificate, name, value)];
  });
  const partner = text("PARTNER_BACKEND");
  return {
    merchants,
    publicKeys,
    certificates,
    apps,
    partner: partner === undefined ? undefined : read(PartnerBackend, "PARTNER_BACKEND", partner),
    slowMs: Number(text("SLOW_MS") ?? 3000),
    hangMs: Number(text("HANG_MS") ?? 60_000),
  };
}

const cache = new WeakMap<SandboxEnv, SandboxSettings>();

export function settingsOf(env: SandboxEnv): SandboxSettings {
  const known = cache.get(env);
  if (known) return known;
  const settings = parse(env);
  cache.set(env, settings);
  return settings;
}
