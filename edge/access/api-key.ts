/**
 * API keys of partners (`sk_<partner id>_<random>`) and operators (`op_<random>`). Only SHA-256 digests of whole keys
 * are configured. An unknown partner costs and says the same as a wrong key.
 */
import type { Config, Partner } from "../config.ts";
import { equalInConstantTime, sha256Hex } from "../digest.ts";
import { fail, ok, type Result } from "../problem.ts";
import { readAuthorization, unauthenticated } from "./authorization.ts";

/** 256 characters: room for 128 random bytes in hex after the prefix. */
const maxApiKeyLength = 256;
/** Split at the second underscore: the random part may hold more of them. */
const partnerKeyForm = /^sk_([a-z0-9]+)_./;
/** Compared with when there is no partner; being a wrong length for hex, it equals no digest. */
const noDigest: readonly string[] = ["-"];

/** For calls that only a partner's backend makes. A browser sends Origin, and a key in a browser is a key given away. */
export function authenticatePartner(request: Request, config: Pick<Config, "partners">): Result<Partner> {
  const key = readKey(request);
  return key.ok ? partnerOfKey(key.value, config) : key;
}

/** @param key the whole API key */
export function partnerOfKey(key: string, config: Pick<Config, "partners">): Result<Partner> {
  if (key.length > maxApiKeyLength) return unauthenticated();
  const partner = config.partners.get(partnerKeyForm.exec(key)?.[1] ?? "");
  const matches = matchesOneOf(key, partner?.apiKeySha256 ?? noDigest);
  return partner && matches ? ok(partner) : unauthenticated();
}

/** `not_found` when no operator key is configured: the operator's routes then do not exist. */
export function authenticateOperator(request: Request, config: Pick<Config, "operatorKeySha256">): Result<null> {
  if (config.operatorKeySha256.length === 0) return fail("not_found", "There is nothing at this address.");
  const key = readKey(request);
  if (!key.ok) return key.failure.code === "unauthenticated" ? noOperator : key;
  const isOperatorKey = key.value.startsWith("op_") && key.value.length <= maxApiKeyLength;
  return matchesOneOf(key.value, config.operatorKeySha256) && isOperatorKey ? ok(null) : noOperator;
}

/** One sentence for every kind of wrong operator key, as with the other credentials. */
const noOperator = fail(
  "unauthenticated",
  "An operator key (op_…) whose SHA-256 is in OPERATOR_KEY_SHA256 is required, as Bearer in the Authorization header.",
);

function readKey(request: Request): Result<string> {
  if (request.headers.has("origin")) return fail("origin_refused", "An API key is for backends, never for pages.");
  const authorization = readAuthorization(request);
  if (!authorization.ok) return authorization;
  return authorization.value.scheme === "bearer" ? ok(authorization.value.credentials) : unauthenticated();
}

/** Looks at every digest, so that the time does not tell which one matched. */
function matchesOneOf(key: string, digests: readonly string[]): boolean {
  const digest = sha256Hex(key);
  let matches = false;
  for (const candidate of digests) matches = equalInConstantTime(digest, candidate) || matches;
  return matches;
}
