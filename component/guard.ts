/** Two copies of the script on one page: the first that came stays. */
import { scriptUrl as ours } from "./script-url.ts";

/**
 * May this copy register the tag? A copy of the same version is silent, another of the same major warns, another major is
 * an error; in each case this one does nothing more.
 */
export function mayDefine(): boolean {
  const existing = customElements.get("staff-assign") as { version?: string; scriptUrl?: string } | undefined;
  if (!existing) return true;
  const { version, scriptUrl } = existing;
  if (version === __VERSION__) return false;
  const text = `staff-assign ${__VERSION__} not started: ${version} is there. ${ours} ${scriptUrl}`;
  if (version && parseInt(version, 10) === parseInt(__VERSION__, 10)) console.warn(text);
  else {
    console.error(text);
    const event = new Event("staff-assign-error", { bubbles: true });
    Object.assign(event, { code: "version_conflict", retryable: false, message: text });
    (document.querySelector("staff-assign") || document).dispatchEvent(event);
  }
  return false;
}
