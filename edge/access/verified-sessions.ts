/**
 * Verifies a session once and remembers it: a page sends the same one with every call, and its signature is half of
 * what a check costs. The whole token is the key, so nothing but the very bytes that were verified is found again.
 * What may change in between is not remembered: the end of the session is looked at here, the origin, the proof and
 * the partner's record by the caller, each time. Memory is the price: at most 1000 sessions of about 1 KiB.
 */
import type { Config } from "../config.ts";
import { ok, type Result } from "../problem.ts";
import { unauthenticated } from "./authorization.ts";
import { splitCompact } from "./compact-jwt.ts";
import { verifyPartnerSession } from "./partner-sessions.ts";
import { type SessionClaims, sessionExpired } from "./session-claims.ts";
import { verifyOwnSession } from "./sessions.ts";

export const maxRemembered = 1000;

type VerifyingConfig = Pick<Config, "sessionKeys" | "partners">;

/** A new configuration may have dropped a key, so it starts with nothing remembered. */
const remembered = new WeakMap<VerifyingConfig, Map<string, SessionClaims>>();

/** @param now epoch milliseconds */
export async function verifySession(
  token: string,
  config: VerifyingConfig,
  now: number,
): Promise<Result<SessionClaims>> {
  const sessions = remembered.get(config) ?? new Map<string, SessionClaims>();
  const known = sessions.get(token);
  if (known) return now < known.expiresAt * 1000 ? ok(known) : sessionExpired();
  const verified = await verify(token, config, now);
  if (verified.ok) {
    const [oldest] = sessions.size >= maxRemembered ? sessions.keys() : [];
    if (oldest !== undefined) sessions.delete(oldest);
    sessions.set(token, verified.value);
    remembered.set(config, sessions);
  }
  return verified;
}

async function verify(token: string, config: VerifyingConfig, now: number): Promise<Result<SessionClaims>> {
  const segments = splitCompact(token);
  if (!segments) return unauthenticated();
  const own = await verifyOwnSession(token, segments, config, now);
  return own ?? verifyPartnerSession(token, config, now);
}
