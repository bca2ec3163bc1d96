/** One class per event; what a listener needs is on the event itself. All bubble and cross shadow roots. */
import type { Assignment, AssignmentRequest, Problem } from "../shared/contract.ts";
import type { StaffAssignCode, StaffAssignError } from "./errors.ts";

class StaffAssignEvent extends Event {
  constructor(name: string, fields?: object, cancelable = false) {
    super(`staff-assign-${name}`, { bubbles: true, composed: true, cancelable });
    Object.assign(this, fields);
  }
}

/** What is known of an assignment under way when an event of it is told. */
export interface JobFields {
  request: AssignmentRequest;
  assignment: Assignment | undefined;
  /** the intent survives a reload */
  stored: boolean;
}

/** The element has rendered and can be used. */
export class StaffAssignReadyEvent extends StaffAssignEvent {
  constructor() {
    super("ready");
  }
}

/** A scanner delivered a code; cancel it to keep the element from taking it. */
export class StaffAssignScanEvent extends StaffAssignEvent {
  declare readonly text: string;
  declare readonly kind: "order" | "guide";
  constructor(fields: Pick<StaffAssignScanEvent, "text" | "kind">) {
    super("scan", fields, true);
  }
}

/** The cashier changed order or guide; not sent for what the page sets. */
export class StaffAssignChangeEvent extends StaffAssignEvent {
  declare readonly order: string | undefined;
  declare readonly guide: string | undefined;
  declare readonly guideMobile: string | undefined;
  declare readonly guideName: string | undefined;
  constructor(fields: Pick<StaffAssignChangeEvent, "order" | "guide" | "guideMobile" | "guideName">) {
    super("change", fields);
  }
}

/** Before an assignment is asked for; cancel it to stop that. */
export class StaffAssignSubmitEvent extends StaffAssignEvent {
  declare readonly request: AssignmentRequest;
  constructor(fields: Pick<StaffAssignSubmitEvent, "request">) {
    super("submit", fields, true);
  }
}

/** The platform has confirmed the assignment. */
export class StaffAssignSuccessEvent extends StaffAssignEvent {
  declare readonly request: AssignmentRequest;
  declare readonly assignment: Assignment;
  constructor(fields: JobFields) {
    super("success", fields);
  }
}

/** The edge has the assignment and goes on with it; an outcome follows. */
export class StaffAssignPendingEvent extends StaffAssignEvent {
  declare readonly request: AssignmentRequest;
  declare readonly assignment: Assignment | undefined;
  constructor(fields: JobFields) {
    super("pending", fields);
  }
}

/** The network is gone; the intent waits on this till (`stored`: also over a reload). */
export class StaffAssignQueuedEvent extends StaffAssignEvent {
  declare readonly request: AssignmentRequest;
  declare readonly stored: boolean;
  constructor(fields: JobFields) {
    super("queued", fields);
  }
}

/** Something failed; `code` is of the closed set. */
export class StaffAssignErrorEvent extends StaffAssignEvent {
  declare readonly code: StaffAssignCode;
  declare readonly problem: Problem | undefined;
  declare readonly requestId: string | undefined;
  declare readonly retryable: boolean;
  declare readonly field: string | undefined;
  declare readonly message: string;
  /** what was asked for; undefined where nothing was: a member is missing, the element is disabled */
  declare readonly request: AssignmentRequest | undefined;
  constructor(error: StaffAssignError, request?: AssignmentRequest) {
    // the message of an Error is not among its enumerable members
    super("error", Object.assign({ message: error.message, request }, error));
  }
}

/** No session works any more: the page has to sign in again. */
export class StaffAssignSessionExpiredEvent extends StaffAssignEvent {
  declare readonly request: AssignmentRequest;
  constructor(fields: JobFields) {
    super("session-expired", fields);
  }
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
