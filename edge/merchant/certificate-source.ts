/** Platform certificates over RPC: what a ledger gives its WeChat channel. */
import type { CertificateSource } from "../channels/wechat/platform-keys.ts";
import type { Env } from "../environment.ts";

export function merchantCertificates(namespace: Env["MERCHANT"], alias: string): CertificateSource {
  const merchant = () => namespace.get(namespace.idFromName(alias));
  return {
    current: () => merchant().platformCertificates(alias),
    refreshed: () => merchant().refreshedPlatformCertificates(alias),
  };
}
