/** The steps that every call on behalf of a merchant takes before it reaches the ledger, in one place. */
import type { GenericSchema, InferOutput } from "valibot";
import type { Scope } from "../../shared/contract.ts";
import { authenticate } from "../access/authenticate.ts";
import { type Caller, requireScope } from "../access/caller.ts";
import { readJson } from "../access/read-json.ts";
import { validate } from "../access/validate.ts";
import { defaultLimits, type Limits, type MerchantSettings } from "../config.ts";
import type { Reach } from "../ledger/address.ts";
import { fail, ok, type Result } from "../problem.ts";
import type { AppContext } from "./context.ts";
import { networkOf, outgrowsShield, shield } from "./shield.ts";

export interface Admitted {
  caller: Caller;
  merchant: MerchantSettings;
  limits: Limits;
}

/** Credentials, then scope, then the merchant's configuration. `assignments:write` may also read what its tenant wrote. */
export async function callerOf(c: AppContext, ...anyOf: readonly Scope[]): Promise<Result<Admitted>> {
  const config = c.get("config");
  const authenticated = await slowGuesses(c, await authenticate(c.req.raw, config, Date.now()));
  if (!authenticated.ok) return authenticated;
  const caller = authenticated.value;
  const { partnerId, session } = caller;
  const limits = config.partners.get(partnerId)?.limits ?? defaultLimits;
  if (session && !outgrowsShield(limits)) {
    const shielded = await shield(c.env.RATE_LIMIT, `session/${partnerId}/${session.id}`);
    if (!shielded.ok) return shielded;
  }
  const scoped = requireScope(caller, ...anyOf);
  if (!scoped.ok) return scoped;
  const merchant = config.merchants.get(caller.merchant);
  if (!merchant || config.storageKeys.length === 0)
    return fail("misconfigured", "The edge or this merchant is not configured");
  return ok({ caller, merchant, limits });
}

/**
 * For every gate: whoever guesses credentials is slowed down by network, whoever has them is never mixed up with others
 * behind one. A proof that is right but for its time comes with a right session, so it is no guess.
 */
export async function slowGuesses<T>(c: AppContext, authenticated: Result<T>): Promise<Result<T>> {
  if (authenticated.ok) return authenticated;
  const { code, serverTime } = authenticated.failure;
  if (code !== "unauthenticated" || serverTime !== undefined) return authenticated;
  const allowed = await shield(c.env.RATE_LIMIT, `guess/${networkOf(c.req.raw.headers)}`);
  return allowed.ok ? authenticated : allowed;
}

export const reachOf = (c: AppContext, admitted: Admitted): Reach => ({
  env: c.env,
  requestId: c.get("requestId"),
  ...admitted,
});

export async function bodyOf<S extends GenericSchema>(c: AppContext, schema: S): Promise<Result<InferOutput<S>>> {
  const body = await readJson(c.req.raw);
  return body.ok ? validate(schema, body.value) : body;
}

/** Query parameters as an object; one that comes twice is refused, since two readers could pick different ones. */
export function queryOf<S extends GenericSchema>(c: AppContext, schema: S): Result<InferOutput<S>> {
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of new URL(c.req.url).searchParams) {
    if (name in query) return fail("invalid_request", "The parameter is given twice", { field: name });
    query[name] = value;
  }
  return validate(schema, { ...query });
}
