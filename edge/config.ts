/**
 * Reads the configuration of DESIGN §5.1 from the Worker's variables. Pure: it names what is broken and never prints a
 * value. One broken merchant or partner leaves the others working; a broken session key leaves nothing to serve with.
 */
import * as v from "valibot";
import { mchidPattern, type Scope, scopes } from "../shared/contract.ts";
import { type TmallSettings, TmallSettingsSchema, topGateways } from "./channels/tmall/settings.ts";
import {
  defaultWechatHosts,
  type WechatSettings,
  WechatSettingsSchema,
  wechatHosts,
} from "./channels/wechat/settings.ts";
import { sha256Hex as hexOf } from "./digest.ts";
import { allowedUpstream } from "./upstream-url.ts";

export interface Limits {
  sessionPerSecond: number;
  sessionBurst: number;
  partnerPerSecond: number;
  merchantPerSecond: number;
}

export const defaultLimits: Limits = {
  sessionPerSecond: 50,
  sessionBurst: 200,
  partnerPerSecond: 500,
  merchantPerSecond: 1000,
};

/** What a partner may do for one merchant; absent lists do not restrict, `subMchids` must be named or `"*"`. */
export interface MerchantGrant {
  subMchids?: readonly string[] | "*";
  stores?: readonly string[];
  scopes?: readonly Scope[];
}

export interface Partner {
  id: string;
  /** lower-case hex of SHA-256 of whole API keys */
  apiKeySha256: readonly string[];
  origins: readonly string[];
  merchants: ReadonlyMap<string, MerchantGrant>;
  limits: Limits;
  /** public keys with which the partner signs its own sessions */
  jwks?: { keys: readonly JsonWebKey[] };
}

export interface MerchantSettings {
  alias: string;
  wechat?: WechatSettings & { hosts: readonly string[] };
  tmall?: TmallSettings & { gateway: string };
  shards: number;
  retentionDays: number;
  /** digest of the variable: credentials imported from it are cached under this, so a new value is never served by old keys */
  version: string;
}

export interface ConfigFault {
  variable: string;
  /** names the member that is wrong, never its value */
  sentence: string;
}

export interface Config {
  environment: "production" | "development";
  publicOrigin: string | undefined;
  /** each ≥ 32 bytes; the first signs or seals, all verify or open */
  sessionKeys: readonly Uint8Array[];
  storageKeys: readonly Uint8Array[];
  partners: ReadonlyMap<string, Partner>;
  merchants: ReadonlyMap<string, MerchantSettings>;
  /** aliases whose variable exists but is broken */
  brokenMerchants: ReadonlySet<string>;
  /** lower-case hex of SHA-256 of operator keys; empty: the operator's routes answer 404 */
  operatorKeySha256: readonly string[];
  /** every origin of every partner */
  origins: ReadonlySet<string>;
  faults: readonly ConfigFault[];
}

const sha256Hex = v.pipe(
  v.string(),
  v.regex(/^[0-9a-fA-F]{64}$/, "must be the SHA-256 of a key in hex"),
  v.toLowerCase(),
);

/** An origin exactly as a browser sends it: scheme, host in lower case, port unless it is the default one. */
const Origin = v.pipe(
  v.string(),
  v.check((origin) => {
    const url = URL.parse(origin);
    return url !== null && (url.protocol === "https:" || url.protocol === "http:") && url.origin === origin;
  }, "must be an origin such as https://pos.example, without path or trailing slash"),
);

const perSecond = v.exactOptional(
  v.pipe(v.number(), v.minValue(1, "must be at least 1"), v.maxValue(1_000_000, "is too large")),
);

