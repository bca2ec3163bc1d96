/** `/v1/guides`: the guides of a store, where WeChat Pay keeps them. */
import type { Context } from "hono";
import { Hono } from "hono/tiny";
import {
  GuideQuerySchema,
  GuideRegistrationSchema,
  GuideSearchSchema,
  GuideUpdateSchema,
  guideIdPattern,
  type Scope,
} from "../../shared/contract.ts";
import { reachLedger } from "../ledger/address.ts";
import type { GuideOperation } from "../ledger/protocol.ts";
import { fail, ok, type Result } from "../problem.ts";
import { type Admitted, bodyOf, callerOf, queryOf, reachOf } from "./calls.ts";
import {
  type AppContext,
  type AppEnv,
  respondEmpty,
  respondJson,
  respondMethodNotAllowed,
  respondProblem,
} from "./context.ts";

export const guides = new Hono<AppEnv>();

guides.get("/", (c) =>
  operate(c, "guides:read", () => {
    const query = queryOf(c, GuideQuerySchema);
    return query.ok ? ok({ kind: "list", query: query.value }) : query;
  }),
);

guides.post("/search", (c) =>
  operate(c, "guides:read", async () => {
    const query = await bodyOf(c, GuideSearchSchema);
    return query.ok ? ok({ kind: "search", query: query.value }) : query;
  }),
);

guides.post("/", (c) =>
  operate(c, "guides:write", async () => {
    const guide = await bodyOf(c, GuideRegistrationSchema);
    return guide.ok ? ok({ kind: "register", guide: guide.value }) : guide;
  }),
);

// A path of its own, not the guide of this id.
guides.patch("/search", (c) => respondMethodNotAllowed(c, "POST"));

guides.patch("/:id", (c: Context<AppEnv, "/:id">) =>
  operate(c, "guides:write", async () => {
    const id = c.req.param("id");
    if (!guideIdPattern.test(id)) {
      return fail("invalid_request", "must be 1 to 64 of the characters 0-9 A-Z a-z _ -", { field: "id" });
    }
    const update = await bodyOf(c, GuideUpdateSchema);
    return update.ok ? ok({ kind: "update", id, update: update.value }) : update;
  }),
);

async function operate(
  c: AppContext,
  scope: Scope,
  read: () => Result<GuideOperation> | Promise<Result<GuideOperation>>,
): Promise<Response> {
  const admitted = await callerOf(c, scope);
  if (!admitted.ok) return respondProblem(c, admitted.failure);
  const operation = await read();
  if (!operation.ok) return respondProblem(c, operation.failure);
  const foreign = foreignStore(operation.value, admitted.value);
  if (foreign) return respondProblem(c, { code: "merchant_refused", field: "storeId", detail: foreign });
  const reached = await reachLedger(reachOf(c, admitted.value), "wechat", shardKeyOf(operation.value));
  if (!reached.ok) return respondProblem(c, reached.failure);
  const { ledger, call } = reached.value;
  const answer = await ledger.guides({ ...call, operation: operation.value });
  if (!answer.ok) return respondProblem(c, answer.failure);
  if (operation.value.kind === "update") return respondEmpty(c);
  return respondJson(c, answer.value, operation.value.kind === "register" ? 201 : 200);
}

/** A session that is bound to a store reads that store's guides only. */
function foreignStore(operation: GuideOperation, { caller }: Admitted): string | undefined {
  if (caller.storeId === undefined) return undefined;
  switch (operation.kind) {
    case "list":
    case "search":
      return operation.query.storeId === caller.storeId ? undefined : "The session is bound to another store";
    case "register":
    case "update":
      return "A session that is bound to a store may not write guides";
  }
}

/** A store's guides meet in one shard, so that two registrations of one person do too. */
function shardKeyOf(operation: GuideOperation): string {
  switch (operation.kind) {
    case "list":
    case "search":
      return `store ${operation.query.storeId}`;
    case "register":
      return `store ${operation.guide.storeId}`;
    case "update":
      return `guide ${operation.id}`;
  }
}
