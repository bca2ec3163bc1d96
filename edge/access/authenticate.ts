/**
 * Who calls, and for whom: the one gate of every route behind a session. Order: origin, form of the credentials,
 * signature and claims, the session's origin, proof of possession, and last the partner's record as it is now.
 */
import type { Config, Partner } from "../config.ts";
import { type Failure, fail, ok, type Result } from "../problem.ts";
import { partnerOfKey } from "./api-key.ts";
import { type Authorization, readAuthorization, unauthenticated } from "./authorization.ts";
import type { Caller } from "./caller.ts";
import { verifyProof } from "./dpop.ts";
import { allowedScopes } from "./grant.ts";
import { checkOrigin, checkSessionOrigin, refusedOrigin } from "./origin.ts";
import type { SessionClaims } from "./session-claims.ts";
import { namedTenant, tenantHeaders, tenantNames } from "./tenant-headers.ts";
import { verifySession } from "./verified-sessions.ts";

/** @param now epoch milliseconds */
export async function authenticate(request: Request, config: Config, now: number): Promise<Result<Caller>> {
  if (checkOrigin(request, config).kind === "refused") return refusedOrigin();
  const authorization = readAuthorization(request);
  if (!authorization.ok) return authorization;
  const { scheme, credentials } = authorization.value;
  return scheme === "bearer" && credentials.startsWith("sk_")
    ? authenticateBackend(request, credentials, config)
    : authenticateSession(request, authorization.value, config, now);
}

/** The partner's own key, which names its tenant in headers. */
function authenticateBackend(request: Request, key: string, config: Config): Result<Caller> {
  if (request.headers.has("origin")) return refusedOrigin();
  const partner = partnerOfKey(key, config);
  if (!partner.ok) return partner;
  const named = namedTenant(request.headers);
  if (!named.ok) return named;
  const { merchant, ...rest } = named.value;
  if (merchant === undefined) {
    const field = tenantHeaders.merchant;
    return fail("invalid_request", `With an API key the header ${field} is required.`, { field });
  }
  const tenant = { merchant, ...rest };
  const scopes = allowedScopes(config, partner.value, tenant);
  if (!scopes.ok) return inHeaders(scopes.failure);
  return ok({ partnerId: partner.value.id, ...tenant, scopes: scopes.value });
}

/** What is wrong was said in a header, so the header is named. */
function inHeaders(failure: Failure): Result<never> {
  const name = tenantNames.find((candidate) => candidate === failure.field);
  return { ok: false, failure: name === undefined ? failure : { ...failure, field: tenantHeaders[name] } };
}

async function authenticateSession(
  request: Request,
  authorization: Authorization,
  config: Config,
  now: number,
): Promise<Result<Caller>> {
  const token = authorization.credentials;
  const verified = await verifySession(token, config, now);
  if (!verified.ok) return verified;
  const { id, partnerId, merchant, subMchid, storeId, origin, jkt, expiresAt } = verified.value;

  const fromItsPage = checkSessionOrigin(request, config, origin);
  if (!fromItsPage.ok) return fromItsPage;
  // A stolen session that is bound to a key must not pass as a plain one, nor a plain one claim to be bound.
  if ((jkt === undefined) !== (authorization.scheme === "bearer")) return unauthenticated();
  const proof = jkt === undefined ? undefined : await verifyProof(request, config, { token, jkt }, now);
  if (proof && !proof.ok) return proof;

  const partner = config.partners.get(partnerId);
  if (!partner) return fail("merchant_refused", "The partner of this session is no longer registered.");
  if (origin !== undefined && !partner.origins.includes(origin)) return refusedOrigin();
  const scopes = scopesNow(verified.value, partner, config);
  if (!scopes.ok) return scopes;
  const named = checkNamedTenant(request, verified.value);
  if (!named.ok) return named;
  return ok({
    partnerId,
    merchant,
    ...(subMchid !== undefined && { subMchid }),
    ...(storeId !== undefined && { storeId }),
    scopes: scopes.value,
    ...(origin !== undefined && { origin }),
    session: { id, expiresAt },
    ...(proof && { proof: proof.value }),
  });
}

/** A scope that the record no longer holds is gone from the session; a tenant that it no longer holds ends it. */
function scopesNow(claims: SessionClaims, partner: Partner, config: Config): Result<Caller["scopes"]> {
  const allowed = allowedScopes(config, partner, claims);
  if (allowed.ok) return ok(claims.scopes.filter((scope) => allowed.value.includes(scope)));
  if (allowed.failure.code !== "invalid_request") return allowed;
  // The claims once fitted the merchant; the request itself is not what is wrong.
  return fail("merchant_refused", "The session does not fit the merchant's present configuration.");
}

/** The session alone says for whom it acts; headers that say otherwise are a mistake or an attempt. */
function checkNamedTenant({ headers }: Request, claims: SessionClaims): Result<null> {
  for (const name of tenantNames) {
    const value = headers.get(tenantHeaders[name]);
    if (value === null || value === claims[name]) continue;
    return fail("merchant_refused", "The session is for another tenant.", { field: tenantHeaders[name] });
  }
  return ok(null);
}
