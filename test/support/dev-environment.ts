/**
 * The variables of a development environment: an edge and a sandbox that know each other, with keys made here and now.
 * Nothing of it is ever committed; a second call makes another environment.
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createCertificate, createRsaKey, type RsaKey, randomText } from "./test-keys.ts";

export interface DevEnvironment {
  /** variables of the edge */
  edge: Record<string, string>;
  /** variables of the sandbox */
  sandbox: Record<string, string>;
  /** API key of the partner `pos`, whose backend the sandbox plays */
  partnerApiKey: string;
  /** API key of the partner `kiosk`, which shares the merchant `demo` */
  kioskApiKey: string;
  operatorKey: string;
}

/** Merchant numbers of the sandbox; `demo` is a service provider (服务商), the others are direct merchants. */
const mchids = { demo: "1900000100", direct: "1900000200", cert: "1900000300", both: "1900000400" } as const;
/** Sub-merchants (特约商户) that `demo` acts for. */
export const subMchids = ["1900000109", "1900000110"] as const;

const day = 86_400_000;

const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");

/** The same port under the loopback's other name: it plays the backup host. */
function twinOf(origin: string): string {
  const url = new URL(origin);
  url.hostname = url.hostname === "localhost" ? "127.0.0.1" : "localhost";
  return url.origin;
}

export async function createDevEnvironment(origins: {
  edgeOrigin: string;
  sandboxOrigin: string;
}): Promise<DevEnvironment> {
  const { edgeOrigin, sandboxOrigin } = origins;
  const hosts = [sandboxOrigin, twinOf(sandboxOrigin)];
  const now = Date.now();

  const issuer = await createRsaKey();
  const aliases = ["demo", "direct", "cert", "both"] as const;
  const merchants = Object.fromEntries(
    await Promise.all(
      aliases.map(async (alias) => {
        const key = await createRsaKey();
        const subject = `CN=${mchids[alias]},OU=Sandbox Merchant,O=WeChat Pay Merchant System,L=Shenzhen,C=CN`;
        return [alias, { key, ...(await createCertificate(subject, key, issuer, new Date(now - 30 * day))) }] as const;
      }),
    ),
  ) as Record<(typeof aliases)[number], { key: RsaKey; serialNo: string; pem: string }>;

  const publicKeyOf = async (alias: keyof typeof mchids) => ({
    id: `PUB_KEY_ID_01${mchids[alias]}2026010100${mchids[alias].slice(-4)}`,
    key: await createRsaKey(),
  });
  const [demoPlatform, directPlatform, bothPlatform] = await Promise.all([
    publicKeyOf("demo"),
    publicKeyOf("direct"),
    publicKeyOf("both"),
  ]);

  const platformSubject = "CN=Tenpay.com sign,OU=Tenpay.com CA Center,O=Tenpay.com,C=CN";
  const platformCertificate = async (validFrom: Date) => {
    const key = await createRsaKey();
    return { key, ...(await createCertificate(platformSubject, key, issuer, validFrom)) };
  };
  // The old one is near its end (five years less 20 days), the new one has begun: the last days of a rotation.
  const [oldCertificate, newCertificate] = await Promise.all([
    platformCertificate(new Date(now - (5 * 365 - 20) * day)),
    platformCertificate(new Date(now - 2 * day)),
  ]);

  const apiV3Keys = Object.fromEntries(aliases.map((alias) => [alias, randomText(32)])) as Record<
    (typeof aliases)[number],
    string
  >;
  const topApp = {
    appKey: `2${randomBytes(4).readUInt32BE().toString().padStart(10, "0").slice(0, 7)}`,
    appSecret: randomBytes(16).toString("hex"),
    session: `6100${randomBytes(22).toString("hex")}`,
    refreshToken: `6101${randomBytes(22).toString("hex")}`,
  };

  const partnerApiKey = `sk_pos_${randomText(40)}`;
  const kioskApiKey = `sk_kiosk_${randomText(40)}`;
  const operatorKey = `op_${randomText(40)}`;

  const wechatSettings = (alias: (typeof aliases)[number], mode: "partner" | "direct") => ({
    mode,
    mchid: mchids[alias],
    serialNo: merchants[alias].serialNo,
    privateKey: merchants[alias].key.privateKey,
    apiV3Key: apiV3Keys[alias],
    hosts,
  });
  const stand = (alias: (typeof aliases)[number], more: Record<string, unknown>) =>
    JSON.stringify({
      mchid: mchids[alias],
      certificate: merchants[alias].pem,
      apiV3Key: apiV3Keys[alias],
      ...more,
    });

  const edge: Record<string, string> = {
    ENVIRONMENT: "development",
    PUBLIC_ORIGIN: edgeOrigin,
    SESSION_KEY: randomBytes(32).toString("base64url"),
    STORAGE_KEY: randomBytes(32).toString("base64url"),
    OPERATOR_KEY_SHA256: sha256Hex(operatorKey),
    PARTNER_POS: JSON.stringify({
      apiKeySha256: [sha256Hex(partnerApiKey)],
      origins: hosts,
      merchants: { demo: { subMchids }, direct: {}, cert: {}, both: {} },
    }),
    PARTNER_KIOSK: JSON.stringify({
      apiKeySha256: [sha256Hex(kioskApiKey)],
      origins: ["https://kiosk.example"],
      merchants: { demo: { subMchids: [subMchids[0]] } },
    }),
    MERCHANT_DEMO: JSON.stringify({
      wechat: { ...wechatSettings("demo", "partner"), publicKeys: { [demoPlatform.id]: demoPlatform.key.publicKey } },
      tmall: {
        ...topApp,
        sessionExpiresAt: new Date(now + 180 * day).toISOString(),
        gateway: `${sandboxOrigin}/router/rest`,
        allowedCheckReasons: ["12"],
      },
    }),
    MERCHANT_DIRECT: JSON.stringify({
      wechat: {
        ...wechatSettings("direct", "direct"),
        publicKeys: { [directPlatform.id]: directPlatform.key.publicKey },
      },
    }),
    MERCHANT_CERT: JSON.stringify({ wechat: wechatSettings("cert", "direct") }),
    MERCHANT_BOTH: JSON.stringify({
      wechat: { ...wechatSettings("both", "direct"), publicKeys: { [bothPlatform.id]: bothPlatform.key.publicKey } },
    }),
  };

  const platformKey = (platform: { id: string; key: RsaKey }) =>
    JSON.stringify({ id: platform.id, privateKey: platform.key.privateKey });
  const certificateKey = (platform: { pem: string; key: RsaKey }) =>
    JSON.stringify({ certificate: platform.pem, privateKey: platform.key.privateKey });
  const sandbox: Record<string, string> = {
    WECHAT_MERCHANT_DEMO: stand("demo", { role: "partner", subMchids, keys: "public-key", publicKey: "DEMO" }),
    WECHAT_MERCHANT_DIRECT: stand("direct", { role: "direct", keys: "public-key", publicKey: "DIRECT" }),
    WECHAT_MERCHANT_CERT: stand("cert", { role: "direct", keys: "certificate" }),
    WECHAT_MERCHANT_BOTH: stand("both", { role: "direct", keys: "both", publicKey: "BOTH" }),
    WECHAT_PUBLIC_KEY_DEMO: platformKey(demoPlatform),
    WECHAT_PUBLIC_KEY_DIRECT: platformKey(directPlatform),
    WECHAT_PUBLIC_KEY_BOTH: platformKey(bothPlatform),
    WECHAT_CERTIFICATE_OLD: certificateKey(oldCertificate),
    WECHAT_CERTIFICATE_NEW: certificateKey(newCertificate),
    TOP_APP_DEMO: JSON.stringify({ ...topApp, userNick: "演示服务商", refreshable: true }),
    PARTNER_BACKEND: JSON.stringify({
      apiKey: partnerApiKey,
      edgeOrigin,
      merchants: { demo: { subMchid: subMchids[0] }, direct: {}, cert: {}, both: {} },
    }),
  };

  return { edge, sandbox, partnerApiKey, kioskApiKey, operatorKey };
}

