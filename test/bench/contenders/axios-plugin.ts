/** `wechatpay-axios-plugin` as its README shows it: it signs requests and verifies answers by itself. */
import Wechatpay from "wechatpay-axios-plugin";
import { answerParent } from "../answering.ts";
import type { BenchSettings } from "../settings.ts";
import { serve } from "./http-server.ts";

interface SmartguideAssign {
  post(data: object, config: { guide_id: string }): Promise<unknown>;
}

answerParent<BenchSettings, object>(async (settings) => {
  const client = new Wechatpay({
    mchid: settings.mchid,
    serial: settings.serialNo,
    privateKey: settings.privateKey,
    certs: { [settings.platformKeyId]: settings.platformPublicKey },
    baseURL: `${settings.upstream}/`,
  });
  const resource = client["v3/smartguide/guides/{guide_id}/assign"] as unknown as SmartguideAssign;
  return serve(async (order, guideId) => {
    await resource.post({ sub_mchid: settings.subMchid, out_trade_no: order }, { guide_id: guideId });
  });
});
