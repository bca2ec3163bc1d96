/** Masks of personal data for answers and logs. Never more than seven digits of a mobile, never a whole name. */

const visiblePrefix = 3;
const visibleSuffix = 4;

/**
 * `13812345678` → `138****5678`. A number too short to hide four digits behind that mask shows a third of its digits
 * at most. The count of hidden digits is not told. One that the platform has masked already stays as it is.
 */
export function maskMobile(mobile: string): string {
  const digits = mobile.replace(/\D/g, "");
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

/** A mainland mobile inside other text, not part of a longer number. */
const mobileInText = /(?<!\d)1[3-9]\d{9}(?!\d)/g;

/** Text of a platform, which may name the person it is about. */
export const maskMobilesIn = (text: string): string => text.replace(mobileInText, (mobile) => maskMobile(mobile));
