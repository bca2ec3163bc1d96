/** One mobile is written in many ways: with and without the mainland's country code, with blanks and hyphens between digits. */

/** Digits without the country code of the mainland: +86 138…, 0086138… and 138… are one number. */
export const bareMobile = (mobile: string): string => mobile.replace(/\D/g, "").replace(/^(?:00)?86(?=1\d{10}$)/, "");

/** A mainland mobile inside other text, however it is written; not part of a longer number. */
const mobileInText = /(?<!\d)(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)/g;

export const replaceMobilesIn = (text: string, replacement: (mobile: string) => string): string =>
  text.replace(mobileInText, (mobile) => replacement(mobile));
