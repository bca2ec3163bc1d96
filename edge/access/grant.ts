/**
 * What a partner's record allows, asked at every call: when a session is minted, when it is used, and when the API key
 * itself is the credential. A changed record is therefore in force at once, for sessions that exist already as well.
 */
import { defaultScopes, type Scope, scopes } from "../../shared/contract.ts";
import type { Config, MerchantSettings, Partner } from "../config.ts";
import { fail, ok, type Result } from "../problem.ts";

/** Whom a call acts for. */
export interface TenantClaim {
  merchant: string;
  subMchid?: string;
  storeId?: string;
}

/**
 * @returns the scopes that the record allows for this merchant, sub-merchant and store; `merchant_refused` outside of
 * the record, `misconfigured` when the merchant cannot be served, `invalid_request` when the claim does not fit the
 * merchant's mode
 */
export function allowedScopes(
  config: Pick<Config, "merchants">,
  partner: Partner,
  { merchant, subMchid, storeId }: TenantClaim,
): Result<readonly Scope[]> {
  const grant = partner.merchants.get(merchant);
  // The same words whether the merchant exists or not: who may not act for it learns nothing of it.
  if (!grant) return fail("merchant_refused", "The partner may not act for this merchant.", { field: "merchant" });
  // A merchant whose variable is broken is not among them either.
  const settings = config.merchants.get(merchant);
  if (!settings) {
    return fail("misconfigured", "The merchant's configuration is missing or broken.");
  }
  if (servesSubMerchants(settings)) {
    if (subMchid === undefined)
      return fail("invalid_request", "A sub-merchant is required: the merchant acts for its sub-merchants.", {
        field: "subMchid",
      });
    if (grant.subMchids !== "*" && !grant.subMchids?.includes(subMchid)) {
      return fail("merchant_refused", "The partner may not act for this sub-merchant.", { field: "subMchid" });
    }
  } else if (subMchid !== undefined) {
    return fail("invalid_request", "A sub-merchant is refused: the merchant acts for itself.", { field: "subMchid" });
  }
  if (grant.stores) {
    // Without a store the call would reach every store of the merchant, which is more than the record lists.
    if (storeId === undefined)
      return fail("invalid_request", "A store is required: the partner may act for listed stores only.", {
        field: "storeId",
      });
    if (!grant.stores.includes(storeId)) {
      return fail("merchant_refused", "The partner may not act for this store.", { field: "storeId" });
    }
  }
  const granted = grant.scopes ?? scopes;
  // Registering guides reaches beyond one store, so a store-bound caller never may.
  return ok(scopes.filter((scope) => granted.includes(scope) && !(scope === "guides:write" && storeId !== undefined)));
}

const servesSubMerchants = (settings: MerchantSettings) => settings.wechat?.mode === "partner";

/** @returns the scopes in the contract's order, or undefined when a word is no scope, or none is left */
export function parseScopes(text: string): readonly Scope[] | undefined {
  const words = text.split(" ");
  const known = scopes.filter((scope) => words.includes(scope));
  const isScope = (word: string) => scopes.some((scope) => scope === word);
  return words.every(isScope) ? known : undefined;
}

/** The scopes of a new session: those asked for, which must all be allowed, or the allowed ones of the default. */
export function chooseScopes(requested: string | undefined, allowed: readonly Scope[]): Result<readonly Scope[]> {
  if (requested === undefined) {
    const chosen = defaultScopes.filter((scope) => allowed.includes(scope));
    return chosen.length > 0 ? ok(chosen) : fail("scope_refused", "None of the default scopes is granted; name one.");
  }
  const chosen = parseScopes(requested);
  if (!chosen) {
    return fail("invalid_request", `scope must be some of ${scopes.join(" ")}, with one space between.`, {
      field: "scope",
    });
  }
  if (chosen.every((scope) => allowed.includes(scope))) return ok(chosen);
  return fail("scope_refused", "A scope that was asked for is not granted here.", { field: "scope" });
}
