/** One class per event; what a listener needs is on the event itself. All bubble and cross shadow roots. */
import type { Assignment, AssignmentRequest, Problem } from "./contract.js";
import type { StaffAssignCode, StaffAssignError } from "./index.js";

/** What is known of an assignment under way when an event of it is told. */
export interface JobFields {
  request: AssignmentRequest;
  assignment: Assignment | undefined;
  /** the intent survives a reload */
  stored: boolean;
}

/** The element has rendered and can be used. */
export declare class StaffAssignReadyEvent extends Event {
  constructor();
}

/** A scanner delivered a code; cancel it to keep the element from taking it. */
export declare class StaffAssignScanEvent extends Event {
  readonly text: string;
  readonly kind: "order" | "guide";
  constructor(fields: Pick<StaffAssignScanEvent, "text" | "kind">);
}

/** The cashier changed order or guide; not sent for what the page sets. */
export declare class StaffAssignChangeEvent extends Event {
  readonly order: string | undefined;
  readonly guide: string | undefined;
  readonly guideMobile: string | undefined;
  readonly guideName: string | undefined;
  constructor(fields: Pick<StaffAssignChangeEvent, "order" | "guide" | "guideMobile" | "guideName">);
}

/** Before an assignment is asked for; cancel it to stop that. */
export declare class StaffAssignSubmitEvent extends Event {
  readonly request: AssignmentRequest;
  constructor(fields: Pick<StaffAssignSubmitEvent, "request">);
}

/** The platform has confirmed the assignment. */
export declare class StaffAssignSuccessEvent extends Event {
  readonly request: AssignmentRequest;
  readonly assignment: Assignment;
  constructor(fields: JobFields);
}

/** The edge has the assignment and goes on with it; an outcome follows. */
export declare class StaffAssignPendingEvent extends Event {
  readonly request: AssignmentRequest;
  readonly assignment: Assignment | undefined;
  constructor(fields: JobFields);
}

/** The network is gone; the intent waits on this till (`stored`: also over a reload). */
export declare class StaffAssignQueuedEvent extends Event {
  readonly request: AssignmentRequest;
  readonly stored: boolean;
  constructor(fields: JobFields);
}

/** Something failed; `code` is of the closed set, `message` is for developers. */
export declare class StaffAssignErrorEvent extends Event {
  readonly code: StaffAssignCode;
  readonly problem: Problem | undefined;
  readonly requestId: string | undefined;
  readonly retryable: boolean;
  readonly field: string | undefined;
  readonly message: string;
  /** undefined where nothing was asked for: a member is missing, the element is disabled */
  readonly request: AssignmentRequest | undefined;
  constructor(error: StaffAssignError, request?: AssignmentRequest);
}

/** No session works any more: the page has to sign in again. */
export declare class StaffAssignSessionExpiredEvent extends Event {
  readonly request: AssignmentRequest;
  constructor(fields: JobFields);
}

export interface StaffAssignEventMap {
  "staff-assign-ready": StaffAssignReadyEvent;
  "staff-assign-scan": StaffAssignScanEvent;
  "staff-assign-change": StaffAssignChangeEvent;
  "staff-assign-submit": StaffAssignSubmitEvent;
  "staff-assign-success": StaffAssignSuccessEvent;
  "staff-assign-pending": StaffAssignPendingEvent;
  "staff-assign-queued": StaffAssignQueuedEvent;
  "staff-assign-error": StaffAssignErrorEvent;
  "staff-assign-session-expired": StaffAssignSessionExpiredEvent;
}
