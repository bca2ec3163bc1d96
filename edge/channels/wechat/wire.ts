/** Paths and bodies as they travel: built once, from fields that are named here, and sent as the bytes that are signed. */

/** A whole number of up to 19 digits, written without passing through a double. */
export interface WholeNumber {
  digits: string;
}

export type WireValue = string | WholeNumber | undefined;

/** The platform forbids `null` and unknown members: what is undefined is left out. */
export function jsonBody(members: Readonly<Record<string, WireValue>>): Uint8Array<ArrayBuffer> {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) parts.push(`${JSON.stringify(name)}:${wireJson(value)}`);
  }
  return Buffer.from(`{${parts.join(",")}}`);
}

function wireJson(value: string | WholeNumber): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (!/^[0-9]{1,19}$/.test(value.digits)) throw new TypeError("a whole number has 1 to 19 digits");
  return value.digits;
}

/** Each value is encoded once, down to the unreserved characters, so that no URL parser has anything left to change. */
export function query(parameters: Readonly<Record<string, string | undefined>>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) parts.push(`${name}=${encodeStrictly(value)}`);
  }
  return parts.join("&");
}

const encodeStrictly = (value: string) =>
  encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
