/** Loads the script of the edge with its hash; the page's bundle carries under 1 kB in place of the element. */
import type { StaffAssignElement, StaffAssignError } from "./index.js";

export interface LoaderOptions {
  /** Origin of the edge: `https://edge.example`. */
  endpoint: string;
  /** Hash of another build than this package's own, from its `integrity.json`. */
  integrity?: string;
  /** Nonce of the page's Content-Security-Policy. */
  nonce?: string;
}

/** Why the element could not be had. `message` is for developers. */
export type LoaderErrorCode = Extract<StaffAssignError["code"], "network" | "unsupported_browser">;

/** What {@link loadStaffAssign} rejects with. */
export interface LoaderError extends Error {
  readonly code: LoaderErrorCode;
  readonly retryable: boolean;
}

/**
 * Resolves to the element's class once it is registered; a second call joins the first. The script is tried twice, for at
 * most 15 s each. Rejects with a {@link LoaderError}; after that the next call tries again. On a server it resolves to
 * `undefined`.
 */
export declare function loadStaffAssign(options: LoaderOptions): Promise<typeof StaffAssignElement | undefined>;
