/**
 * TOP's own checks, before any business: the public parameters, the clock, the signature, the session. Pure; every
 * refusal is an `error_response` with the platform's code.
 */
import type { Authorisation } from "../book/authorisation-store.ts";
import type { TopApp } from "../settings.ts";
import { type TopAnswer, topError } from "./top-answer.ts";
import { type SignMethod, signatureMatches, signMethods } from "./top-sign.ts";

export interface TopRequest {
  parameters: ReadonlyMap<string, string>;
  /** a parameter that came twice, if any */
  repeated: string | undefined;
}

export const publicParameters = new Set([
  "method",
  "app_key",
  "session",
  "timestamp",
  "v",
  "sign_method",
  "sign",
  "format",
  "simplify",
  "target_app_key",
  "partner_id",
]);

/** TOP, timestamp: at most ten minutes of error. */
const maxClockSkewMs = 600_000;

/** `yyyy-MM-dd HH:mm:ss`, always GMT+8. @returns epoch milliseconds */
function parseTimestamp(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text)) return undefined;
  const time = Date.parse(`${text.replace(" ", "T")}+08:00`);
  return Number.isNaN(time) ? undefined : time;
}

/** The app that a request names, or why it cannot be served at all. */
export function checkEnvelope(
  { parameters, repeated }: TopRequest,
  apps: ReadonlyMap<string, TopApp>,
): { app: TopApp; method: string } | TopAnswer {
  if (repeated !== undefined) return topError(41, `Invalid Arguments:${repeated}`, "isv.invalid-parameter");
  const method = parameters.get("method");
  if (!method) return topError(21, "Missing Method");
  const appKey = parameters.get("app_key");
  if (!appKey) return topError(28, "Missing App Key");
  const app = apps.get(appKey);
  if (!app) return topError(29, "Invalid App Key");
  return { app, method };
}

export function checkPublicParameters(
  { parameters }: TopRequest,
  app: TopApp,
  authorisation: Authorisation,
  now: number,
  needsSession: boolean,
): TopAnswer | undefined {
  const version = parameters.get("v");
  if (!version) return topError(32, "Missing Version");
  if (!/^\d\.\d$/.test(version)) return topError(33, "Invalid Version");
  if (version !== "2.0") return topError(34, "Unsupported Version");
  const format = parameters.get("format");
  if (format !== undefined && format !== "json" && format !== "xml") return topError(23, "Invalid Format");
  const timestamp = parameters.get("timestamp");
  if (!timestamp) return topError(30, "Missing Timestamp");
  const time = parseTimestamp(timestamp);
  if (time === undefined || Math.abs(time - now) > maxClockSkewMs) return topError(31, "Invalid Timestamp");
  if (!parameters.get("sign")) return topError(24, "Missing Signature");
  const signMethod = signMethods.find((known) => known === parameters.get("sign_method"));
  if (!signMethod || !isSigned(parameters, app, signMethod)) return topError(25, "Invalid Signature");
  if (!needsSession) return undefined;
  const session = parameters.get("session");
  if (!session) return topError(26, "Missing Session");
  if (session !== authorisation.session) {
    return topError(27, "Invalid Session", "invalid-sessionkey", "sessionkey不存在或已失效");
  }
  if (authorisation.expiresAt <= now) return topError(27, "Invalid Session", "session-expired", "授权已过期");
  return undefined;
}

const isSigned = (parameters: ReadonlyMap<string, string>, app: TopApp, method: SignMethod) =>
  signatureMatches(parameters, app.appSecret, method);
