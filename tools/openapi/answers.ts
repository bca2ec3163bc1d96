/** Answers: their headers, and the problems that an operation may answer, by status. */
import { type ProblemCode, problemCodes } from "../../shared/problem-codes.ts";
import { type Schema, schemaRef } from "./json-schema.ts";

const header = (description: string, schema: Schema = { type: "string" }): Schema => ({ description, schema });

export const headers: Record<string, Schema> = {
  RequestId: { ...header("Finds the request in the edge's log."), required: true },
  NoStore: { ...header("Answers are never kept.", { const: "no-store" }), required: true },
  RetryAfter: header("Seconds to wait.", { type: "integer", minimum: 0 }),
  Location: {
    ...header("Where the assignment is looked at: `/v1/assignments/{id}`.", {
      type: "string",
      format: "uri-reference",
    }),
    required: true,
  },
  Challenge: {
    ...header("The schemes that are accepted, with an `error` for credentials that were refused (RFC 6750, RFC 9449)."),
    required: true,
  },
};

const headerRef = (name: string): Schema => ({ $ref: `#/components/headers/${name}` });
const commonHeaders = { "X-Request-Id": headerRef("RequestId"), "Cache-Control": headerRef("NoStore") };

interface Content {
  description: string;
  schema: Schema;
  example?: unknown;
  examples?: Record<string, unknown>;
  headers?: Record<string, Schema>;
}

export const json = ({ description, schema, example, examples, headers: more = {} }: Content): Schema => ({
  description,
  headers: { ...commonHeaders, ...more },
  content: {
    "application/json": {
      schema,
      ...(example !== undefined && { example }),
      ...(examples && { examples: named(examples) }),
    },
  },
});

export const noContent = (description: string): Schema => ({ description, headers: commonHeaders });

export const pendingHeaders = {
  Location: headerRef("Location"),
  "Retry-After": { ...headers.RetryAfter, required: true },
};

export const named = (examples: Record<string, unknown>): Schema =>
  Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));

/** A JSON body of at most 64 KiB. */
export const jsonBody = (schema: string, examples: Record<string, unknown>): Schema => ({
  required: true,
  description: "UTF-8, at most 64 KiB, not compressed; a member that is unknown or comes twice is refused.",
  content: { "application/json": { schema: schemaRef(schema), examples: named(examples) } },
});

/** Problems of a call with a JSON body, of one that acts for a merchant, and of one that asks the platform. */
export const bodyProblems = ["invalid_request", "payload_too_large", "unsupported_media_type"] as const;
export const callerProblems = [
  "invalid_request",
  "unauthenticated",
  "session_expired",
  "origin_refused",
  "scope_refused",
  "merchant_refused",
  "rate_limited",
  "misconfigured",
] as const;
export const platformProblems = [
  "upstream_rejected",
  "upstream_unauthorized",
  "upstream_unverified",
  "upstream_unavailable",
] as const;

/** One answer for each status that the codes have. Every call may answer `internal_error`. */
export function problems(...codes: readonly ProblemCode[]): Record<string, Schema> {
  const byStatus = new Map<number, Set<ProblemCode>>();
  for (const code of [...codes, "internal_error"] as const) {
    const { status } = problemCodes[code];
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  return Object.fromEntries([...byStatus].map(([status, group]) => [String(status), problem(status, [...group])]));
}

const problem = (status: number, codes: ProblemCode[]): Schema => ({
  description: codes.map((code) => `\`${code}\`: ${problemCodes[code].title}`).join(". "),
  headers: {
    ...commonHeaders,
    ...(status === 401 && { "WWW-Authenticate": headerRef("Challenge") }),
    ...(status === 429 && { "Retry-After": headerRef("RetryAfter") }),
  },
  content: {
    "application/problem+json": {
      schema: { ...schemaRef("Problem"), properties: { status: { const: status }, code: { enum: codes } } },
      examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
    },
  },
});
