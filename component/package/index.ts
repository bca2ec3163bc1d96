/** Entry `staff-assign` of the npm package: the classes; importing them registers nothing and works on a server. */
export { StaffAssignError } from "../errors.ts";
export { StaffAssignElement } from "../staff-assign.ts";
