/** Registers `<staff-assign>`: entry of the built scripts. The guard before it has made sure that the tag is free. */
import { StaffAssignError } from "./errors.ts";
import { StaffAssignElement } from "./staff-assign.ts";

customElements.define("staff-assign", StaffAssignElement);

// What the page put there before (its defaults) stays.
const page = self as { staffAssign?: object };
page.staffAssign = Object.assign(page.staffAssign ?? {}, {
  version: StaffAssignElement.version,
  StaffAssignElement,
  StaffAssignError,
});

declare global {
  interface HTMLElementTagNameMap {
    "staff-assign": StaffAssignElement;
  }
}

export { StaffAssignElement, StaffAssignError };
