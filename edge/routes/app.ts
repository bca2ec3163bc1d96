/**
 * The router, and the only order in which a request is looked at: id, configuration, preflight, origin, route. A page
 * whose origin no partner has reaches no handler, whatever path it spells.
 */

import { requestId } from "hono/request-id";
import { Hono } from "hono/tiny";
import { checkOrigin, preflight } from "../access/origin.ts";
import { reportCredentialFaults } from "../channels/credentials.ts";
import type { Config } from "../config.ts";
import { configOf } from "../loaded-config.ts";
import { storageFaultOf } from "../storage-fault.ts";
import { consoleTelemetry } from "../telemetry.ts";
import { assets } from "./assets.ts";
import { assignments } from "./assignments.ts";
import { type AppEnv, respondEmpty, respondMethodNotAllowed, respondProblem } from "./context.ts";
import { guides } from "./guides.ts";
import { health } from "./health.ts";
import { operator } from "./operator.ts";
import { orders } from "./orders.ts";
import { sessions } from "./sessions.ts";

export const app = new Hono<AppEnv>();

app.use(requestId({ headerName: "X-Request-Id" }));

let reported: Config | undefined;

app.use(async (c, next) => {
  const config = configOf(c.env);
  c.set("config", config);
  if (reported !== config) {
    reported = config;
    c.executionCtx.waitUntil(reportCredentialFaults(config));
  }
  await next();
});

app.use("/v1/*", async (c, next) => {
  if (c.req.path === "/v1/openapi.json") return next();
  if (c.req.method === "OPTIONS") {
    const granted = preflight(c.req.raw, c.get("config"));
    return granted
      ? respondEmpty(c, granted)
      : respondProblem(c, { code: "origin_refused", detail: "No page of this origin may make the call it asks for" });
  }
  const origin = checkOrigin(c.req.raw, c.get("config"));
  if (origin.kind === "refused") {
    return respondProblem(c, { code: "origin_refused", detail: "No partner has this origin" });
  }
  c.set("origin", origin.kind === "allowed" ? origin.origin : undefined);
  // The router overlooks a last slash: an assignment that is looked at by an empty id would be the list.
  if (c.req.path.endsWith("/")) return c.notFound();
  await next();
});

app.route("/v1/sessions", sessions);
app.route("/v1/assignments", assignments);
app.route("/v1/guides", guides);
app.route("/v1/orders", orders);
app.route("/v1/operator", operator);
app.route("/", health);

/** Known paths called with a method they do not have. */
const methods: [path: string, allow: string][] = [
  ["/v1/sessions", "POST"],
  ["/v1/sessions/:id", "DELETE"],
  ["/v1/assignments", "GET, HEAD, POST"],
  ["/v1/assignments/:id", "GET, HEAD"],
  ["/v1/guides", "GET, HEAD, POST"],
  ["/v1/guides/search", "POST"],
  ["/v1/guides/:id", "PATCH"],
  ["/v1/orders/:order", "GET, HEAD"],
  ["/v1/operator/merchants", "GET, HEAD"],
  ["/v1/operator/merchants/:alias/tmall-session", "PUT"],
  ["/v1/operator/merchants/:alias/tmall-bans", "DELETE"],
  ["/v1/operator/audit", "GET, HEAD"],
  ["/healthz", "GET, HEAD"],
  ["/readyz", "GET, HEAD"],
];
for (const [path, allow] of methods) {
  app.all(path, (c) => respondMethodNotAllowed(c, allow));
}

app.route("/", assets);

app.notFound((c) => respondProblem(c, { code: "not_found", detail: "There is nothing here" }));

app.onError((error, c) => {
  const requestId = c.get("requestId");
  const fault = storageFaultOf(error);
  // The error's text may quote a request; its name and our id are enough to find it.
  if (fault === undefined) consoleTelemetry.log("error", "request_threw", { requestId, error: error.name });
  else consoleTelemetry.log("error", "storage_failed", { requestId, fault });
  return respondProblem(c, {
    code: "internal_error",
    detail: "Something broke here; the request id finds it in the log",
  });
});
