/**
 * The closed set of problem codes that cross the wire, with the HTTP status and the RFC 9457 title of each.
 * Codes are public contract: one is added, never renamed. This file imports nothing, so that the element can carry it.
 */
export const problemCodes = {
  invalid_request: { status: 400, title: "The request is not valid", retryable: false },
  unauthenticated: { status: 401, title: "No valid credentials", retryable: false },
  session_expired: { status: 401, title: "The session has expired", retryable: true },
  origin_refused: { status: 403, title: "This origin may not call", retryable: false },
  scope_refused: { status: 403, title: "The session lacks the scope", retryable: false },
  merchant_refused: { status: 403, title: "The caller may not act for this merchant", retryable: false },
  not_found: { status: 404, title: "Not found", retryable: false },
  method_not_allowed: { status: 405, title: "Method not allowed", retryable: false },
  already_assigned: { status: 409, title: "The order has another guide", retryable: false },
  payload_too_large: { status: 413, title: "The body is too large", retryable: false },
  unsupported_media_type: { status: 415, title: "The body is not JSON", retryable: false },
  idempotency_key_reused: { status: 422, title: "The idempotency key was used for something else", retryable: false },
  upstream_rejected: { status: 422, title: "The platform refused the assignment", retryable: false },
  rate_limited: { status: 429, title: "Too many requests", retryable: true },
  internal_error: { status: 500, title: "Something broke here", retryable: true },
  upstream_unauthorized: {
    status: 502,
    title: "The platform does not accept the merchant's keys or grant",
    retryable: false,
  },
  upstream_unverified: { status: 502, title: "The platform's answer could not be trusted", retryable: true },
  upstream_unavailable: { status: 503, title: "The platform is unavailable", retryable: true },
  misconfigured: { status: 503, title: "The merchant's configuration is broken", retryable: false },
} as const;

export type ProblemCode = keyof typeof problemCodes;

/** Codes that only the element itself reports. */
export const elementCodes = [
  "network",
  "timeout",
  "queue_expired",
  "storage_unavailable",
  "session_unavailable",
  "version_conflict",
  "csp_blocked",
  "unsupported_browser",
] as const;

export type ElementCode = (typeof elementCodes)[number];
