import assert from "node:assert/strict";
import type { DevEnvironment } from "../support/dev-environment.ts";

/** Of each kind of secret a piece that stands in one line and belongs to this environment alone. */
export function secretsOf({ edge }: DevEnvironment): string[] {
  const { wechat, tmall } = JSON.parse(edge.MERCHANT_DEMO ?? "{}") as {
    wechat: { privateKey: string; apiV3Key: string };
    tmall: { appSecret: string; session: string };
  };
  const pemLine = wechat.privateKey.split("\n")[3] ?? "";
  const secrets = [
    edge.SESSION_KEY ?? "",
    edge.STORAGE_KEY ?? "",
    pemLine,
    wechat.apiV3Key,
    tmall.appSecret,
    tmall.session,
  ];
  assert.ok(secrets.every((secret) => secret.length >= 32));
  return secrets;
}
