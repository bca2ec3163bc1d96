/** Who calls, once every check of `access/` has passed: plain data, so that it crosses RPC to the objects. */
import type { Scope } from "../../shared/contract.ts";

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
  /** absent when the partner's API key itself was the credential */
  session?: { id: string /** epoch seconds */; expiresAt: number };
  /** a verified DPoP proof; that it is used once is decided in the object's turn */
  proof?: { jti: string /** epoch seconds */; issuedAt: number };
}
