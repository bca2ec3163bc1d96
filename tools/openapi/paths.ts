/** The calls of partners' backends and pages, one entry a method; `tools/openapi.ts` puts them together. */
import { AssignmentQuerySchema, GuideQuerySchema, guideIdPattern, OrderQuerySchema } from "../../shared/contract.ts";
import { forScopes, parameterRef, pathParameter, queryParameters, tenantParameters } from "./access.ts";
import {
  bodyProblems,
  callerProblems,
  json,
  jsonBody,
  noContent,
  pendingHeaders,
  platformProblems,
  problems,
} from "./answers.ts";
import * as examples from "./examples.ts";
import { type Schema, schemaRef } from "./json-schema.ts";

export type Paths = Record<string, Record<string, unknown>>;

const sessions: Paths = {
  "/v1/sessions": {
    post: {
      operationId: "createSession",
      tags: ["Sessions"],
      summary: "Mint a session for one page or backend",
      security: [{ apiKey: [] }],
      requestBody: jsonBody("SessionRequest", examples.sessionRequests),
      responses: {
        201: json({ description: "Minted", schema: schemaRef("SessionAnswer"), example: examples.session }),
        ...problems(
          ...bodyProblems,
          "unauthenticated",
          "origin_refused",
          "scope_refused",
          "merchant_refused",
          "rate_limited",
          "misconfigured",
        ),
      },
    },
  },
  "/v1/sessions/{id}": {
    delete: {
      operationId: "revokeSession",
      tags: ["Sessions"],
      summary: "Revoke a session at once",
      description:
        "Sessions that the edge minted name their tenant in the id; for one that the partner signed itself (`id` is its `jti`) the headers name it.",
      security: [{ apiKey: [] }],
      parameters: [pathParameter("id", "as minted, or the `jti`"), parameterRef("Merchant"), parameterRef("SubMchid")],
      responses: {
        204: noContent("Revoked"),
        ...problems(
          "invalid_request",
          "unauthenticated",
          "origin_refused",
          "not_found",
          "rate_limited",
          "misconfigured",
        ),
      },
    },
  },
};

const readScopes = forScopes("assignments:read", "assignments:write");

const assignments: Paths = {
  "/v1/assignments": {
    post: {
      operationId: "assign",
      tags: ["Assignments"],
      summary: "Assign a guide to an order",
      description:
        "Sending it again is always safe: the platform sees one logical assignment. With WeChat Pay, assign before the payment completes. Without an Idempotency-Key, the same order and guide is the same assignment. Another guide for an order that has one is 409; `replaces` with the id of `current` changes it.",
      security: forScopes("assignments:write"),
      parameters: [...tenantParameters, parameterRef("IdempotencyKey"), parameterRef("TraceParent")],
      requestBody: jsonBody("AssignmentRequest", examples.assignmentRequests),
      responses: {
        200: json({
          description: "`assigned`: proved by the platform",
          schema: { ...schemaRef("Assignment"), properties: { status: { const: "assigned" } } },
          examples: examples.assigned,
        }),
        202: json({
          description: "`pending`: not proved within 8 seconds; the edge goes on for 15 minutes, then `failed`",
          schema: { ...schemaRef("Assignment"), properties: { status: { const: "pending" } } },
          example: examples.pending,
          headers: pendingHeaders,
        }),
        ...problems(
          ...bodyProblems,
          ...callerProblems,
          "already_assigned",
          "idempotency_key_reused",
          ...platformProblems,
        ),
      },
    },
    get: {
      operationId: "listAssignments",
      tags: ["Assignments"],
      summary: "List the tenant's assignments, newest first",
      description: "`status=failed` finds what a page never saw.",
      security: readScopes,
      parameters: [...tenantParameters, ...queryParameters(AssignmentQuerySchema)],
      responses: {
        200: json({ description: "A page", schema: schemaRef("AssignmentPage"), example: examples.assignments }),
        ...problems(...callerProblems),
      },
    },
  },
  "/v1/assignments/{id}": {
    get: {
      operationId: "getAssignment",
      tags: ["Assignments"],
      summary: "Look at one assignment, whatever its status",
      security: readScopes,
      parameters: [pathParameter("id", "of an assignment of this tenant"), ...tenantParameters],
      responses: {
        200: json({ description: "As it is now", schema: schemaRef("Assignment"), examples: examples.assigned }),
        ...problems(...callerProblems, "not_found"),
      },
    },
  },
};

const orders: Paths = {
  "/v1/orders/{order}": {
    get: {
      operationId: "getOrder",
      tags: ["Orders"],
      summary: "Look at an order as Tmall has it now, masked",
      security: forScopes("assignments:read"),
      parameters: [
        pathParameter("order", "an id of the kind that `orderKind` names"),
        ...tenantParameters,
        ...queryParameters(OrderQuerySchema),
      ],
      responses: {
        200: json({ description: "As the platform has it", schema: schemaRef("OrderState"), example: examples.order }),
        ...problems(...callerProblems, "not_found", ...platformProblems),
      },
    },
  },
};

const guidePage: Schema = json({
  description: "A page; no answer holds a mobile",
  schema: schemaRef("GuidePage"),
  example: examples.guides,
});
const clearText =
  "Ids and URLs go to WeChat Pay in clear text and must not contain characters of four bytes of UTF-8, such as emoji.";
const guideProblems = [...callerProblems, ...platformProblems] as const;

const guides: Paths = {
  "/v1/guides": {
    get: {
      operationId: "listGuides",
      tags: ["Guides"],
      summary: "List the guides of a store",
      description: `WeChat Pay only. A session that is bound to a store reads that store's guides. ${clearText}`,
      security: forScopes("guides:read"),
      parameters: [...tenantParameters, ...queryParameters(GuideQuerySchema)],
      responses: { 200: guidePage, ...problems(...guideProblems) },
    },
    post: {
      operationId: "registerGuide",
      tags: ["Guides"],
      summary: "Register a guide",
      description: `WeChat Pay only. Name and mobile are encrypted for the platform by the edge. ${clearText}`,
      security: forScopes("guides:write"),
      parameters: tenantParameters,
      requestBody: jsonBody("GuideRegistration", { guide: examples.guideRegistration }),
      responses: {
        201: json({ description: "Registered", schema: schemaRef("GuideId"), example: { id: examples.wechatGuide } }),
        ...problems(...bodyProblems, ...guideProblems),
      },
    },
  },
  "/v1/guides/search": {
    post: {
      operationId: "searchGuides",
      tags: ["Guides"],
      summary: "Find a guide by mobile",
      description: "The mobile travels in the body, so that no URL holds one.",
      security: forScopes("guides:read"),
      parameters: tenantParameters,
      requestBody: jsonBody("GuideSearch", { mobile: { storeId: "1234", mobile: "13900000000" } }),
      responses: { 200: guidePage, ...problems(...bodyProblems, ...guideProblems) },
    },
  },
  "/v1/guides/{id}": {
    patch: {
      operationId: "updateGuide",
      tags: ["Guides"],
      summary: "Change what is kept of a guide",
      description: clearText,
      security: forScopes("guides:write"),
      parameters: [pathParameter("id", "the platform's id", guideIdPattern), ...tenantParameters],
      requestBody: jsonBody("GuideUpdate", { mobile: { mobile: "13900000001" } }),
      responses: { 204: noContent("Changed"), ...problems(...bodyProblems, ...guideProblems) },
    },
  },
};

export const partnerPaths: Paths = { ...sessions, ...assignments, ...orders, ...guides };
