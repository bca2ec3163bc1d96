/**
 * Tells a hardware scanner from a hand. A wedge scanner types at 5 to 50 ms a character and may or may not end with
 * Enter or Tab; key codes differ by layout and are "unidentified" on Android, so fields are read by what arrives in
 * them and when.
 */
import { monotonicNow } from "./clock.ts";
import { cleanCode } from "./order.ts";

/** ms between two characters; scanners need 5 to 50, a hand more than 80 */
const maxGapMs = 70;
/** ms of silence after which a scan without a terminator is complete */
const idleMs = 120;
/** characters; shorter bursts are a key held down or two fingers */
const minLength = 6;

/** Follows a text as it grows and calls `onScan` with the part that a scanner typed. */
export function createBurst(onScan: (code: string) => void) {
  let text = "";
  /** what was there before the burst */
  let base = "";
  let last = 0;
  let timer = 0;

  const scanning = () => text.length - base.length >= minLength && monotonicNow() - last < 2 * idleMs;

  /** The terminator has come, or silence. */
  const end = () => {
    clearTimeout(timer);
    const scanned = text.slice(base.length);
    base = text;
    onScan(cleanCode(scanned));
  };

  return {
    _scanning: scanning,
    _end: end,
    /**
     * @param before what was there until now
     * @param typed whether keys made this; a paste, a suggestion or an input method is not a scanner
     */
    _grow(grown: string, before: string, typed = true) {
      const now = monotonicNow();
      if (now - last > maxGapMs || !grown.startsWith(base)) base = before;
      if (!typed) base = grown;
      last = now;
      text = grown;
      clearTimeout(timer);
      if (scanning()) timer = setTimeout(end, idleMs);
    },
  };
}

/**
 * Listens to the whole page for scans while no field has the focus: keys in a field belong to that field.
 * @returns stops listening
 */
export function watchPage(onScan: (code: string) => void): () => void {
  let text = "";
  const burst = createBurst((code) => {
    text = "";
    onScan(code);
  });
  const keydown = (event: KeyboardEvent) => {
    const { key } = event;
    const focused = event.composedPath()[0] as HTMLElement;
    if (focused.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(focused.tagName)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key.length === 1) {
      burst._grow(text + key, text);
      text += key;
    } else if (/^(Enter|Tab)$/.test(key) && burst._scanning()) {
      // The terminator would press the button that has the focus.
      event.preventDefault();
      event.stopPropagation();
      burst._end();
    }
  };
  document.addEventListener("keydown", keydown, true);
  return () => document.removeEventListener("keydown", keydown, true);
}
