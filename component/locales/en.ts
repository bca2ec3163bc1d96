/** What a cashier reads in English. */
import type { Strings } from "./zh-CN.ts";

const later = " Try again shortly.";
const network = `No network.${later}`;

export const en: Strings = {
  order: "Order",
  workcard: "Work card",
  needOrder: "Scan or type a number",
  wrongOrder: "Wrong number. Check it and try again.",
  guide: "Served by",
  needGuide: "Choose a person or type a number",
  worker: "Worker",
  workerHint: "Number, or mobile and name",
  recent: "Recent",
  more: "More",
  nobody: "Not found",
  loading: "Loading…",
  submit: "Assign to {guide}",
  assign: "Assign",
  ready: "Ready",
  busy: "Assigning…",
  slow: "Still trying. Recorded. Keep the till open.",
  done: "Assigned to {guide}",
  reassign: "Reassign",
  pending: "Sent. Waiting for the platform.",
  queued: "Recorded. Sent once online. Assign before payment. Keep the till open.",
  retry: "Try again",
  held: "Already with {guide}. Reassign to {other}?",
  reassignTo: "Reassign to {guide}",
  keep: "Keep",
  next: "Next",
  back: "Back",
  unfinished: "{count} not done",
  reference: "Ref",

  invalid_request: "Not assigned. Check it, or tell the manager.",
  internal_error: `Something broke.${later}`,

  network,
  timeout: network,
  queue_expired: "Not sent in time. Check it and try again.",
  storage_unavailable: "This till cannot record. Keep the till open.",
  session_unavailable: "Signed out. Sign in again.",
};
