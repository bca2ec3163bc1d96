/**
 * `/healthz` and `/readyz`: alive, and able to serve somebody. Neither says what is wrong, since anybody may ask: the
 * log and the operator's own route do. `attention` tells a monitor that an operator should look there soon.
 */
import { Hono } from "hono/tiny";
import { knowsPublicOrigin } from "../access/origin.ts";
import { anyMerchantUsable } from "../channels/credentials.ts";
import type { Config } from "../config.ts";
import type { Env } from "../environment.ts";
import { merchantStates } from "../merchant/states.ts";
import { type AppEnv, respondJson } from "./context.ts";

export const health = new Hono<AppEnv>();

health.get("/healthz", (c) => respondJson(c, { status: "ok" }, 200));

health.get("/readyz", async (c) => {
  const config = c.get("config");
  const set = config.sessionKeys.length > 0 && config.storageKeys.length > 0 && knowsPublicOrigin(config);
  const ready = set && config.partners.size > 0 && (await anyMerchantUsable(config));
  if (!ready) return respondJson(c, { status: "unavailable" }, 503);
  return respondJson(c, { status: "ready", attention: await needsAttention(config, c.env) }, 200);
});

/**
 * Asking every merchant's object costs a hop each, so a flood of probes is answered from memory; those that arrive while
 * the objects are asked, with what was known before.
 */
const attentionMs = 60_000;
let attention: { config: Config; until: number; needed: boolean } | undefined;

/** A merchant that cannot be served, or a TOP session that ends within 30 days or is refused. */
async function needsAttention(config: Config, env: Env): Promise<boolean> {
  const now = Date.now();
  if (attention?.config === config && now < attention.until) return attention.needed;
  const known = attention?.config === config && attention.needed;
  attention = { config, until: now + attentionMs, needed: known };
  const states = await merchantStates(config, env.MERCHANT);
  const needed = states.some(({ usable, top }) => !usable || (top && top.state !== "ok" && top.state !== "unknown"));
  attention = { config, until: now + attentionMs, needed };
  return needed;
}
