/** What can be said without asking anybody: variables, keys, origins. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { credentialsOf } from "../../edge/channels/credentials.ts";
import { readPem } from "../../edge/channels/wechat/pem.ts";
import type { Config, MerchantSettings, Partner } from "../../edge/config.ts";
import { sha256Hex } from "../../edge/digest.ts";
import { dayMs, error, type Finding, ok, warnDays, warning } from "./finding.ts";
import { examineSession } from "./tmall.ts";

export async function examineConfig(config: Config): Promise<Finding[]> {
  const merchants = await Promise.all([...config.merchants.values()].map(examineMerchant));
  const findings = [
    ...config.faults.map(({ variable, sentence }) => error(`${variable} ${sentence}.`)),
    ...examineSecrets(config),
    ...examineOrigin(config),
    ...examineOperator(config),
    ...[...config.partners.values()].flatMap((partner) => examinePartner(partner, config)),
    ...examineSharedKeys([...config.partners.values()]),
    ...merchants.flat(),
  ];
  if (config.partners.size === 0) findings.push(error("No PARTNER_… can be used: nobody may call."));
  if (config.merchants.size === 0) findings.push(error("No MERCHANT_… can be used: there is nobody to assign for."));
  if (findings.every(({ level }) => level === "ok")) findings.unshift(ok("Every variable can be read."));
  return findings;
}

/** Whoever gets to know one of them must not have the other with it. */
const examineSecrets = ({ sessionKeys, storageKeys }: Config): Finding[] =>
  sessionKeys.some((session) => storageKeys.some((storage) => Buffer.compare(session, storage) === 0))
    ? [error("SESSION_KEY and STORAGE_KEY share a key: make one of its own for each.")]
    : [];

function examineOrigin({ environment, publicOrigin }: Config): Finding[] {
  const findings: Finding[] = [];
  if (environment === "development") {
    findings.push(
      warning("ENVIRONMENT is development: upstreams on this machine are allowed. Production must not be."),
    );
  }
  if (publicOrigin === undefined) return findings;
  const { protocol, hostname } = new URL(publicOrigin);
  if (protocol === "http:") {
    const finding = environment === "production" ? error : warning;
    findings.push(finding("PUBLIC_ORIGIN is plain http: sessions would travel in the clear. Put TLS in front."));
  }
  if (hostname.endsWith(".workers.dev")) {
    findings.push(
      warning("PUBLIC_ORIGIN is on workers.dev, which is blocked in mainland China: use a domain of your own."),
    );
  }
  return findings;
}

function examineOperator({ operatorKeySha256, faults }: Config): Finding[] {
  if (operatorKeySha256.length > 0) {
    return operatorKeySha256
      .filter((digest) => isOfWeakKey(digest))
      .map(() => error("OPERATOR_KEY_SHA256 holds the digest of a key that can be guessed."));
  }
  // A broken one has been named already.
  if (faults.some(({ variable }) => variable === "OPERATOR_KEY_SHA256")) return [];
  return [
    warning("OPERATOR_KEY_SHA256 is not set: the audit record cannot be exported and a TOP session not be swapped."),
  ];
}

/** An API key names its partner, so the digest of another one's key is of no use. */
function examineSharedKeys(partners: readonly Partner[]): Finding[] {
  const holder = new Map<string, string>();
  return partners.flatMap(({ id, apiKeySha256 }) => {
    const others = new Set(apiKeySha256.flatMap((digest) => holder.get(digest) ?? []));
    for (const digest of apiKeySha256) holder.set(digest, id);
    return [...others].map((other) => {
      const variables = `PARTNER_${other.toUpperCase()} and PARTNER_${id.toUpperCase()}`;
      return error(
        `${variables} hold the digest of one API key: it names one of them, and opens nothing for the other.`,
      );
    });
  });
}

