/** Time and chance, from what every WebView and plain-http page has. */
import { StaffAssignError } from "./errors.ts";

/** Milliseconds that no change of the device's clock moves. */
export const monotonicNow = () => performance.now();

export const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Milliseconds before the next try: doubles from half a second to a minute, 50 to 100 % of it. */
export const backoff = (failures: number) => Math.min(60_000, 250 * 2 ** failures) * (0.5 + Math.random() / 2);

/** 128 random bits; `crypto.randomUUID` is missing on plain http and before Chrome 92. */
export const randomId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

/** What `work` comes to within so many milliseconds; it goes on all the same. @throws StaffAssignError `timeout` */
export const inTime = <T>(work: Promise<T>, milliseconds: number): Promise<T> =>
  Promise.race([
    work,
    wait(milliseconds).then(() => {
      throw new StaffAssignError("timeout");
    }),
  ]);
