/** Who may call: security schemes, and the headers that go with them. */
import { idempotencyKeyPattern, type Scope, SessionRequestSchema } from "../../shared/contract.ts";
import { membersOf, type Schema, text } from "./json-schema.ts";

export const securitySchemes: Record<string, Schema> = {
  apiKey: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "sk_<partner>_<random>",
    description:
      "A partner's backend. The headers `Staff-Assign-Merchant` and, where needed, `Staff-Assign-Sub-Mchid` and `Staff-Assign-Store` name whom it acts for. Never from a page: a request with an Origin header is refused.",
  },
  session: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description:
      "A session of `POST /v1/sessions`, or one that the partner signed itself (`typ` `staff-assign+jwt`). A page sends it from the session's origin.",
  },
  dpopSession: {
    type: "http",
    scheme: "DPoP",
    description: "A session that is bound to a key, together with a proof of that key (RFC 9449).",
  },
  dpopProof: {
    type: "apiKey",
    in: "header",
    name: "DPoP",
    description: "A proof for this very request, ES256, used once.",
  },
  operatorKey: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "op_<random>",
    description: "The operator of the edge. Where none is configured, the operator's paths answer 404.",
  },
};

const { properties: tenant } = membersOf(SessionRequestSchema);

const tenantHeader = (name: string, schema: Schema | undefined, description: string): Schema => ({
  name,
  in: "header",
  required: false,
  description: `${description} With a session it may be left out, and must not differ from it.`,
  schema: schema ?? {},
});

export const parameters: Record<string, Schema> = {
  RequestId: {
    name: "X-Request-Id",
    in: "header",
    required: false,
    description: "Used as the request's id; any other value is replaced.",
    schema: { type: "string", pattern: "^[0-9A-Za-z_=-]{1,255}$" },
  },
  Merchant: tenantHeader("Staff-Assign-Merchant", tenant.merchant, "Required with an API key: the merchant's alias."),
  SubMchid: tenantHeader(
    "Staff-Assign-Sub-Mchid",
    tenant.subMchid,
    "Required with an API key for a merchant in partner mode.",
  ),
  Store: tenantHeader(
    "Staff-Assign-Store",
    tenant.storeId,
    "Binds the call to a store; required where the partner's record lists stores.",
  ),
  TraceParent: {
    name: "traceparent",
    in: "header",
    required: false,
    description:
      "W3C Trace Context: the operator's log and traces name the caller's trace. For backends: a page's preflight does not allow it. One that is not of the form is ignored.",
    schema: { type: "string" },
    example: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  },
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description:
      "The same key and body answers what the first call came to; the same key with another body is 422. A definite failure ends its key.",
    schema: { type: "string", pattern: idempotencyKeyPattern.source },
  },
};

export const parameterRef = (name: string): Schema => ({ $ref: `#/components/parameters/${name}` });

/** Header parameters of a call that acts for a merchant. */
export const tenantParameters: Schema[] = ["Merchant", "SubMchid", "Store"].map(parameterRef);

export const pathParameter = (name: string, description: string, pattern?: RegExp): Schema => ({
  name,
  in: "path",
  required: true,
  description,
  schema: text(description, pattern && { pattern: pattern.source }),
});

/** Query parameters as the schema that reads them has them; one that is unknown or given twice is refused. */
export function queryParameters(schema: Parameters<typeof membersOf>[0]): Schema[] {
  const { properties, required } = membersOf(schema);
  return Object.entries(properties).map(([name, property]) => {
    const { default: preset, ...rest } = property;
    // The default is written as the query has it, text; the schema tells what the text means.
    const value = rest.type === "integer" ? Number(preset) : preset;
    return {
      name,
      in: "query",
      required: required.includes(name),
      schema: { ...rest, ...(preset !== undefined && { default: value }) },
    };
  });
}

/** Any one of the scopes is enough. */
export const forScopes = (...anyOf: Scope[]): Schema[] => [
  ...anyOf.map((scope) => ({ session: [scope] })),
  ...anyOf.map((scope) => ({ dpopSession: [scope], dpopProof: [] })),
  ...anyOf.map((scope) => ({ apiKey: [scope] })),
];
