/**
 * Ids of assignments: 50 bits of time and 100 random bits in Crockford's base 32, so that they sort newest first across
 * shards and cannot be guessed.
 */

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const timeCharacters = 10;
const randomCharacters = 20;

/**
 * @param now epoch milliseconds
 * @param after an id that the new one must sort behind, whatever the clock says: the order's assignment so far
 */
export function newAssignmentId(now: number, after?: string): string {
  const time = after === undefined ? now : Math.max(now, timeOf(after) + 1);
  const random = crypto.getRandomValues(new Uint8Array(randomCharacters));
  let tail = "";
  for (const byte of random) tail += alphabet[byte % 32];
  return firstIdOf(time) + tail;
}

/** Sorts before every id of this time and behind every earlier one. @param time epoch milliseconds */
export function firstIdOf(time: number): string {
  let text = "";
  for (let value = time, index = 0; index < timeCharacters; index++) {
    text = (alphabet[value % 32] ?? "") + text;
    value = Math.floor(value / 32);
  }
  return text;
}

function timeOf(id: string): number {
  let time = 0;
  for (const character of id.slice(0, timeCharacters)) time = time * 32 + alphabet.indexOf(character);
  return time;
}
