/**
 * Reads the Worker's variables. Pure: it names what is broken and never prints a value. One broken merchant or partner
 * leaves the others working; a broken session key leaves nothing to serve with.
 *
 * Keys are imported once for each Config, so whoever calls `readConfig` keeps its result for as long as the variables
 * stay the same.
 */
import * as v from "valibot";
import { type TmallSettings, TmallSettingsSchema, topGateways } from "./channels/tmall/settings.ts";
import {
  defaultWechatHosts,
  type WechatSettings,
  WechatSettingsSchema,
  wechatHosts,
} from "./channels/wechat/settings.ts";
import { type Partner, readPartner } from "./partner-record.ts";
import { Origin, type Parsed, parseDigests, parseSecretKeys, parseVariable, refuse } from "./read-variable.ts";
import { allowedUpstream } from "./upstream-url.ts";

export { defaultLimits, type Limits, type MerchantGrant, type Partner } from "./partner-record.ts";

export interface MerchantSettings {
  alias: string;
  wechat?: WechatSettings & { hosts: readonly string[] };
  tmall?: TmallSettings & { gateway: string };
  shards: number;
  retentionDays: number;
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

const wholeNumber = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
};

const MerchantSchema = v.pipe(
  v.strictObject({
    wechat: v.exactOptional(WechatSettingsSchema),
    tmall: v.exactOptional(TmallSettingsSchema),
    shards: v.optional(wholeNumber(1, 64), 1),
    retentionDays: v.optional(wholeNumber(1, 3650), 400),
  }),
  v.check((merchant) => merchant.wechat !== undefined || merchant.tmall !== undefined, "must hold wechat or tmall"),
);

/** Variables arrive as text; a binding of another kind is not ours to read. */
type Variables = Readonly<Record<string, unknown>>;

export function readConfig(env: Variables): Config {
  const faults: ConfigFault[] = [];
  const accept = <T>(variable: string, parsed: Parsed<T>): T | undefined => {
    if (parsed.ok) return parsed.value;
    faults.push({ variable, sentence: parsed.sentence });
    return undefined;
  };
  const text = (name: string) => {
    const value = env[name];
    return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
  };
  const required = <T>(name: string, parse: (value: string) => Parsed<T>) => {
    const value = text(name);
    return accept(name, value === undefined ? refuse("is not set") : parse(value));
  };

  // Whatever is not plainly development is production: the stricter rules hold for a misspelt word.
  const environment = accept("ENVIRONMENT", readEnvironment(text("ENVIRONMENT"))) ?? "production";
  const origin = text("PUBLIC_ORIGIN");
  const isOriginRequired = environment === "production" || origin !== undefined;
  const publicOrigin = isOriginRequired ? required("PUBLIC_ORIGIN", parseOrigin) : undefined;
  const sessionKeys = required("SESSION_KEY", parseSecretKeys) ?? [];
  const storageKeys = required("STORAGE_KEY", parseSecretKeys) ?? [];
  const operatorKeys = text("OPERATOR_KEY_SHA256");
  const operatorKeySha256 =
    operatorKeys === undefined ? [] : (accept("OPERATOR_KEY_SHA256", parseDigests(operatorKeys)) ?? []);

  const partners = new Map<string, Partner>();
  const merchants = new Map<string, MerchantSettings>();
  const brokenMerchants = new Set<string>();
  for (const { variable, kind, name, value } of records(env)) {
    const id = name.toLowerCase();
    if (!/^[A-Z0-9]{1,32}$/.test(name)) {
      accept(variable, refuse("has a name that is not 1 to 32 of A-Z and 0-9"));
    } else if (kind === "PARTNER") {
      const partner = accept(variable, readPartner(id, value));
      if (partner) partners.set(id, partner);
    } else {
      const merchant = accept(variable, readMerchant(id, value, environment));
      if (merchant) merchants.set(id, merchant);
      else brokenMerchants.add(id);
    }
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

function readEnvironment(text = "production"): Parsed<Config["environment"]> {
  if (text === "production" || text === "development") return { ok: true, value: text };
  return refuse("must be production or development; production is assumed");
}

function parseOrigin(text: string): Parsed<string> {
  return v.is(Origin, text) ? { ok: true, value: text } : refuse("must be an origin such as https://edge.example");
}

/** An empty variable is reported as broken, not passed over: somebody meant it to be there. */
function* records(env: Variables) {
  for (const [variable, value] of Object.entries(env)) {
    const [, kind, name] = /^(PARTNER|MERCHANT)_(.*)$/s.exec(variable) ?? [];
    if (kind !== undefined && name !== undefined && typeof value === "string") yield { variable, kind, name, value };
  }
}

function readMerchant(alias: string, text: string, environment: Config["environment"]): Parsed<MerchantSettings> {
  const parsed = parseVariable(MerchantSchema, text);
  if (!parsed.ok) return parsed;
  const { wechat, tmall, shards, retentionDays } = parsed.value;
  const settings: MerchantSettings = { alias, shards, retentionDays };
  if (wechat) {
    const hosts: string[] = [];
    for (const host of wechat.hosts ?? defaultWechatHosts) {
      const allowed = allowedUpstream(host, wechatHosts, environment);
      if (allowed === undefined) return refuse("wechat.hosts must name hosts of WeChat Pay");
      // A call would leave the first early for the sake of another that is the same.
      if (hosts.includes(allowed)) return refuse("wechat.hosts names a host twice");
      hosts.push(allowed);
    }
    settings.wechat = { ...wechat, hosts };
  }
  if (tmall) {
    const gateway = allowedUpstream(tmall.gateway ?? topGateways[0], topGateways, environment);
    if (gateway === undefined) return refuse("tmall.gateway must be a gateway of TOP");
    settings.tmall = { ...tmall, gateway };
  }
  return { ok: true, value: settings };
}
