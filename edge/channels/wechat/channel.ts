/** WeChat Pay 支付即服务 (smartguide) over APIv3, for direct merchants and service providers. */
import type { Channel } from "../channel.ts";
import { assignGuide } from "./assign.ts";
import { WechatClient } from "./client.ts";
import type { WechatCredentials } from "./credentials.ts";
import { WechatGuides } from "./guides.ts";
import { type CertificateSource, PlatformKeys } from "./platform-keys.ts";
import type { WechatRuntime } from "./repeat.ts";

export function createWechatChannel({
  credentials,
  certificates,
  runtime,
}: {
  credentials: WechatCredentials;
  certificates: CertificateSource;
  runtime: WechatRuntime;
}): Channel {
  const keys = new PlatformKeys(credentials, certificates, runtime);
  const client = new WechatClient(credentials, (serial, deadline) => keys.find(serial, deadline), runtime);
  const parts = { client, credentials, keys };
  return {
    name: "wechat",
    assign: (intent, options) => assignGuide(parts, intent, options),
    guides: new WechatGuides(client, credentials, keys, runtime),
  };
}
