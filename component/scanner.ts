/**
 * Tells a hardware scanner from a hand. A wedge scanner types at 5 to 50 ms a character and may or may not end with
 * Enter or Tab; key codes differ by layout and are "unidentified" on Android, so fields are read by what arrives in
 * them. When is what the device says: a till that stalls must not tear a scan apart.
 */
import { cleanCode } from "./order.ts";

/** ms between two characters; scanners need 5 to 50, a hand more than 80 */
const maxGapMs = 70;
/** ms of silence after which a scan without a terminator is complete */
const idleMs = 120;
/** characters; shorter bursts are two fingers */
const minLength = 6;

/** Collects what arrives at a scanner's pace and calls `onScan` with it, wherever the caret stands. */
export function createBurst(onScan: (code: string) => void) {
  let text = "";
  let last = 0;
  let timer = 0;

  /** The terminator has come, or silence. */
  const end = () => {
    clearTimeout(timer);
    const scanned = text;
    text = "";
    onScan(cleanCode(scanned));
  };

  return {
    /**
     * @param piece a character, or all at once from an input method; nothing of a paste, a suggestion or a key held down
     * @param at `timeStamp` of its event
     */
    _add(piece: string | false | null, at: number) {
      text = piece ? (at - last > maxGapMs ? "" : text) + piece : "";
      last = at;
      clearTimeout(timer);
      // In two steps, so that keys which wait behind a stall come before the end.
      const soon = (then: () => void) => {
        timer = setTimeout(then, idleMs / 2);
      };
      if (text.length >= minLength) soon(() => soon(end));
    },
    /** Takes the terminator of a scan: it would leave the field, submit, or press the button that has the focus. */
    _ends(event: KeyboardEvent): boolean {
      const { key, timeStamp } = event;
      if (!/^(Enter|Tab)$/.test(key) || text.length < minLength || timeStamp - last > 2 * idleMs) return false;
      event.preventDefault();
      end();
      return true;
    },
  };
}

/**
 * Listens to the whole page for scans while no field has the focus: keys in a field belong to that field.
 * @returns stops listening
 */
export function watchPage(onScan: (code: string) => void): () => void {
  const burst = createBurst(onScan);
  const keydown = (event: KeyboardEvent) => {
    const { key } = event;
    const focused = event.composedPath()[0] as HTMLElement;
    if (focused.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(focused.tagName)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (burst._ends(event)) event.stopPropagation();
    else if (key.length === 1) burst._add(!event.repeat && key, event.timeStamp);
  };
  document.addEventListener("keydown", keydown, true);
  return () => document.removeEventListener("keydown", keydown, true);
}
