/**
 * Runs before everything else in the built files: may this copy register the tag? A copy of the same version is
 * silent, another of the same major warns, another major is an error; in each case the first stays and this one
 * evaluates nothing more. Needs no Lit, so that a second copy never touches its Trusted Types policy.
 */

const existing = self.customElements?.get("staff-assign") as
  | (CustomElementConstructor & { version?: string; scriptUrl?: string })
  | undefined;

const thisScript = __SCRIPT_URL__ || "";

function refuse(found: { version?: string; scriptUrl?: string }) {
  const theirs = found.version;
  if (theirs === __VERSION__) return;
  const text = `staff-assign ${__VERSION__} (${thisScript}) was not started: ${theirs ?? "another element"} (${found.scriptUrl ?? ""}) is already registered`;
  if (theirs !== undefined && theirs.split(".")[0] === __VERSION__.split(".")[0]) {
    console.warn(text);
    return;
  }
  console.error(text);
  const event = new Event("staff-assign-error", { bubbles: true, composed: true });
  Object.assign(event, { code: "version_conflict", retryable: false, message: text });
  (document.querySelector("staff-assign") ?? document).dispatchEvent(event);
}

if (existing) refuse(existing);

export const mayDefine = !existing;
