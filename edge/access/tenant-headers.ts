/** The headers in which a backend that calls with its API key names whom it acts for. */

import * as v from "valibot";
import { Int64Id, mchidPattern, merchantPattern } from "../../shared/contract.ts";
import { fail, ok, type Result } from "../problem.ts";
import type { TenantClaim } from "./grant.ts";

export const tenantHeaders = {
  merchant: "Staff-Assign-Merchant",
  subMchid: "Staff-Assign-Sub-Mchid",
  storeId: "Staff-Assign-Store",
} as const;

export const tenantNames = ["merchant", "subMchid", "storeId"] as const;

const checks = {
  merchant: (value: string) => merchantPattern.test(value),
  subMchid: (value: string) => mchidPattern.test(value),
  storeId: (value: string) => v.is(Int64Id, value),
} as const;

/** @returns what is named, or `invalid_request` with the header that is wrong */
export function namedTenant(headers: Headers): Result<Partial<TenantClaim>> {
  const tenant: Partial<TenantClaim> = {};
  for (const name of tenantNames) {
    const value = headers.get(tenantHeaders[name]);
    if (value === null) continue;
    if (!checks[name](value)) {
      const field = tenantHeaders[name];
      return fail("invalid_request", `The header ${field} is not valid.`, { field });
    }
    tenant[name] = value;
  }
  return ok(tenant);
}
