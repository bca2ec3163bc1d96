/** `/v1/sessions`: a partner's backend mints a session for one page, and revokes it. */
import { Hono } from "hono/tiny";
import { SessionRequestSchema } from "../../shared/contract.ts";
import { authenticatePartner } from "../access/api-key.ts";
import { allowedScopes } from "../access/grant.ts";
import { sessionIdPattern } from "../access/session-claims.ts";
import { mintSession, parseSessionId } from "../access/sessions.ts";
import { namedTenant, tenantHeaders } from "../access/tenant-headers.ts";
import { homeLedger } from "../ledger/address.ts";
import { type Failure, fail, ok, type Result } from "../problem.ts";
import { bodyOf, slowGuesses } from "./calls.ts";
import { type AppContext, type AppEnv, respondEmpty, respondJson, respondProblem } from "./context.ts";

export const sessions = new Hono<AppEnv>();

sessions.post("/", async (c) => {
  const partner = await slowGuesses(c, authenticatePartner(c.req.raw, c.get("config")));
  if (!partner.ok) return respondProblem(c, partner.failure);
  const request = await bodyOf(c, SessionRequestSchema);
  if (!request.ok) return respondProblem(c, request.failure);
  if (!partner.value.merchants.has(request.value.merchant)) {
    // Before its budget is asked: a name that is not granted must not bring an object into being.
    return respondProblem(c, {
      code: "merchant_refused",
      field: "merchant",
      detail: "The partner may not act for this merchant.",
    });
  }
  const limited = await c.env.MERCHANT.getByName(request.value.merchant).admitMint(
    partner.value.id,
    partner.value.limits.partnerPerSecond,
  );
  if (!limited.ok) return respondProblem(c, limited.failure);
  const minted = await mintSession(c.get("config"), partner.value, request.value, Date.now());
  return minted.ok ? respondJson(c, minted.value, 201) : respondProblem(c, minted.failure);
});

sessions.delete("/:id", async (c) => {
  const partner = await slowGuesses(c, authenticatePartner(c.req.raw, c.get("config")));
  if (!partner.ok) return respondProblem(c, partner.failure);
  const id = c.req.param("id");
  if (!sessionIdPattern.test(id)) return respondProblem(c, unknownSession);
  const tenant = tenantOf(c, id);
  if (!tenant.ok) return respondProblem(c, tenant.failure);
  const { merchant: alias, ...named } = tenant.value;
  const config = c.get("config");
  const merchant = config.merchants.get(alias);
  const grant = partner.value.merchants.get(alias);
  if (!merchant || !grant) return respondProblem(c, unknownSession);
  // Any store will do: a session is revoked where its merchant and sub-merchant are, whatever store it is bound to.
  const [storeId] = grant.stores ?? [];
  const allowed = allowedScopes(config, partner.value, { merchant: alias, ...named, ...(storeId && { storeId }) });
  if (!allowed.ok) {
    // Revoking in a ledger that the session does not live in would answer 204 and revoke nothing.
    const isIncomplete = allowed.failure.code === "invalid_request";
    return respondProblem(c, isIncomplete ? { ...allowed.failure, field: tenantHeaders.subMchid } : unknownSession);
  }
  const { id: partnerId, limits } = partner.value;
  const revoked = await homeLedger(c.env, merchant, named.subMchid, id).revoke(partnerId, id, limits);
  return revoked.ok ? respondEmpty(c) : respondProblem(c, revoked.failure);
});

const unknownSession: Failure = { code: "not_found", detail: "No session of this partner has this id" };

/** An id that the edge minted tells its tenant; the headers name that of a session that the partner signed itself. */
function tenantOf(c: AppContext, id: string): Result<{ merchant: string; subMchid?: string }> {
  const named = namedTenant(c.req.raw.headers);
  if (!named.ok) return named;
  const { merchant, subMchid } = named.value;
  const own = parseSessionId(id);
  // Two tenants for one session: wherever it were revoked, it might live on in the other.
  const differs = (name: string | undefined, ofId: string | undefined) => name !== undefined && name !== ofId;
  if (own && (differs(merchant, own.merchant) || differs(subMchid, own.subMchid))) {
    return { ok: false, failure: unknownSession };
  }
  if (own) return ok(own);
  if (merchant !== undefined) return ok({ merchant, ...(subMchid !== undefined && { subMchid }) });
  const detail = `The edge did not make this id: for a session that the partner signed itself ${tenantHeaders.merchant} is required.`;
  return fail("invalid_request", detail, { field: tenantHeaders.merchant });
}
