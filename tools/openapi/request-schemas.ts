/** What the edge takes: the schemas that it validates with, as JSON Schema. */
import {
  AssignmentRequestSchema,
  GuideRegistrationSchema,
  GuideSearchSchema,
  GuideUpdateSchema,
  SessionRequestSchema,
} from "../../shared/contract.ts";
import { TopSessionSwapSchema } from "../../shared/operator-contract.ts";
import { fromValibot, membersOf, type Schema, schemaRef } from "./json-schema.ts";

const [wechat, workcard, outer, fulfilTask] = AssignmentRequestSchema.options;

/** The two rules of a Tmall assignment that span members. */
function tmallAssignment(schema: typeof workcard | typeof outer | typeof fulfilTask, description: string): Schema {
  const { properties } = membersOf(schema);
  return {
    ...fromValibot(schema),
    description: `${description} \`storeId\` is required when \`operator\` is \`store\`. \`checkReason\` must be one that the merchant's configuration allows.`,
    properties: {
      ...properties,
      guide: { ...properties.guide, oneOf: [{ required: ["id"] }, { required: ["mobile"] }] },
    },
    if: { properties: { operator: { const: "store" } }, required: ["operator"] },
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    then: { required: ["storeId"] },
  };
}

export const requestSchemas: Record<string, Schema> = {
  SessionRequest: {
    ...fromValibot(SessionRequestSchema),
    description:
      "`subMchid` is required for a merchant in partner mode and refused for a direct one. Without `origin` the session is for a backend: a request with an Origin header is then refused. `scope` is a list with one space between; its default is `assignments:write guides:read`. `jkt` binds the session to a key (RFC 9449). `expiresIn` is in seconds, 900 where absent.",
  },
  AssignmentRequest: {
    description: "Members that are not listed are refused. Every id is a string: a JSON number loses digits.",
    oneOf: ["WechatAssignmentRequest", "TmallWorkcardRequest", "TmallOuterRequest", "TmallFulfilTaskRequest"].map(
      schemaRef,
    ),
  },
  WechatAssignmentRequest: {
    ...fromValibot(wechat),
    description:
      "`order` is the `out_trade_no`. `guide.name` is kept for display and never sent. `replaces` names the assignment that holds the order now.",
  },
  TmallWorkcardRequest: tmallAssignment(workcard, "`order` is the id of a work card, the default kind."),
  TmallOuterRequest: tmallAssignment(outer, "`order` is the id that the tenant chose (`outer_id`)."),
  TmallFulfilTaskRequest: tmallAssignment(fulfilTask, "`order` is the id of a fulfil task."),
  GuideRegistration: fromValibot(GuideRegistrationSchema),
  GuideUpdate: { ...fromValibot(GuideUpdateSchema), minProperties: 1 },
  GuideSearch: fromValibot(GuideSearchSchema),
  TopSessionSwap: {
    ...fromValibot(TopSessionSwapSchema),
    description: "A new TOP session. `sessionExpiresAt` must lie ahead.",
  },
};
