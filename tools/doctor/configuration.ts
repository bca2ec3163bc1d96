/** What can be said without asking anybody: variables, keys, origins. */
import { X509Certificate } from "node:crypto";
import { credentialsOf } from "../../edge/channels/credentials.ts";
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

const examineOperator = ({ operatorKeySha256 }: Config): Finding[] =>
  operatorKeySha256.length > 0
    ? operatorKeySha256
        .filter((digest) => isOfWeakKey(digest))
        .map(() => error("OPERATOR_KEY_SHA256 holds the digest of a key that can be guessed."))
    : [
        warning(
          "OPERATOR_KEY_SHA256 is not set: the audit record cannot be exported and a TOP session not be swapped.",
        ),
      ];

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
  for (const [alias, { subMchids, stores }] of merchants) {
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
    if (subMchids === "*") {
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

/** The merchant's own certificate: its end is the one outage that is known years ahead. @param pem has been read already */
function examineCertificate(variable: string, pem: string, now: number): Finding[] {
  const days = Math.floor((Date.parse(new X509Certificate(pem).validTo) - now) / dayMs);
  if (days < 0) return [error(`${variable}: wechat.certificate ended ${-days} days ago: renew it at WeChat Pay.`)];
  return days < warnDays ? [warning(`${variable}: wechat.certificate ends in ${days} days: renew it in time.`)] : [];
}

/** Keys that people type when they mean to come back later; nothing but a guess can be tried against a digest. */
const guesses = ["", "test", "demo", "secret", "password", "changeme", "key", "apikey", "admin", "123456", "example"];

function isOfWeakKey(digest: string, partnerId?: string): boolean {
  const prefix = partnerId === undefined ? "op_" : `sk_${partnerId}_`;
  return guesses.some((guess) => digest === sha256Hex(guess) || digest === sha256Hex(prefix + guess));
}
