/** What else the headers of an answer tell: how to name it to support, and when to come back. */

/** No assignment is worked on for longer, so no longer wait is of use. */
const maxRetryAfterMs = 15 * 60 * 1000;

/** `Request-ID`, as the platform's support asks for it. */
export function requestIdOf(headers: Headers): string | undefined {
  const id = headers.get("Request-ID");
  return id !== null && /^[\x21-\x7e]{1,128}$/.test(id) ? id : undefined;
}

/** The digits after the last hyphen of `Request-ID`: the platform's internal code, 0 when all was well. */
export function internalCodeOf(requestId: string | undefined): string | undefined {
  return /-([0-9]{1,12})$/.exec(requestId ?? "")?.[1];
}

/** @returns milliseconds from now; undefined for a header that is absent, negative or not understood */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const value = headers.get("Retry-After")?.trim();
  if (!value) return undefined;
  const wait = /^[0-9]{1,9}$/.test(value) ? Number(value) * 1000 : httpDate(value) - now;
  if (!Number.isFinite(wait)) return undefined;
  return Math.min(maxRetryAfterMs, Math.max(0, wait));
}

const httpDate = (value: string) => (/^[A-Z][a-z]{2}, .+ GMT$/.test(value) ? Date.parse(value) : Number.NaN);
