/** Masks of personal data for answers and logs. Never more than seven digits of a mobile, never a whole name. */
import { bareMobile, replaceMobilesIn } from "./mobile.ts";

const visiblePrefix = 3;
const visibleSuffix = 4;

/**
 * `13812345678` and `+8613812345678` → `138****5678`. A number too short to hide four digits behind that mask shows a
 * third of its digits at most. The count of hidden digits is not told. One that the platform has masked already stays as it is.
 */
export function maskMobile(mobile: string): string {
  const digits = bareMobile(mobile);
  const kept = mobile.replace(/[^\d*]/g, "");
  if (kept.includes("*") && digits.length <= visiblePrefix + visibleSuffix) return kept;
  if (digits.length >= visiblePrefix + visibleSuffix + 4) {
    return `${digits.slice(0, visiblePrefix)}****${digits.slice(-visibleSuffix)}`;
  }
  const shown = Math.floor(digits.length / 3);
  return `****${shown === 0 ? "" : digits.slice(-shown)}`;
}

/** `张师傅` → `张*`: the first character, if there is another one. */
export function maskName(name: string): string {
  const [first, second] = name.trim();
  return first === undefined || second === undefined ? "*" : `${first}*`;
}

/** Text of a platform, which may name the person it is about. */
export const maskMobilesIn = (text: string): string => replaceMobilesIn(text, maskMobile);
