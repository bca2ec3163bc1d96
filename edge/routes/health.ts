/** `/healthz` and `/readyz`: alive, and able to serve somebody. Neither says what is wrong: the log does. */
import { Hono } from "hono";
import { anyMerchantUsable } from "../channels/credentials.ts";
import { type AppEnv, respondJson } from "./context.ts";

export const health = new Hono<AppEnv>();

health.get("/healthz", (c) => respondJson(c, { status: "ok" }, 200));

health.get("/readyz", async (c) => {
  const config = c.get("config");
  const keyed = config.sessionKeys.length > 0 && config.storageKeys.length > 0;
  const ready = keyed && config.partners.size > 0 && (await anyMerchantUsable(config));
  return respondJson(c, { status: ready ? "ready" : "unavailable" }, ready ? 200 : 503);
});
