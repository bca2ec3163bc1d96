/** Who calls, once every check of `access/` has passed: plain data, so that it crosses RPC to the objects. */
import type { Scope } from "../../shared/contract.ts";
import { fail, ok, type Result } from "../problem.ts";

export interface Caller {
  partnerId: string;
  /** alias, lower case */
  merchant: string;
  subMchid?: string;
  /** set when the session is bound to a store */
  storeId?: string;
  scopes: readonly Scope[];
  /** the page origin the session is bound to; absent for a backend */
  origin?: string;
  /**
   * Absent when the partner's API key itself was the credential. The id is unique within the partner: one that signs
   * its own sessions chooses their ids, so budgets and revocations are kept under partner and id together.
   */
  session?: { id: string /** epoch seconds */; expiresAt: number };
  /** A verified DPoP proof, its id hashed to 43 characters; that it is used once is decided in the object's turn. */
  proof?: { jti: string /** epoch seconds */; issuedAt: number };
}

/** @returns `scope_refused` unless the caller has one of the scopes */
export function requireScope(caller: Caller, ...anyOf: readonly Scope[]): Result<null> {
  if (anyOf.some((scope) => caller.scopes.includes(scope))) return ok(null);
  return fail("scope_refused", `This call needs the scope ${anyOf.join(" or ")}.`);
}
