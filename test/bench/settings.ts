/** What every process of one run shares: key pairs made for it, and the one request that all contenders are sent. */
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";

export interface BenchSettings {
  /** origin of the upstream stub */
  upstream: string;
  mchid: string;
  subMchid: string;
  serialNo: string;
  /** PKCS#8 PEM of the merchant */
  privateKey: string;
  platformKeyId: string;
  /** SPKI PEM of the platform */
  platformPublicKey: string;
  /** PKCS#8 PEM of the platform; only the stub uses it */
  platformPrivateKey: string;
  apiV3Key: string;
  sessionKey: string;
  /** an edge that starts again on a ledger needs the key that it was written under */
  storageKey: string;
  partnerApiKey: string;
  /** origin of the page that the load generator plays */
  pageOrigin: string;
  guideId: string;
}

function createRsaPair(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}

export function createSettings(): Omit<BenchSettings, "upstream"> {
  const merchant = createRsaPair();
  const platform = createRsaPair();
  return {
    mchid: "1900000100",
    subMchid: "1900000109",
    serialNo: `4${randomBytes(20).toString("hex").slice(1)}`.toUpperCase(),
    privateKey: merchant.privateKey,
    platformKeyId: "PUB_KEY_ID_0119000001002026010100000100",
    platformPublicKey: platform.publicKey,
    platformPrivateKey: platform.privateKey,
    apiV3Key: randomBytes(16).toString("hex"),
    sessionKey: randomBytes(32).toString("base64url"),
    storageKey: randomBytes(32).toString("base64url"),
    partnerApiKey: `sk_bench_${randomBytes(24).toString("hex")}`,
    pageOrigin: "https://pos.example",
    guideId: "LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic",
  };
}

/** Variables of the edge. Budgets are on, and far above what one machine can ask for. */
export function edgeVariables(settings: BenchSettings): Record<string, string> {
  const { mchid, serialNo, privateKey, upstream, platformKeyId, platformPublicKey, partnerApiKey } = settings;
  return {
    // Production refuses an upstream on loopback; nothing else differs on this path.
    ENVIRONMENT: "development",
    PUBLIC_ORIGIN: "https://edge.example",
    SESSION_KEY: settings.sessionKey,
    STORAGE_KEY: settings.storageKey,
    PARTNER_BENCH: JSON.stringify({
      apiKeySha256: [createHash("sha256").update(partnerApiKey).digest("hex")],
      origins: [settings.pageOrigin],
      merchants: { demo: { subMchids: [settings.subMchid] } },
      limits: {
        sessionPerSecond: 100_000,
        sessionBurst: 100_000,
        partnerPerSecond: 100_000,
        merchantPerSecond: 100_000,
      },
    }),
    MERCHANT_DEMO: JSON.stringify({
      wechat: {
        mode: "partner",
        mchid,
        serialNo,
        privateKey,
        apiV3Key: settings.apiV3Key,
        publicKeys: { [platformKeyId]: platformPublicKey },
        hosts: [upstream],
      },
    }),
  };
}

/** The body of every assignment; the response's must name the order and say `assigned`. */
export const assignmentBody = (order: string, guideId: string): string =>
  JSON.stringify({ channel: "wechat", order, guide: { id: guideId } });
