/** Two copies of the script on one page: the first that came stays. */
import { StaffAssignError } from "./errors.ts";
import { StaffAssignErrorEvent } from "./events.ts";
import { scriptUrl as ours } from "./script-url.ts";

/**
 * May this copy register the tag? A copy of the same version is silent, another of the same major warns, another major is
 * an error; in each case this one does nothing more.
 */
export function mayDefine(): boolean {
  const existing = customElements.get("staff-assign") as { version?: string; scriptUrl?: string } | undefined;
  if (existing && existing.version !== __VERSION__) {
    const { version, scriptUrl } = existing;
    const message = `staff-assign ${__VERSION__} not started: ${version} is there. ${ours} ${scriptUrl}`;
    if (version && parseInt(version, 10) === parseInt(__VERSION__, 10)) console.warn(message);
    else {
      console.error(message);
      const event = new StaffAssignErrorEvent(new StaffAssignError("version_conflict", message));
      (document.querySelector("staff-assign") || document).dispatchEvent(event);
    }
  }
  return !existing;
}
