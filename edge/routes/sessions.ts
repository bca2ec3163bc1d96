/** `/v1/sessions`: a partner's backend mints a session for one page, and revokes it. */
import { Hono } from "hono";
import { SessionRequestSchema } from "../../shared/contract.ts";
import { authenticatePartner } from "../access/api-key.ts";
import { mintSession, parseSessionId } from "../access/sessions.ts";
import { namedTenant, tenantHeaders } from "../access/tenant-headers.ts";
import { homeLedger } from "../ledger/address.ts";
import { fail, ok, type Result } from "../problem.ts";
import { bodyOf } from "./calls.ts";
import { type AppContext, type AppEnv, respondEmpty, respondJson, respondProblem } from "./context.ts";

export const sessions = new Hono<AppEnv>();

sessions.post("/", async (c) => {
  const partner = authenticatePartner(c.req.raw, c.get("config"));
  if (!partner.ok) return respondProblem(c, partner.failure);
  const request = await bodyOf(c, SessionRequestSchema);
  if (!request.ok) return respondProblem(c, request.failure);
  const minted = await mintSession(c.get("config"), partner.value, request.value, Date.now());
  if (!minted.ok) return respondProblem(c, minted.failure);
  // Only now, so that a name which is no merchant of the partner's makes no object.
  const limited = await c.env.MERCHANT.getByName(request.value.merchant).admitMint(
    partner.value.id,
    partner.value.limits.partnerPerSecond,
  );
  return limited.ok ? respondJson(c, minted.value, 201) : respondProblem(c, limited.failure);
});

sessions.delete("/:id", async (c) => {
  const partner = authenticatePartner(c.req.raw, c.get("config"));
  if (!partner.ok) return respondProblem(c, partner.failure);
  const id = c.req.param("id");
  const tenant = tenantOf(c, id);
  if (!tenant.ok) return respondProblem(c, tenant.failure);
  const { merchant: alias, subMchid } = tenant.value;
  const merchant = c.get("config").merchants.get(alias);
  if (!merchant || !partner.value.merchants.has(alias)) {
    return respondProblem(c, { code: "not_found", detail: "No session of this partner has this id" });
  }
  await homeLedger(c.env, merchant, subMchid, id).revoke(partner.value.id, id);
  return respondEmpty(c);
});

/** Ids that the edge minted name their tenant; for a session that the partner signed itself, the headers do. */
function tenantOf(c: AppContext, id: string): Result<{ merchant: string; subMchid?: string }> {
  const own = parseSessionId(id);
  if (own) return ok(own);
  const named = namedTenant(c.req.raw.headers);
  if (!named.ok) return named;
  const { merchant, subMchid } = named.value;
  if (merchant === undefined) {
    return fail("invalid_request", "Name the merchant of a session that the partner signed itself", {
      field: tenantHeaders.merchant,
    });
  }
  return ok({ merchant, ...(subMchid !== undefined && { subMchid }) });
}
