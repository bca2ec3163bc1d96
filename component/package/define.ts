/** Entry `staff-assign/define` of the npm package: registers the tag, unless the page has a copy or this is a server. */
import { StaffAssignError } from "../errors.ts";
import { mayDefine } from "../guard.ts";
import { StaffAssignElement } from "../staff-assign.ts";

if (self.customElements && mayDefine()) customElements.define("staff-assign", StaffAssignElement);

export { StaffAssignElement, StaffAssignError };
