/**
 * The sandbox: a strict stand-in for WeChat Pay and TOP, the partner's backend, and the pages of the demo shop.
 * It is written from the platforms' documents and shares no code with the edge, so that the two can disagree.
 */
import { Hono } from "hono";
import { control } from "./control.ts";
import { partnerBackend } from "./partner/backend.ts";
import type { SandboxEnv } from "./settings.ts";
import { topGateway } from "./top/gateway.ts";
import { wechatGateway } from "./wechat/gateway.ts";

export { Book } from "./book/book.ts";

const app = new Hono<{ Bindings: SandboxEnv }>();

app.all("/v3/*", (context) => wechatGateway(context.req.raw, context.env));
app.all("/router/rest", (context) => topGateway(context.req.raw, context.env));
app.route("/_sandbox", control);
app.route("/", partnerBackend);
app.all("*", (context) => context.env.ASSETS.fetch(context.req.raw));

export default app;
