/** The partner's backend behind the demo page: it alone holds the partner's API key and mints sessions with it. */
import { Hono } from "hono";
import manifest from "../../../package.json";
import { bookOf } from "../book/book.ts";
import { type SandboxEnv, settingsOf } from "../settings.ts";
import { demoGuides, demoStoreId, demoWorkers } from "./demo-data.ts";

const scope = "assignments:write assignments:read guides:read";

export const partnerBackend = new Hono<{ Bindings: SandboxEnv }>();

/**
 * What the element's `session-url` calls. `?merchant=demo` picks the merchant, as a till's own log-in would.
 * Another site's page must not obtain a session through a visitor's browser, so its Origin is refused.
 */
partnerBackend.post("/staff-assign/session", async (context) => {
  const { partner } = settingsOf(context.env);
  if (!partner) return context.json({ error: "the variable PARTNER_BACKEND is not set" }, 503);
  const own = new URL(context.req.url).origin;
  const origin = context.req.header("Origin") ?? own;
  if (origin !== own) return context.json({ error: "only this site's own pages may ask" }, 403);
  const alias = context.req.query("merchant") ?? "demo";
  const merchant = Object.hasOwn(partner.merchants, alias) ? partner.merchants[alias] : undefined;
  if (!merchant) return context.json({ error: "this shop has no such merchant" }, 404);
  const body = await context.req.json<unknown>().catch(() => ({}));
  const jkt = typeof body === "object" && body !== null && "jkt" in body ? body.jkt : undefined;
  const answer = await fetch(`${partner.edgeOrigin}/v1/sessions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${partner.apiKey}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      merchant: alias,
      ...(merchant.subMchid !== undefined && { subMchid: merchant.subMchid }),
      scope,
      origin,
      ...(jkt !== undefined && { jkt }),
    }),
  }).catch(() => undefined);
  if (!answer) return context.json({ error: `the edge does not answer at ${partner.edgeOrigin}` }, 502);
  return new Response(answer.body, {
    status: answer.status,
    headers: {
      "Content-Type": answer.headers.get("Content-Type") ?? "application/json",
      "Cache-Control": "no-store",
    },
  });
});

/** Where the page finds the element's script: a partner writes this address and version into the page. */
partnerBackend.get("/demo/config", (context) => {
  const { partner } = settingsOf(context.env);
  return context.json({
    edgeOrigin: partner?.edgeOrigin,
    version: manifest.version,
    merchants: Object.keys(partner?.merchants ?? {}),
  });
});

partnerBackend.get("/demo/orders", async (context) =>
  context.json({ data: await bookOf(context.env).waitingOrders(false) }),
);

/** A new batch of orders, with numbers that nothing has been assigned to. */
partnerBackend.post("/demo/orders", async (context) =>
  context.json({ data: await bookOf(context.env).waitingOrders(true) }),
);

partnerBackend.get("/demo/guides", (context) =>
  context.json({
    storeId: demoStoreId,
    guides: demoGuides.map(({ guideId, storeId, name }) => ({ id: guideId, storeId, name })),
    workers: demoWorkers.map(({ workerId, name }) => ({ id: workerId, name })),
  }),
);