const PartnerSchema = v.strictObject({
  apiKeySha256: v.array(sha256Hex),
  origins: v.array(Origin),
  merchants: v.record(
    v.pipe(v.string(), v.regex(/^[a-z0-9]+$/, "must be a merchant alias in lower case")),
    v.strictObject({
      subMchids: v.exactOptional(
        v.union(
          [v.literal("*"), v.array(v.pipe(v.string(), v.regex(mchidPattern)))],
          'must be "*" or a list of merchant numbers',
        ),
      ),
      stores: v.exactOptional(v.array(v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,18}$/, "must be store ids")))),
      scopes: v.exactOptional(v.array(v.picklist(scopes, "must be scopes"))),
    }),
  ),
  limits: v.exactOptional(
    v.strictObject({
      sessionPerSecond: perSecond,
      sessionBurst: perSecond,
      partnerPerSecond: perSecond,
      merchantPerSecond: perSecond,
    }),
  ),
  jwks: v.exactOptional(v.object({ keys: v.array(v.looseObject({ kty: v.string() })) })),
});

const MerchantSchema = v.pipe(
  v.strictObject({
    wechat: v.exactOptional(WechatSettingsSchema),
    tmall: v.exactOptional(TmallSettingsSchema),
    shards: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)), 1),
    retentionDays: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3650)), 400),
  }),
  v.check((merchant) => merchant.wechat !== undefined || merchant.tmall !== undefined, "must hold wechat or tmall"),
);

/** 32 bytes: the size of the HMAC-SHA-256 and AES-256 keys made of them. */
const minKeyBytes = 32;

type Parsed<T> = { ok: true; value: T } | { ok: false; sentence: string };

function parseJson<S extends v.GenericSchema>(schema: S, text: string): Parsed<v.InferOutput<S>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, sentence: "is not JSON" };
  }
  const parsed = v.safeParse(schema, json, { abortEarly: true });
  if (parsed.success) return { ok: true, value: parsed.output };
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  return { ok: false, sentence: path ? `${path} ${issueText(issue)}` : issueText(issue) };
}

/** Messages of our own pass; valibot's defaults quote the received value, which may be a secret. */
function issueText(issue: v.BaseIssue<unknown>): string {
  if (issue.kind === "schema" && issue.type === "strict_object") return "is not a known member";
  return /received/i.test(issue.message) ? `must be ${issue.expected ?? "valid"}` : issue.message;
}

function parseKeys(text: string): Parsed<Uint8Array[]> {
  let values: unknown = [text];
  if (text.trimStart().startsWith("[")) {
    try {
      values = JSON.parse(text);
    } catch {
      return { ok: false, sentence: "is not a JSON array" };
    }
  }
  if (!Array.isArray(values) || values.length === 0) return { ok: false, sentence: "holds no key" };
  const keys: Uint8Array[] = [];
  for (const value of values) {
    if (typeof value !== "string" || !/^[A-Za-z0-9_-]+={0,2}$/.test(value)) {
      return { ok: false, sentence: "must be base64url, or a JSON array of that" };
    }
    const bytes = new Uint8Array(Buffer.from(value, "base64url"));
    if (bytes.length < minKeyBytes) return { ok: false, sentence: `must be at least ${minKeyBytes} bytes long` };
    keys.push(bytes);
  }
  return { ok: true, value: keys };
}

