/**
 * `wechatpay-node-v3`: it signs and verifies, but has no call for smartguide and its own sender drops the headers that
 * verifying needs. So the request goes through the HTTP client that it brings, set up as it does it.
 */
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { answerParent } from "../answering.ts";
import type { BenchSettings } from "../settings.ts";
import { serve } from "./http-server.ts";

const require = createRequire(import.meta.url);
const Pay = require("wechatpay-node-v3") as typeof import("wechatpay-node-v3");
const superagent = createRequire(require.resolve("wechatpay-node-v3"))("superagent") as {
  post(url: string): { send(body: object): { set(headers: object): Promise<SuperagentAnswer> } };
};

interface SuperagentAnswer {
  status: number;
  text?: string;
  headers: Record<string, string>;
}

answerParent<BenchSettings, object>(async (settings) => {
  const pay = new Pay({
    appid: "wx0000000000000000",
    mchid: settings.mchid,
    serial_no: settings.serialNo,
    // Its constructor reads the certificate only where no serial number is given.
    publicKey: Buffer.from(settings.platformPublicKey),
    privateKey: Buffer.from(settings.privateKey),
  });
  // It keeps the platform's keys by serial; a configured one needs no download.
  Object.assign(Pay, { certificates: { [settings.platformKeyId]: settings.platformPublicKey } });

  return serve(async (order, guideId) => {
    const path = `/v3/smartguide/guides/${guideId}/assign`;
    const body = { sub_mchid: settings.subMchid, out_trade_no: order };
    const nonce = randomBytes(16).toString("hex");
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = pay.getSignature("POST", nonce, timestamp, path, body);
    const answer = await superagent
      .post(settings.upstream + path)
      .send(body)
      .set({
        Accept: "application/json",
        "Content-Type": "application/json",
        "User-Agent": "127.0.0.1",
        Authorization: pay.getAuthorization(nonce, timestamp, signature),
        "Accept-Encoding": "gzip",
      });
    const verified = await pay.verifySign({
      timestamp: answer.headers["wechatpay-timestamp"] ?? "",
      nonce: answer.headers["wechatpay-nonce"] ?? "",
      body: answer.text ?? "",
      serial: answer.headers["wechatpay-serial"] ?? "",
      signature: answer.headers["wechatpay-signature"] ?? "",
    });
    if (answer.status !== 204 || !verified) throw new Error("the answer is not verified");
  });
});
