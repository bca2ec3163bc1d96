/** Opens a merchant's channel with its keys and what the Merchant object shares. The only file that knows every channel. */
import type { ChannelName } from "../../shared/contract.ts";
import type { MerchantSettings } from "../config.ts";
import { merchantCertificates } from "../merchant/certificate-source.ts";
import type { Merchant } from "../merchant/merchant.ts";
import { fail, ok, type Result } from "../problem.ts";
import type { Channel, ChannelRuntime } from "./channel.ts";
import { credentialsOf } from "./credentials.ts";
import { createSharedAuthorisation, type TopAuthority } from "./tmall/authorisation.ts";
import { createTmallChannel } from "./tmall/channel.ts";
import { createWechatChannel } from "./wechat/channel.ts";

export async function openChannel(
  name: ChannelName,
  merchant: MerchantSettings,
  merchants: DurableObjectNamespace<Merchant>,
  runtime: ChannelRuntime,
): Promise<Result<Channel>> {
  const credentials = await credentialsOf(merchant);
  // Named anew for each call: what once led to an object that has ended since, leads nowhere ever after.
  const shared = () => merchants.getByName(merchant.alias);
  switch (name) {
    case "wechat": {
      const { wechat } = credentials;
      if (!wechat) return absent(merchant, name);
      if (!wechat.ok) return broken;
      const certificates = merchantCertificates(shared);
      return ok(createWechatChannel({ credentials: wechat.value, certificates, runtime }));
    }
    case "tmall": {
      const { tmall } = credentials;
      if (!tmall) return absent(merchant, name);
      if (!tmall.ok) return broken;
      const authorisation = createSharedAuthorisation({ authority: merchantAuthority(shared), now: runtime.now });
      return ok(createTmallChannel({ credentials: tmall.value, authorisation, runtime }));
    }
  }
}

const merchantAuthority = (merchant: () => DurableObjectStub<Merchant>): TopAuthority => ({
  topGrant: () => merchant().topGrant(),
  topSessionRefused: (session) => merchant().topSessionRefused(session),
  noteTopBan: (ban) => merchant().noteTopBan(ban),
  noteTopClock: (offsetMs) => merchant().noteTopClock(offsetMs),
});

const absent = (merchant: MerchantSettings, name: ChannelName) =>
  fail("invalid_request", `The merchant ${merchant.alias} has no ${name} channel`, { field: "channel" });

const broken = fail("misconfigured", "The merchant's keys cannot be used; the operator's log names the variable");
