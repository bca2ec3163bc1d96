/**
 * A coarse shield in front of the ledger's hard budgets, where the platform has a rate limiter: it counts by location and
 * approximately, so it only keeps floods off. Where there is none, or it fails, the hard budgets stand alone.
 */
import type { Limits } from "../config.ts";
import { fail, ok, type Result } from "../problem.ts";
import { consoleTelemetry, type Telemetry } from "../telemetry.ts";

/** The limiter's own period in seconds, and the calls that it lets through in it: `simple` in wrangler.toml. */
const periodSeconds = 10;
const shieldedCalls = 1000;

/** The part of the platform's binding that is used. */
interface Limiter {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

export async function shield(
  limiter: Limiter | undefined,
  key: string,
  telemetry: Telemetry = consoleTelemetry,
): Promise<Result<null>> {
  if (!limiter) return ok(null);
  try {
    const { success } = await limiter.limit({ key });
    if (success) return ok(null);
  } catch (error) {
    telemetry.count("rate_limit_binding_failed", { error: error instanceof Error ? error.name : typeof error });
    return ok(null);
  }
  return fail("rate_limited", "Too many calls", { retryAfterSeconds: periodSeconds });
}

/** Whether the record lets a session make more calls than the shield would: then the hard budgets stand alone. */
export const outgrowsShield = ({ sessionPerSecond, sessionBurst }: Limits): boolean =>
  sessionBurst + sessionPerSecond * periodSeconds > shieldedCalls;

/**
 * Who is behind an address: one IPv4 address, mapped into IPv6 or not, or an IPv6 network of 64 bits, which one customer
 * has to itself. Cloudflare sets the header and removes what a client sent; elsewhere there is no limiter.
 */
export function networkOf(headers: Headers): string {
  const address = headers.get("CF-Connecting-IP")?.toLowerCase() ?? "unknown";
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = ""] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  return Array.from({ length: 4 }, (_, index) => Number.parseInt(groups[index] ?? "0", 16).toString(16)).join(":");
}
