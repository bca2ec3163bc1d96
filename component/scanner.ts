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
export class Burst {
  private readonly _onScan: (code: string) => void;
  private _text = "";
  /** what was there before the burst */
  private _base = "";
  private _last = 0;
  private _timer = 0;

  constructor(onScan: (code: string) => void) {
    this._onScan = onScan;
  }

  /**
   * @param before what was there until now
   * @param typed whether keys made this; a paste, a suggestion or an input method is not a scanner
   */
  _grow(text: string, before: string, typed = true) {
    const now = monotonicNow();
    if (now - this._last > maxGapMs || !text.startsWith(this._base)) this._base = before;
    if (!typed) this._base = text;
    this._last = now;
    this._text = text;
    clearTimeout(this._timer);
    if (this._scanning) this._timer = setTimeout(() => this._end(), idleMs);
  }

  get _scanning() {
    return this._text.length - this._base.length >= minLength && monotonicNow() - this._last < 2 * idleMs;
  }

  /** The terminator has come, or silence. */
  _end() {
    clearTimeout(this._timer);
    const scanned = this._text.slice(this._base.length);
    this._base = this._text;
    this._onScan(cleanCode(scanned));
  }
}

/**
 * Listens to the whole page for scans while no field has the focus: keys in a field belong to that field.
 * @returns stops listening
 */
export function watchPage(onScan: (code: string) => void): () => void {
  let text = "";
  const burst = new Burst((code) => {
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
    } else if (/^(Enter|Tab)$/.test(key) && burst._scanning) {
      // The terminator would press the button that has the focus.
      event.preventDefault();
      event.stopPropagation();
      burst._end();
    }
  };
  document.addEventListener("keydown", keydown, true);
  return () => document.removeEventListener("keydown", keydown, true);
}
