/** Registers `<staff-assign>` unless another copy has: entry of the built scripts. */
// First, so that the code behind them stands close together: worth 0.1 kB of gzip.
import "./styles.ts";
import "./locales/sentences.ts";
import { StaffAssignError } from "./errors.ts";
import { mayDefine } from "./guard.ts";
import { StaffAssignElement } from "./staff-assign.ts";

if (mayDefine()) {
  customElements.define("staff-assign", StaffAssignElement);
  const page = self as { staffAssign?: object };
  // What the page put there before (its defaults) stays.
  page.staffAssign = Object.assign(page.staffAssign || {}, {
    version: StaffAssignElement.version,
    StaffAssignElement,
    StaffAssignError,
  });
}

declare global {
  interface HTMLElementTagNameMap {
    "staff-assign": StaffAssignElement;
  }
}
