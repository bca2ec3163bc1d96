/** The one answer to whether a parsed value is an object with members: `null` is none, and an array is another thing. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