/** One variable a line; single quotes keep the JSON's own quotes and `\n` as they are. */
function devVarsText(head: readonly string[], variables: Record<string, string>): string {
  const lines = Object.entries(variables).map(([name, value]) => {
    if (value.includes("'") || value.includes("\n")) throw new TypeError(`${name} cannot be written to .dev.vars`);
    return `${name}='${value}'`;
  });
  return [...head, ...lines, ""].join("\n");
}

const madeHere = "# Development only: test keys made on this machine. Delete this file and its twin for new ones.";

const isMadeHere = (path: string) => readFileSync(path, "utf8").startsWith(madeHere);

/**
 * Writes `.dev.vars` of the edge and of the sandbox, readable by their owner alone. The two belong together: when both
 * exist, or one is an operator's own, nothing is written; a half that was made here and lost its twin is made again.
 *
 * @returns the paths written
 */
export function writeDevVars(root: string, environment: DevEnvironment): string[] {
  const keys = [
    `# partner pos: ${environment.partnerApiKey}`,
    `# partner kiosk: ${environment.kioskApiKey}`,
    `# operator: ${environment.operatorKey}`,
  ];
  const files = [
    { path: join(root, ".dev.vars"), text: devVarsText([madeHere, ...keys], environment.edge) },
    { path: join(root, "test/sandbox/.dev.vars"), text: devVarsText([madeHere], environment.sandbox) },
  ];
  const existing = files.filter(({ path }) => existsSync(path));
  if (existing.length === files.length || !existing.every(({ path }) => isMadeHere(path))) return [];
  for (const { path, text } of files) {
    rmSync(path, { force: true });
    writeFileSync(path, text, { mode: 0o600, flag: "wx" });
  }
  return files.map(({ path }) => path);
}
