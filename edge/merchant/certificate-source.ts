/** Platform certificates over RPC: what a ledger gives its WeChat channel. */
import type { CertificateSource } from "../channels/wechat/platform-keys.ts";
import type { Merchant } from "./merchant.ts";

/** @param merchant names the object anew for each call */
export const merchantCertificates = (merchant: () => DurableObjectStub<Merchant>): CertificateSource => ({
  current: () => merchant().platformCertificates(),
  refreshed: () => merchant().refreshedPlatformCertificates(),
});
