/** The calls of operators, and those that anyone may make: health, this description, the element's files. */
import { AuditQuerySchema } from "../../shared/operator-contract.ts";
import { pathParameter, queryParameters } from "./access.ts";
import { bodyProblems, json, jsonBody, noContent, problems } from "./answers.ts";
import { flag, integer, listOf, oneOfWords, type Schema, schemaRef, text, time } from "./json-schema.ts";
import type { Paths } from "./paths.ts";

const object = (required: Record<string, Schema>, optional: Record<string, Schema> = {}): Schema => ({
  type: "object",
  properties: { ...required, ...optional },
  required: Object.keys(required),
});

export const operatorSchemas: Record<string, Schema> = {
  TopStatus: object(
    {
      origin: oneOfWords(["configured", "swapped", "refreshed"], "where the session in force came from"),
      state: oneOfWords(["ok", "unknown", "expiring", "expired", "refused"], "`unknown`: its end was never told"),
      refreshable: flag("whether the edge can refresh it by itself"),
    },
    {
      expiresAt: time("its end"),
      daysLeft: integer("whole days, rounded down; negative when it is over"),
      refreshFailed: object(
        { at: time("of the last refresh"), detail: text("why it failed"), final: flag("true: it is not tried again") },
        { upstreamCode: text("the platform's code") },
      ),
      bans: listOf(
        object({
          api: text("a method of TOP, or `*` for every call of the app"),
          until: time("its end, as the platform told it"),
          reason: oneOfWords(["flow_control", "daily_quota"], "what was used up"),
        }),
      ),
    },
  ),
  MerchantState: object(
    {
      alias: text("as sessions name it"),
      usable: flag("whether it can be served"),
      faults: listOf(text("what to set right; holds no secret")),
    },
    { top: schemaRef("TopStatus") },
  ),
  AuditHead: object({ seq: integer("sequence number", { minimum: 0 }), mac: text("of the last entry") }),
  AuditPage: object(
    {
      rows: listOf(
        object({
          seq: integer("sequence number, without gaps", { minimum: 1 }),
          at: integer("milliseconds since 1970"),
          entry: text("JSON, the very bytes that were signed"),
          mac: text("`<key id>.<HMAC-SHA-256>` over the entry and the one before it"),
        }),
      ),
      head: schemaRef("AuditHead"),
    },
    {
      checkpoint: {
        ...object({
          seq: integer("of the last entry that retention dropped"),
          mac: text("of that entry"),
          signature: text("proves the checkpoint"),
        }),
        description: "where the chain starts; absent while nothing was dropped",
      },
    },
  ),
};

const security = [{ operatorKey: [] }];
const accessProblems = ["unauthenticated", "origin_refused", "not_found", "rate_limited"] as const;
const topStatus = {
  origin: "swapped",
  state: "ok",
  expiresAt: "2027-09-30T16:00:00.000Z",
  daysLeft: 364,
  refreshable: true,
};

