/**
 * `/v1/operator`: what the operator's own commands need: the state of each merchant, a new TOP session without a deploy, an
 * end to TOP's bans, the audit record. Without `OPERATOR_KEY_SHA256` these paths do not exist.
 */
import { Hono } from "hono/tiny";
import { AuditQuerySchema, TopSessionSwapSchema } from "../../shared/operator-contract.ts";
import { authenticateOperator } from "../access/api-key.ts";
import { ledgerNamed } from "../ledger/address.ts";
import { merchantStates } from "../merchant/states.ts";
import type { Failure } from "../problem.ts";
import { bodyOf, queryOf, slowGuesses } from "./calls.ts";
import { type AppContext, type AppEnv, respondEmpty, respondJson, respondProblem } from "./context.ts";

export const operator = new Hono<AppEnv>();

operator.use(async (c, next) => {
  const allowed = await slowGuesses(c, authenticateOperator(c.req.raw, c.get("config")));
  return allowed.ok ? next() : respondProblem(c, allowed.failure);
});

operator.get("/merchants", async (c) =>
  respondJson(c, { data: await merchantStates(c.get("config"), c.env.MERCHANT) }, 200),
);

operator.put("/merchants/:alias/tmall-session", async (c) => {
  const body = await bodyOf(c, TopSessionSwapSchema);
  if (!body.ok) return respondProblem(c, body.failure);
  const merchant = tmallMerchant(c, c.req.param("alias"));
  if (!merchant) return respondProblem(c, noTmall);
  const swapped = await merchant.swapTopSession(body.value);
  if (!swapped) {
    return respondProblem(c, {
      code: "invalid_request",
      field: "sessionExpiresAt",
      detail: "This session has ended already",
    });
  }
  return respondJson(c, swapped, 200);
});

operator.delete("/merchants/:alias/tmall-bans", async (c) => {
  const merchant = tmallMerchant(c, c.req.param("alias"));
  if (!merchant) return respondProblem(c, noTmall);
  await merchant.liftTopBans();
  return respondEmpty(c);
});

operator.get("/audit", async (c) => {
  const query = queryOf(c, AuditQuerySchema);
  if (!query.ok) return respondProblem(c, query.failure);
  const { merchant: alias, subMchid, shard, after, limit } = query.value;
  const merchant = c.get("config").merchants.get(alias);
  if (!merchant || shard >= merchant.shards) {
    return respondProblem(c, { code: "not_found", detail: "No ledger has this name" });
  }
  const page = await ledgerNamed(c.env, alias, subMchid, shard).auditPage(after, limit);
  return page.ok ? respondJson(c, page.value, 200) : respondProblem(c, page.failure);
});

const noTmall: Failure = { code: "not_found", detail: "No merchant of this alias has a tmall channel" };

const tmallMerchant = (c: AppContext, alias: string) =>
  c.get("config").merchants.get(alias)?.tmall ? c.env.MERCHANT.getByName(alias) : undefined;
