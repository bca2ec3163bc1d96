/**
 * `/v1/operator`: what the operator's own commands need: the state of each merchant, a new TOP session without a deploy,
 * the audit record. Without `OPERATOR_KEY_SHA256` these paths do not exist.
 */
import { Hono } from "hono";
import * as v from "valibot";
import { mchidPattern } from "../../shared/contract.ts";
import { authenticateOperator } from "../access/api-key.ts";
import { ledgerNamed } from "../ledger/address.ts";
import { merchantStates } from "../merchant/states.ts";
import { TopSessionSwapSchema } from "../merchant/top-authorisation.ts";
import { bodyOf, queryOf } from "./calls.ts";
import { type AppEnv, respondJson, respondProblem } from "./context.ts";

export const operator = new Hono<AppEnv>();

operator.use(async (c, next) => {
  const allowed = authenticateOperator(c.req.raw, c.get("config"));
  return allowed.ok ? next() : respondProblem(c, allowed.failure);
});

operator.get("/merchants", async (c) =>
  respondJson(c, { data: await merchantStates(c.get("config"), c.env.MERCHANT) }, 200),
);

operator.put("/merchants/:alias/tmall-session", async (c) => {
  const body = await bodyOf(c, TopSessionSwapSchema);
  if (!body.ok) return respondProblem(c, body.failure);
  const alias = c.req.param("alias");
  if (!c.get("config").merchants.get(alias)?.tmall) {
    return respondProblem(c, { code: "not_found", detail: "No merchant of this alias has a tmall channel" });
  }
  const swapped = await c.env.MERCHANT.getByName(alias).swapTopSession(body.value);
  if (!swapped) {
    return respondProblem(c, {
      code: "invalid_request",
      field: "sessionExpiresAt",
      detail: "This session has ended already",
    });
  }
  return respondJson(c, swapped, 200);
});

const wholeNumber = v.pipe(v.string(), v.regex(/^[0-9]{1,15}$/, "must be a whole number"), v.transform(Number));

const AuditQuerySchema = v.strictObject({
  merchant: v.pipe(v.string(), v.regex(/^[a-z0-9]{1,32}$/, "must be a merchant alias in lower case")),
  subMchid: v.exactOptional(v.pipe(v.string(), v.regex(mchidPattern, "must be a merchant number"))),
  shard: v.optional(wholeNumber, "0"),
  after: v.optional(wholeNumber, "0"),
  limit: v.optional(
    v.pipe(wholeNumber, v.minValue(1, "must be 1 to 1000"), v.maxValue(1000, "must be 1 to 1000")),
    "1000",
  ),
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
