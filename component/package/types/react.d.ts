/** `<staff-assign>` in the JSX of React 19: attributes in kebab-case, events as `onstaff-assign-success`. */
import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type { StaffAssignEventMap } from "./events.js";
import type { StaffAssignElement } from "./index.js";
import type { StaffAssignAttributes } from "./props.js";

type Listeners = { [Type in keyof StaffAssignEventMap as `on${Type}`]?: (event: StaffAssignEventMap[Type]) => void };

export type StaffAssignJsxProps = Omit<
  DetailedHTMLProps<HTMLAttributes<StaffAssignElement>, StaffAssignElement>,
  keyof StaffAssignAttributes | keyof Listeners
> &
  StaffAssignAttributes &
  Listeners;

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "staff-assign": StaffAssignJsxProps;
    }
  }
}