const operatorPaths: Paths = {
  "/v1/operator/merchants": {
    get: {
      operationId: "listMerchants",
      tags: ["Operator"],
      summary: "The state of each merchant",
      security,
      responses: {
        200: json({
          description: "Every merchant of the configuration",
          schema: object({ data: listOf(schemaRef("MerchantState")) }),
          example: { data: [{ alias: "demo", usable: true, faults: [], top: topStatus }] },
        }),
        ...problems(...accessProblems),
      },
    },
  },
  "/v1/operator/merchants/{alias}/tmall-session": {
    put: {
      operationId: "replaceTmallSession",
      tags: ["Operator"],
      summary: "Put another TOP session in force, without a deployment",
      security,
      parameters: [pathParameter("alias", "of a merchant with a tmall channel")],
      requestBody: jsonBody("TopSessionSwap", {
        session: {
          session: "6100000example",
          sessionExpiresAt: "2027-09-30T16:00:00Z",
          refreshToken: "6101000example",
        },
      }),
      responses: {
        200: json({ description: "In force", schema: schemaRef("TopStatus"), example: topStatus }),
        ...problems(...bodyProblems, ...accessProblems),
      },
    },
  },
  "/v1/operator/merchants/{alias}/tmall-bans": {
    delete: {
      operationId: "liftTmallBans",
      tags: ["Operator"],
      summary: "Send to TOP again, although a ban of it stands",
      description:
        "For a quota that was raised or reset before its day was over. Every ledger sends again within 30 seconds; a ban that TOP still holds is learnt from the first call that it refuses.",
      security,
      parameters: [pathParameter("alias", "of a merchant with a tmall channel")],
      responses: { 204: noContent("No ban stands"), ...problems(...accessProblems) },
    },
  },
  "/v1/operator/audit": {
    get: {
      operationId: "exportAudit",
      tags: ["Operator"],
      summary: "Entries of one ledger's audit record, oldest first",
      description:
        "A ledger belongs to a merchant, for WeChat Pay in partner mode to one of its sub-merchants, and has one `shard` unless configured otherwise. Without `subMchid` it is the merchant's own, which holds Tmall's work cards.",
      security,
      parameters: queryParameters(AuditQuerySchema),
      responses: {
        200: json({ description: "A page; go on with the last `seq` as `after`", schema: schemaRef("AuditPage") }),
        ...problems("invalid_request", ...accessProblems, "misconfigured"),
      },
    },
  },
};

const health = (status: string, description: string): Schema =>
  json({
    description,
    schema: { ...schemaRef("Health"), properties: { status: { const: status } } },
    example: { status },
  });

const fileHeaders = (kept: string) => ({
  "X-Request-Id": { $ref: "#/components/headers/RequestId" },
  "Cache-Control": { description: kept, required: true, schema: { type: "string" } },
  "Access-Control-Allow-Origin": { description: "Any page may load it.", required: true, schema: { const: "*" } },
  "Cross-Origin-Resource-Policy": { required: true, schema: { const: "cross-origin" } },
});
const file = (description: string, kept: string, content: Record<string, Schema>): Schema => ({
  description,
  headers: fileHeaders(kept),
  content,
});

const publicPaths: Paths = {
  "/healthz": {
    get: {
      operationId: "getHealth",
      tags: ["Service"],
      summary: "Is the Worker alive?",
      security: [],
      responses: { 200: health("ok", "It runs"), ...problems() },
    },
  },
  "/readyz": {
    get: {
      operationId: "getReadiness",
      tags: ["Service"],
      summary: "Can anybody be served?",
      security: [],
      responses: {
        200: health("ready", "At least one merchant and a session key are usable"),
        503: health("unavailable", "Nobody can be served; the log says why"),
        ...problems(),
      },
    },
  },
  "/v1/openapi.json": {
    get: {
      operationId: "getDescription",
      tags: ["Service"],
      summary: "This description",
      security: [],
      responses: {
        200: file("OpenAPI 3.1", "Kept for some minutes.", { "application/json": { schema: { type: "object" } } }),
        ...problems(),
      },
    },
  },
  "/v{version}/{file}": {
    get: {
      operationId: "getElementFile",
      tags: ["Service"],
      summary: "The element's files of one release",
      description: "`integrity.json` has the hash of each of the others, for the `integrity` attribute.",
      security: [],
      parameters: [
        pathParameter("version", "major.minor.patch", /^[0-9]+\.[0-9]+\.[0-9]+$/),
        {
          name: "file",
          in: "path",
          required: true,
          schema: { enum: ["staff-assign.js", "staff-assign.mjs", "staff-assign-loader.js", "integrity.json"] },
        },
      ],
      responses: {
        200: file("The file", "A released version is `immutable`, one that is not is `no-cache`.", {
          "text/javascript": { schema: { type: "string" } },
          "application/json": {
            schema: object({
              version: text("of the release"),
              integrity: { type: "object", additionalProperties: { type: "string", pattern: "^sha384-" } },
            }),
          },
        }),
        ...problems("not_found"),
      },
    },
  },
};

export const servicePaths: Paths = { ...operatorPaths, ...publicPaths };
