/** `<staff-assign>` in the templates of Vue 3; events as `@staff-assign-success`. */
import type { HTMLAttributes, PublicProps } from "vue";
import type { StaffAssignEventMap } from "./events.js";
import type { StaffAssignElement } from "./index.js";
import type { StaffAssignProps } from "./props.js";

type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

type Listeners = {
  [Type in keyof StaffAssignEventMap as `on${Capitalize<Camel<Type>>}`]?: (event: StaffAssignEventMap[Type]) => void;
};

export type StaffAssignVueProps = PublicProps &
  Omit<HTMLAttributes, keyof StaffAssignProps> &
  StaffAssignProps &
  Listeners;

/**
 * What a template sees: the props; a `ref` on the tag holds the element itself. Its named slots are filled with `slot="done"`, as
 * the browser does it, not with `#done`.
 */
export type StaffAssignVueComponent = new () => StaffAssignElement & {
  $props: StaffAssignVueProps;
  $slots: { default?: () => unknown };
};

declare module "vue" {
  /** The tag alone: `<StaffAssign>` would be a component, which Vue does not find. */
  interface GlobalComponents {
    "staff-assign": StaffAssignVueComponent;
  }
  /** Vue's own lack it, so that `strictTemplates` would refuse what goes into a slot of any element. */
  interface HTMLAttributes {
    slot?: string;
  }
}