export function readConfig(env: Readonly<Record<string, unknown>>): Config {
  const faults: ConfigFault[] = [];
  const text = (name: string) => {
    const value = env[name];
    return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
  };
  const keysOf = (name: string) => {
    const value = text(name);
    const parsed: Parsed<Uint8Array[]> = value ? parseKeys(value) : { ok: false, sentence: "is not set" };
    if (parsed.ok) return parsed.value;
    faults.push({ variable: name, sentence: parsed.sentence });
    return [];
  };

  const environmentName = text("ENVIRONMENT") ?? "production";
  const environment = environmentName === "development" ? "development" : "production";
  if (environmentName !== environment) {
    faults.push({ variable: "ENVIRONMENT", sentence: "must be production or development; production is assumed" });
  }

  let publicOrigin = text("PUBLIC_ORIGIN");
  if (publicOrigin !== undefined && !v.safeParse(Origin, publicOrigin).success) {
    faults.push({ variable: "PUBLIC_ORIGIN", sentence: "must be an origin such as https://edge.example" });
    publicOrigin = undefined;
  } else if (publicOrigin === undefined && environment === "production") {
    faults.push({ variable: "PUBLIC_ORIGIN", sentence: "is not set; it is required in production" });
  }

  const sessionKeys = keysOf("SESSION_KEY");
  const storageKeys = keysOf("STORAGE_KEY");

  const partners = new Map<string, Partner>();
  const merchants = new Map<string, MerchantSettings>();
  const brokenMerchants = new Set<string>();

  for (const [name, value] of Object.entries(env)) {
    if (typeof value !== "string") continue;
    const kind = /^(PARTNER|MERCHANT)_(.+)$/.exec(name);
    if (!kind) continue;
    const id = (kind[2] ?? "").toLowerCase();
    if (!/^[A-Z0-9]+$/.test(kind[2] ?? "")) {
      faults.push({ variable: name, sentence: "has a name that is not of A-Z and 0-9" });
      continue;
    }
    if (kind[1] === "PARTNER") {
      const parsed = parseJson(PartnerSchema, value);
      if (!parsed.ok) {
        faults.push({ variable: name, sentence: parsed.sentence });
        continue;
      }
      const { limits, merchants: grants, ...rest } = parsed.value;
      const { jwks, ...plain } = rest;
      partners.set(id, {
        id,
        ...plain,
        ...(jwks && { jwks: jwks as { keys: JsonWebKey[] } }),
        merchants: new Map(Object.entries(grants)),
        limits: { ...defaultLimits, ...limits },
      });
    } else {
      const parsed = readMerchant(id, value, environment);
      if (parsed.ok) merchants.set(id, parsed.value);
      else {
        faults.push({ variable: name, sentence: parsed.sentence });
        brokenMerchants.add(id);
      }
    }
  }

  const operator = text("OPERATOR_KEY_SHA256");
  const operatorKeys = operator === undefined ? [] : operator.split(/[\s,]+/);
  const operatorKeySha256 = operatorKeys.filter((key) => /^[0-9a-fA-F]{64}$/.test(key)).map((key) => key.toLowerCase());
  if (operatorKeySha256.length !== operatorKeys.length) {
    faults.push({ variable: "OPERATOR_KEY_SHA256", sentence: "must be SHA-256 digests in hex, separated by commas" });
  }

  return {
    environment,
    publicOrigin,
    sessionKeys,
    storageKeys,
    partners,
    merchants,
    brokenMerchants,
    operatorKeySha256,
    origins: new Set([...partners.values()].flatMap((partner) => partner.origins)),
    faults,
  };
}

function readMerchant(alias: string, text: string, environment: Config["environment"]): Parsed<MerchantSettings> {
  const parsed = parseJson(MerchantSchema, text);
  if (!parsed.ok) return parsed;
  const { wechat, tmall, shards, retentionDays } = parsed.value;
  const settings: MerchantSettings = { alias, shards, retentionDays, version: hexOf(text) };
  if (wechat) {
    const hosts: string[] = [];
    for (const host of wechat.hosts ?? defaultWechatHosts) {
      const allowed = allowedUpstream(host, wechatHosts, environment);
      if (!allowed) return { ok: false, sentence: "wechat.hosts must name hosts of WeChat Pay" };
      hosts.push(allowed);
    }
    settings.wechat = { ...wechat, hosts };
  }
  if (tmall) {
    const gateway = allowedUpstream(tmall.gateway ?? topGateways[0], topGateways, environment);
    if (!gateway) return { ok: false, sentence: "tmall.gateway must be a gateway of TOP" };
    settings.tmall = { ...tmall, gateway };
  }
  return { ok: true, value: settings };
}
