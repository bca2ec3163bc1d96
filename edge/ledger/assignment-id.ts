/**
 * Ids of assignments: 50 bits of time and 100 random bits in Crockford's base 32, so that they sort newest first across
 * shards and cannot be guessed.
 */

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const timeCharacters = 10;
const randomCharacters = 20;

/** @param now epoch milliseconds */
export function newAssignmentId(now: number): string {
  let time = "";
  for (let value = now, index = 0; index < timeCharacters; index++) {
    time = (alphabet[value % 32] ?? "") + time;
    value = Math.floor(value / 32);
  }
  const random = crypto.getRandomValues(new Uint8Array(randomCharacters));
  let tail = "";
  for (const byte of random) tail += alphabet[byte % 32];
  return time + tail;
}
