/** What `PARTNER_<ID>` holds: who the partner is, and the most that it may do. */
import * as v from "valibot";
import { Int64Id, MerchantAlias, mchidPattern, type Scope, scopes } from "../shared/contract.ts";
import { type PartnerKey, PartnerKeysSchema } from "./access/partner-keys.ts";
import { Origin, type Parsed, parseVariable, Sha256Hex } from "./read-variable.ts";

export interface Limits {
  sessionPerSecond: number;
  sessionBurst: number;
  partnerPerSecond: number;
  merchantPerSecond: number;
}

export const defaultLimits: Limits = {
  sessionPerSecond: 50,
  sessionBurst: 200,
  partnerPerSecond: 500,
  merchantPerSecond: 1000,
};

/** What a partner may do for one merchant; absent lists do not restrict, `subMchids` must be named or `"*"`. */
export interface MerchantGrant {
  subMchids?: readonly string[] | "*";
  stores?: readonly string[];
  scopes?: readonly Scope[];
}

export interface Partner {
  id: string;
  /** lower-case hex of SHA-256 of whole API keys */
  apiKeySha256: readonly string[];
  origins: readonly string[];
  merchants: ReadonlyMap<string, MerchantGrant>;
  limits: Limits;
  /** public keys with which the partner signs its own sessions */
  sessionVerificationKeys: readonly PartnerKey[];
}

const Rate = v.exactOptional(
  v.pipe(v.number("must be a number"), v.minValue(1, "must be at least 1"), v.maxValue(1_000_000, "is too large")),
);

const GrantSchema = v.strictObject({
  subMchids: v.exactOptional(
    v.union(
      [v.literal("*"), v.array(v.pipe(v.string(), v.regex(mchidPattern)))],
      'must be "*" or a list of merchant numbers',
    ),
  ),
  stores: v.exactOptional(v.array(Int64Id, "must be a list of store ids")),
  scopes: v.exactOptional(v.array(v.picklist(scopes, `must be one of ${scopes.join(", ")}`), "must be a list")),
});

const RecordSchema = v.strictObject({
  apiKeySha256: v.array(Sha256Hex, "must be a list of SHA-256 digests"),
  origins: v.array(Origin, "must be a list of origins"),
  merchants: v.record(MerchantAlias, GrantSchema, "must be an object of merchants"),
  limits: v.exactOptional(
    v.strictObject({ sessionPerSecond: Rate, sessionBurst: Rate, partnerPerSecond: Rate, merchantPerSecond: Rate }),
  ),
  jwks: v.exactOptional(PartnerKeysSchema),
});

export function readPartner(id: string, text: string): Parsed<Partner> {
  const parsed = parseVariable(RecordSchema, text);
  if (!parsed.ok) return parsed;
  const { apiKeySha256, origins, merchants, limits, jwks } = parsed.value;
  return {
    ok: true,
    value: {
      id,
      apiKeySha256,
      origins,
      merchants: new Map(Object.entries(merchants)),
      limits: { ...defaultLimits, ...limits },
      sessionVerificationKeys: jwks?.keys ?? [],
    },
  };
}
