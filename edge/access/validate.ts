/** Checks a parsed body or query against the contract. */
import * as v from "valibot";
import { type AssignmentRequest, assignmentSchemaFor } from "../../shared/contract.ts";
import { isObject } from "../is-object.ts";
import { describeIssue } from "../issue.ts";
import { fail, ok, type Result } from "../problem.ts";

/** @returns the value, or `invalid_request` with the first member that is wrong; the sentence never quotes a value */
export function validate<S extends v.GenericSchema>(schema: S, value: unknown): Result<v.InferOutput<S>> {
  // Valibot takes an array for an object without members.
  if (Array.isArray(value)) return fail("invalid_request", "The body must be an object.");
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return ok(parsed.output);
  const { field, sentence } = describeIssue(parsed.issues[0]);
  return fail("invalid_request", `${field ?? "The request"} ${sentence}.`, field === undefined ? {} : { field });
}

/** `POST /v1/assignments`: the schema follows the body's own discriminators, so that the error names the right member. */
export function validateAssignment(value: unknown): Result<AssignmentRequest> {
  const { channel, orderKind }: Record<string, unknown> = isObject(value) ? value : {};
  return validate(assignmentSchemaFor(channel, orderKind), value);
}
