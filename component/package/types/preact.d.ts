/** `<staff-assign>` in the JSX of Preact: attributes in kebab-case, events as `onstaff-assign-success`. */
import type { HTMLAttributes } from "preact";
import type { StaffAssignEventMap } from "./events.js";
import type { StaffAssignElement } from "./index.js";
import type { StaffAssignAttributes } from "./props.js";

type Listeners = { [Type in keyof StaffAssignEventMap as `on${Type}`]?: (event: StaffAssignEventMap[Type]) => void };

export type StaffAssignJsxProps = Omit<
  HTMLAttributes<StaffAssignElement>,
  keyof StaffAssignAttributes | keyof Listeners
> &
  StaffAssignAttributes &
  Listeners;

declare module "preact" {
  namespace JSX {
    interface IntrinsicElements {
      "staff-assign": StaffAssignJsxProps;
    }
  }
}