function examinePartner(
  { id, apiKeySha256, origins, merchants, sessionVerificationKeys }: Partner,
  config: Config,
): Finding[] {
  const variable = `PARTNER_${id.toUpperCase()}`;
  const findings: Finding[] = [];
  if (apiKeySha256.length === 0 && sessionVerificationKeys.length === 0) {
    findings.push(error(`${variable} has neither an API key nor keys of its own: it can open no session.`));
  }
  if (apiKeySha256.some((digest) => isOfWeakKey(digest, id))) {
    findings.push(
      error(`${variable} holds the digest of an API key that can be guessed: make one of 32 random bytes.`),
    );
  }
  if (origins.length === 0) findings.push(warning(`${variable} names no origin: no page may call, only its backend.`));
  for (const origin of origins.filter((one) => one.startsWith("http:"))) {
    findings.push(warning(`${variable} allows ${origin}, plain http: whoever is on the network can change that page.`));
  }
  if (merchants.size === 0) findings.push(error(`${variable} names no merchant: it can assign for nobody.`));
  for (const [alias, { subMchids, stores, scopes }] of merchants) {
    const merchant = config.merchants.get(alias);
    if (!merchant && !config.brokenMerchants.has(alias)) {
      findings.push(error(`${variable} names the merchant ${alias}, and there is no MERCHANT_${alias.toUpperCase()}.`));
    }
    const hasNone = subMchids === undefined || subMchids.length === 0;
    if (merchant?.wechat?.mode === "partner" && hasNone) {
      findings.push(
        error(`${variable} lists no subMchids for ${alias}, a service provider: it can assign nothing there.`),
      );
    }
    if (stores?.length === 0) {
      findings.push(error(`${variable} lists no stores for ${alias}: it can act for none. Leave stores out for all.`));
    }
    if (scopes?.length === 0) {
      findings.push(
        error(`${variable} lists no scopes for ${alias}: it may do nothing there. Leave scopes out for all.`),
      );
    }
    if (merchant && merchant.wechat?.mode !== "partner" && !hasNone) {
      findings.push(
        warning(`${variable} lists subMchids for ${alias}, which acts for itself: a call that names one is refused.`),
      );
    } else if (subMchids === "*") {
      findings.push(warning(`${variable} may act for every sub-merchant of ${alias}; a list of them is safer.`));
    }
  }
  return findings;
}

async function examineMerchant(merchant: MerchantSettings): Promise<Finding[]> {
  const variable = `MERCHANT_${merchant.alias.toUpperCase()}`;
  const { wechat, tmall } = await credentialsOf(merchant);
  const findings = [wechat, tmall]
    .filter((imported) => imported !== undefined)
    .flatMap((imported) => (imported.ok ? [] : [error(`${variable} ${imported.sentence}.`)]));
  if (merchant.wechat && wechat?.ok && !isWhole(merchant.wechat.privateKey)) {
    findings.push(error(`${variable} wechat.privateKey is damaged: characters were changed; paste the file again.`));
  }
  if (merchant.wechat && merchant.wechat.certificate === undefined) {
    findings.push(
      warning(
        `${variable} has no wechat.certificate: that serialNo and privateKey belong together is not proved here.`,
      ),
    );
  }
  if (merchant.wechat?.certificate !== undefined && wechat?.ok) {
    findings.push(...examineCertificate(variable, merchant.wechat.certificate, Date.now()));
  }
  return [...findings, ...examineSession(merchant, Date.now())];
}

/** Whether the numbers of an RSA key fit each other: workerd refuses one where they do not, Node imports it. @param pem has been imported */
function isWhole(pem: string): boolean {
  const read = readPem(pem);
  if (!read.ok) return false;
  const { label, der } = read.value;
  const type = label === "RSA PRIVATE KEY" ? "pkcs1" : "pkcs8";
  const key = createPrivateKey({ key: Buffer.from(der), format: "der", type }).export({ format: "jwk" });
  const part = (name: "n" | "e" | "d" | "p" | "q" | "dp" | "dq" | "qi") =>
    BigInt(`0x0${Buffer.from(key[name] ?? "", "base64url").toString("hex")}`);
  const [p, q] = [part("p"), part("q")];
  if (p < 2n || q < 2n || part("n") !== p * q || (part("qi") * q) % p !== 1n) return false;
  const fits = (prime: bigint, exponent: bigint) =>
    (part("d") * part("e")) % (prime - 1n) === 1n && exponent === part("d") % (prime - 1n);
  return fits(p, part("dp")) && fits(q, part("dq"));
}

/** The merchant's own certificate: its end is the one outage that is known years ahead. */
function examineCertificate(variable: string, pem: string, now: number): Finding[] {
  // As the edge reads it: Node alone would not take one that pasting has changed.
  const read = readPem(pem);
  if (!read.ok) return [];
  const days = Math.floor((Date.parse(new X509Certificate(read.value.der).validTo) - now) / dayMs);
  if (days < 0) return [error(`${variable}: wechat.certificate ended ${-days} days ago: renew it at WeChat Pay.`)];
  return days < warnDays ? [warning(`${variable}: wechat.certificate ends in ${days} days: renew it in time.`)] : [];
}

/** Keys that people type when they mean to come back later, or leave as the documents show them; nothing but a guess can be tried against a digest. */
const guesses = [
  "",
  "…",
  "test",
  "demo",
  "secret",
  "password",
  "changeme",
  "key",
  "apikey",
  "admin",
  "123456",
  "example",
];

function isOfWeakKey(digest: string, partnerId?: string): boolean {
  const prefix = partnerId === undefined ? "op_" : `sk_${partnerId}_`;
  return guesses.some((guess) => digest === sha256Hex(guess) || digest === sha256Hex(prefix + guess));
}
