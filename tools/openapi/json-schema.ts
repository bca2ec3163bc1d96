/**
 * JSON Schema (2020-12, the dialect of OpenAPI 3.1) from two sources: valibot for what arrives, and typed tables for what
 * is answered, so that a member which the contract gains or loses fails the type check here.
 */
import { toJsonSchema } from "@valibot/to-json-schema";
import type { GenericSchema } from "valibot";

export type Schema = Record<string, unknown>;

/** What JSON Schema cannot say of a value (bytes, Unicode, ranges of digits) is told in `description`. */
export function fromValibot(schema: GenericSchema): Schema {
  const { $schema: _, ...converted } = toJsonSchema(schema, {
    target: "draft-2020-12",
    // The overrides below put into words what has no keyword.
    errorMode: "ignore",
    overrideAction: ({ valibotAction: action, jsonSchema }) => {
      // A query parameter that becomes a number: written as one, its bounds follow.
      if (action.type === "transform") return { type: "integer", minimum: 0 };
      if (action.type !== "check" && action.type !== "regex") return jsonSchema;
      if (!("message" in action) || typeof action.message !== "string") return jsonSchema;
      const told = [jsonSchema.description, action.message].filter((text) => text !== undefined);
      return { ...jsonSchema, description: told.join("; ") };
    },
  });
  return converted;
}

interface ObjectSchema {
  properties: Record<string, Schema>;
  required: string[];
}

/** The parts of an object's schema. */
export function membersOf(schema: GenericSchema): ObjectSchema {
  const { properties = {}, required = [] } = fromValibot(schema) as Partial<ObjectSchema>;
  return { properties, required };
}

type OptionalKeys<T> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T];
type RequiredKeys<T> = Exclude<keyof T, OptionalKeys<T>>;

interface Members<T> {
  description?: string;
  required: Record<RequiredKeys<T>, Schema>;
  optional: Record<OptionalKeys<T>, Schema>;
}

/** An answer's object, member by member as its type has them. Answers may gain members, so others are not forbidden. */
export function objectOf<T>({ description, required, optional }: Members<T>): Schema {
  return {
    type: "object",
    ...(description !== undefined && { description }),
    properties: { ...required, ...optional },
    required: Object.keys(required),
  };
}

export const text = (description: string, more: Schema = {}): Schema => ({ type: "string", description, ...more });
export const integer = (description: string, more: Schema = {}): Schema => ({ type: "integer", description, ...more });
export const time = (description: string): Schema => ({ type: "string", format: "date-time", description });
export const flag = (description: string): Schema => ({ type: "boolean", description });
export const oneOfWords = (words: readonly string[], description: string): Schema => ({
  type: "string",
  enum: [...words],
  description,
});
export const listOf = (items: Schema): Schema => ({ type: "array", items });
export const schemaRef = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
