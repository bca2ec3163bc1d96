/** What an intent is, and what can be said of one without asking anybody. */
import type { Assignment, AssignmentRequest } from "../shared/contract.ts";
import type { StaffAssignCode } from "./errors.ts";
import type { Told } from "./locales/text.ts";

export interface Intent {
  /** Idempotency-Key of every send of this intent */
  key: string;
  endpoint: string;
  /**
   * Whose it is: merchant, sub-merchant and store of the session that it was made in or, where none ran, of the one before
   * until the page has the next; undefined until the page has had one. Settled once it is sent.
   */
  tenant: string | undefined;
  request: AssignmentRequest;
  /** epoch milliseconds of the device */
  createdAt: number;
  maxAgeMs: number;
  /** a send was begun: the edge may have it */
  sent?: boolean;
  /** the edge has it and goes on by itself */
  assignmentId?: string;
  /** assigned; kept for a moment so that another tab finds the answer */
  result?: Assignment;
  /** ended without success; kept until seen */
  failure?: { code: StaffAssignCode } & Told;
  endedAt?: number;
}

/** ms by which a clock may be set back without making an intent's age unknown */
const clockToleranceMs = 60_000;

const jsonWithout = (value: unknown, dropped: string) =>
  JSON.stringify(value, (name, member) => (name === dropped ? undefined : member));

/** Without personal data, which goes with the outcome. */
export const wiped = (intent: Intent): Intent => JSON.parse(jsonWithout(intent, "mobile"));

/** What makes two requests the same assignment; the name is for display. */
export const identityOf = (request: AssignmentRequest | string) => jsonWithout(request, "name");

/** @param age ms; below zero where the device's clock was set back between two pages, which tells no age */
export const isTooOld = ({ maxAgeMs }: Intent, age: number) => age > maxAgeMs || age < -clockToleranceMs;
