/** Entry `staff-assign/events` of the npm package: one class per event. */
export * from "../events.ts";
