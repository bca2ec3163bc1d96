/** `/v1/orders/{order}`: an order as the platform has it, so that a dispatcher sees who is on it before changing it. */
import { Hono } from "hono/tiny";
import { Int64Id, OrderQuerySchema, outerIdPattern } from "../../shared/contract.ts";
import { validate } from "../access/validate.ts";
import { reachLedger } from "../ledger/address.ts";
import { orderKeyOf } from "../ledger/order-key.ts";
import { callerOf, queryOf, reachOf } from "./calls.ts";
import { type AppEnv, respondJson, respondProblem } from "./context.ts";

export const orders = new Hono<AppEnv>();

orders.get("/:order", async (c) => {
  const admitted = await callerOf(c, "assignments:read");
  if (!admitted.ok) return respondProblem(c, admitted.failure);
  const query = queryOf(c, OrderQuerySchema);
  if (!query.ok) return respondProblem(c, query.failure);
  const order = c.req.param("order");
  const { channel, orderKind } = query.value;
  const valid = orderKind === "outer" ? outerIdPattern.test(order) : validate(Int64Id, order).ok;
  if (!valid) {
    return respondProblem(c, {
      code: "invalid_request",
      field: "order",
      detail: `is not an id of the kind ${orderKind}`,
    });
  }
  const reached = await reachLedger(reachOf(c, admitted.value), channel, orderKeyOf({ channel, orderKind, order }));
  if (!reached.ok) return respondProblem(c, reached.failure);
  const { ledger, call } = reached.value;
  const answer = await ledger.readOrder({ ...call, order, orderKind });
  return answer.ok ? respondJson(c, answer.value, 200) : respondProblem(c, answer.failure);
});
