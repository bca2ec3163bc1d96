/**
 * Tells a hardware scanner from a hand. A wedge scanner types at 5 to 50 ms a character and may or may not end with
 * Enter or Tab; key codes differ by layout and are "unidentified" on Android, so fields are read by what arrives in
 * them. When is what the device says: a till that stalls must not tear a scan apart. A page has one scanner at work.
 */
import { cleanCode } from "./order.ts";

/** ms between two characters; scanners need 5 to 50, a hand more than 80 */
const maxGapMs = 70;
/** ms of silence after which a scan without a terminator is complete */
const idleMs = 120;
/** characters; shorter bursts are two fingers */
const minLength = 6;

/** An element, which takes scans. */
interface Taker {
  readonly _off: boolean;
  /** what is to be filled next */
  readonly _missing: string | undefined;
  _scan(code: string, field?: string): void;
}

let text = "";
let last = 0;
let timer = 0;
/** the element and its field where it is typed; without them it is typed nowhere */
let typedIn: Taker | undefined;
let field: string | undefined;
/** those who take scans of the whole page */
let takers: Taker[] = [];
let focused: Taker | undefined;

/** Scans go on to whom the cashier worked with last. */
export function noteFocus(taker: Taker) {
  focused = taker;
}

/** The terminator has come, or silence. Of several elements one takes it: the one with the last focus, else the first that waits for an order. */
function end() {
  clearTimeout(timer);
  const taker =
    typedIn ||
    takers.find((one) => one === focused) ||
    takers.find((one) => !one._off && one._missing === "order") ||
    takers[0];
  const scanned = text;
  text = "";
  if (taker) taker._scan(cleanCode(scanned), field);
}

/**
 * Collects what arrives at a scanner's pace, wherever the caret stands.
 * @param piece a character, or all at once from an input method; nothing of a paste, a suggestion or a key held down
 * @param cause the event that tells when the device had it
 */
export function collect(piece: string | false | null, { timeStamp }: Event, taker?: Taker, inField?: string) {
  text = piece ? (timeStamp - last > maxGapMs ? "" : text) + piece : "";
  last = timeStamp;
  typedIn = taker;
  field = inField;
  clearTimeout(timer);
  if (text.length >= minLength) timer = setTimeout(end, idleMs);
}

/** Takes the terminator of a scan: it would leave the field, submit, or press the button that has the focus. */
export function endsScan(event: KeyboardEvent): boolean {
  const { key, timeStamp } = event;
  if (!/^(Enter|Tab)$/.test(key) || text.length < minLength || timeStamp - last > 2 * idleMs) return false;
  event.preventDefault();
  end();
  return true;
}

/** Keys in a field belong to that field. */
const pageKeydown = (event: KeyboardEvent) => {
  const { key } = event;
  const target = event.composedPath()[0] as HTMLElement;
  if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
  if (!takers[0] || event.ctrlKey || event.metaKey || event.altKey) return;
  if (endsScan(event)) event.stopPropagation();
  else if (key.length === 1) collect(!event.repeat && key, event);
};

/**
 * Listens to the whole page for scans while no field has the focus.
 * @returns stops listening
 */
export function watchPage(taker: Taker): () => void {
  takers = takers.concat(taker);
  document.addEventListener("keydown", pageKeydown, true);
  return () => {
    takers = takers.filter((one) => one !== taker);
  };
}
