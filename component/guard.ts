/**
 * Runs before everything else in the built files: may this copy register the tag? A copy of the same version is
 * silent, another of the same major warns, another major is an error; in each case the first stays and this one
 * evaluates nothing more. Needs no Lit, so that a second copy never touches its Trusted Types policy.
 */

const existing = self.customElements?.get("staff-assign") as
  | (CustomElementConstructor & { version?: string; scriptUrl?: string })
  | undefined;

function refuse({ version, scriptUrl }: { version?: string; scriptUrl?: string }) {
  if (version === __VERSION__) return;
  const text = `staff-assign ${__VERSION__} ${__SCRIPT_URL__} not started: ${version} ${scriptUrl} is registered`;
  if (version && parseInt(version, 10) === parseInt(__VERSION__, 10)) return console.warn(text);
  console.error(text);
  const event = new Event("staff-assign-error", { bubbles: true });
  Object.assign(event, { code: "version_conflict", retryable: false, message: text });
  (document.querySelector("staff-assign") || document).dispatchEvent(event);
}

if (existing) refuse(existing);

export const mayDefine = !existing;
