/**
 * A merchant's WeChat Pay credentials, imported once per version of its settings into non-extractable keys. All that
 * can be wrong with them is told here, when the configuration is read, and not at the first customer.
 */
import { nodeCrypto } from "../../node-crypto.ts";
import type { Parsed } from "../../read-variable.ts";
import { readPem } from "./pem.ts";
import { importMerchantKey, importPlatformKey, type PlatformKeyPair, signatureAlgorithm } from "./rsa-keys.ts";
import { defaultWechatHosts, type WechatSettings } from "./settings.ts";

export interface WechatCredentials {
  mode: "partner" | "direct";
  mchid: string;
  /** of the merchant API certificate, upper-case hex */
  serialNo: string;
  signKey: CryptoKey;
  /** opens the sensitive fields of answers */
  decryptKey: CryptoKey;
  /** AES-256-GCM, opens downloaded platform certificates */
  apiV3Key: CryptoKey;
  /** WeChat Pay public keys by `PUB_KEY_ID_…` */
  publicKeys: ReadonlyMap<string, PlatformKeyPair>;
  /** a `PUB_KEY_ID_…`, or `certificate`: the newest platform certificate */
  encryptWith: string;
  hosts: readonly string[];
}

export async function importWechatCredentials(
  settings: WechatSettings & { hosts?: readonly string[] },
): Promise<Parsed<WechatCredentials>> {
  const merchantKey = await importMerchantKey(settings.privateKey);
  if (!merchantKey.ok) return refuse("wechat.privateKey", merchantKey.sentence);
  if (settings.certificate !== undefined) {
    const mismatch = await certificateMismatch(settings.certificate, settings.serialNo, merchantKey.value.sign);
    if (mismatch) return mismatch;
  }

  const publicKeys = new Map<string, PlatformKeyPair>();
  for (const [id, pem] of Object.entries(settings.publicKeys ?? {})) {
    const publicKey = await importPlatformKey(pem);
    if (!publicKey.ok) return refuse(`wechat.publicKeys.${id}`, publicKey.sentence);
    publicKeys.set(id, publicKey.value);
  }
  const [firstId] = publicKeys.keys();
  const encryptWith = settings.encryptWith ?? firstId ?? "certificate";
  if (encryptWith !== "certificate" && !publicKeys.has(encryptWith)) {
    return refuse("wechat.encryptWith", 'must be "certificate" or one of the ids in wechat.publicKeys');
  }

  return {
    ok: true,
    value: {
      mode: settings.mode,
      mchid: settings.mchid,
      serialNo: settings.serialNo,
      signKey: merchantKey.value.sign,
      decryptKey: merchantKey.value.decrypt,
      apiV3Key: await crypto.subtle.importKey("raw", new TextEncoder().encode(settings.apiV3Key), "AES-GCM", false, [
        "decrypt",
      ]),
      publicKeys,
      encryptWith,
      hosts: settings.hosts ?? defaultWechatHosts,
    },
  };
}

const refuse = (member: string, sentence: string) => ({ ok: false, sentence: `${member} ${sentence}` }) as const;

/**
 * The serial number stands in the certificate, not in the key. With `apiclient_cert.pem` at hand a serial of another
 * certificate, or the pair of another key, is found before WeChat Pay answers 401 to everything.
 */
async function certificateMismatch(pem: string, serialNo: string, signKey: CryptoKey) {
  const member = "wechat.certificate";
  const read = readPem(pem);
  if (!read.ok) return refuse(member, read.sentence);
  if (read.value.label !== "CERTIFICATE") return refuse(member, "must be the merchant's apiclient_cert.pem");
  let serial: string;
  let spki: Uint8Array<ArrayBuffer>;
  try {
    const certificate = new (nodeCrypto().X509Certificate)(Buffer.from(read.value.der));
    serial = normalSerial(certificate.serialNumber);
    spki = new Uint8Array(certificate.publicKey.export({ type: "spki", format: "der" }));
  } catch {
    return refuse(member, "cannot be read as a certificate; paste apiclient_cert.pem again");
  }
  if (serial !== normalSerial(serialNo)) {
    return refuse(
      "wechat.serialNo",
      "is not the serial number of wechat.certificate; one of them is of another certificate",
    );
  }
  const probe = new TextEncoder().encode("staff-assign");
  const signature = await crypto.subtle.sign(signatureAlgorithm.name, signKey, probe);
  const verifyKey = await crypto.subtle
    .importKey("spki", spki, signatureAlgorithm, false, ["verify"])
    .catch(() => undefined);
  if (!verifyKey || !(await crypto.subtle.verify(signatureAlgorithm.name, verifyKey, signature, probe))) {
    return refuse(
      "wechat.privateKey",
      "does not belong to wechat.certificate; one of them is of another merchant or renewal",
    );
  }
  return undefined;
}

/** Hex in upper case without leading zeros: tools print serial numbers either way. */
export const normalSerial = (serial: string) => serial.toUpperCase().replace(/^0+(?=.)/, "");
