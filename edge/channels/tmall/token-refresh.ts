/**
 * `taobao.top.auth.token.refresh`: a new session key for a refresh token, where the type of app allows it (service-market
 * apps do, merchants' own back-end apps do not). The call needs no session; it rotates the refresh token.
 */
import type { Failure } from "../../problem.ts";
import { asMembers, parseExact, readText } from "./answer.ts";
import type { TopClient } from "./client.ts";
import { failureOf, type TopFault } from "./errors.ts";

const tokenRefreshApi = "taobao.top.auth.token.refresh";

export interface TopToken {
  session: string;
  /** epoch milliseconds */
  expiresAt: number | undefined;
  /** absent when the platform says that it will not refresh again */
  refreshToken: string | undefined;
}

export type RefreshOutcome =
  | { kind: "refreshed"; token: TopToken }
  /** `final`: the platform refused this token, or refreshes by this type of app; asking again would only cost quota */
  | { kind: "failed"; failure: Failure; final: boolean };

/** @param now epoch milliseconds @param deadline epoch milliseconds */
export async function refreshToken(
  client: TopClient,
  token: string,
  now: () => number,
  deadline: number,
): Promise<RefreshOutcome> {
  const outcome = await client.call(tokenRefreshApi, { refresh_token: token }, deadline);
  switch (outcome.kind) {
    case "content": {
      const fresh = readTokenResult(outcome.content.token_result, now());
      if (fresh) return { kind: "refreshed", token: fresh };
      return {
        kind: "failed",
        failure: { code: "upstream_unverified", detail: "Tmall's answer to the refresh could not be read" },
        final: false,
      };
    }
    case "fault": {
      const { fault } = outcome;
      return { kind: "failed", failure: failureOf(fault, now()), final: isFinal(fault) };
    }
    case "unsent":
    case "unknown":
      return { kind: "failed", failure: outcome.failure, final: false };
  }
}

/** An unknown code may pass, and an operator mends address, secret and clock without touching the session. */
function isFinal(fault: TopFault): boolean {
  if (fault.kind === "session") return true;
  if (fault.kind !== "refused") return false;
  return fault.failure.code === "upstream_rejected" || fault.failure.reason === "permission_missing";
}

const opaque = /^[\x21-\x7e]{1,256}$/;

/** `token_result` is JSON in a string; `expires_in` and `re_expires_in` are seconds, `expire_time` epoch milliseconds. */
export function readTokenResult(value: unknown, now: number): TopToken | undefined {
  const result = asMembers(typeof value === "string" ? parseExact(value) : value);
  if (!result) return undefined;
  const session = readText(result.access_token);
  if (!opaque.test(session)) return undefined;
  const expiresIn = Number(readText(result.expires_in));
  const expireTime = Number(readText(result.expire_time));
  const next = readText(result.refresh_token);
  const refreshable = opaque.test(next) && readText(result.re_expires_in) !== "0";
  return {
    session,
    expiresAt: expiresIn > 0 ? now + expiresIn * 1000 : expireTime > 0 ? expireTime : undefined,
    refreshToken: refreshable ? next : undefined,
  };
}
