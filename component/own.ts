/** `Object.hasOwn` is of Chrome 93. */
export const { hasOwnProperty: hasOwn } = Object.prototype;

/** Reads members of foreign objects as own properties only: a page may have polluted `Object.prototype`. */
export const own = (object: unknown, name: string | undefined): unknown =>
  object && name && hasOwn.call(object, name) ? (object as Record<string, unknown>)[name] : undefined;

/** JSON whose objects have no prototype, so that reading a missing member finds nothing. */
export const parseJson = (text: string): unknown =>
  JSON.parse(text, (_, value) =>
    typeof value === "object" && value && !Array.isArray(value) ? Object.assign(Object.create(null), value) : value,
  );

export const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
