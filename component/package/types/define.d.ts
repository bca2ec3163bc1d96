/** Registers the tag `<staff-assign>`; does nothing on a server, and nothing but a warning where a copy is registered. */
export { StaffAssignElement, StaffAssignError } from "./index.js";
