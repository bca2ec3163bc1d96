/** What the edge answers. */
import {
  type Advice,
  type Assignment,
  type AssignmentPage,
  assignmentStatuses,
  channels,
  type Guide,
  type GuidePage,
  type GuideView,
  type OrderState,
  orderKinds,
  type Problem,
  type SessionAnswer,
} from "../../shared/contract.ts";
import { problemCodes } from "../../shared/problem-codes.ts";
import { problemReasons } from "../../shared/problem-reasons.ts";
import { flag, integer, listOf, objectOf, oneOfWords, type Schema, schemaRef, text, time } from "./json-schema.ts";

const channel = oneOfWords(channels, "the platform");
const orderKind = oneOfWords(orderKinds, "Tmall only");

const assignment = {
  required: {
    id: text("sorts by time of creation"),
    status: oneOfWords(
      assignmentStatuses,
      "`assigned`: proved by the platform. `pending`: not proved yet, the edge goes on. `failed`: see `problem`. `superseded`: another assignment took the order",
    ),
    channel,
    order: text("as it was asked for"),
    createdAt: time("when the edge accepted it"),
    attempts: integer("tries so far: one may ask a second host, or only read what an earlier one did", { minimum: 0 }),
  },
  optional: {
    orderKind,
    guide: schemaRef("GuideView"),
    assignedAt: time("when the platform's proof arrived"),
    replayed: flag("true: the same assignment was asked for before"),
    observed: flag("true: found on the platform, not asked for here"),
    upstreamRequestId: text("the platform's own id of the exchange, for its support"),
    problem: schemaRef("Problem"),
  },
};

export const answerSchemas: Record<string, Schema> = {
  SessionAnswer: objectOf<SessionAnswer>({
    required: {
      token: text("the session; keep it in memory only"),
      tokenType: oneOfWords(["Bearer", "DPoP"], "the scheme of the Authorization header; DPoP where `jkt` was given"),
      id: text("for `DELETE /v1/sessions/{id}`"),
      issuedAt: time("by the edge's clock"),
      expiresIn: integer("seconds", { minimum: 1, maximum: 3600 }),
      scope: text("what was granted, with one space between"),
      merchant: text("alias"),
    },
    optional: { subMchid: text("partner mode only"), storeId: text("where the session is bound to a store") },
  }),
  Assignment: objectOf<Assignment>({
    description: "The durable fact that a guide serves an order, with its attempts and outcome.",
    ...assignment,
  }),
  CurrentAssignment: {
    type: "object",
    description:
      "Who holds the order. Within one partner it shows the guide, and `id` to whom may replace it; another partner learns only that the order is taken.",
    properties: { ...assignment.required, ...assignment.optional },
  },
  AssignmentPage: objectOf<AssignmentPage>({
    required: { data: listOf(schemaRef("Assignment")) },
    optional: { nextCursor: text("there is more: pass it as `cursor`") },
  }),
  GuideView: objectOf<GuideView>({
    description: "Who serves, as far as it may be shown.",
    required: {},
    optional: { id: text("the platform's id"), mobile: text("masked: 138****5678"), name: text("for display") },
  }),
  OrderState: objectOf<OrderState>({
    required: {
      order: text("as it was asked for"),
      orderKind: oneOfWords(orderKinds, "what kind of id `order` is"),
      status: text("the platform's own status code"),
      checkedAt: time("when the platform was asked"),
    },
    optional: { guide: schemaRef("GuideView") },
  }),
  Guide: objectOf<Guide>({
    required: {
      id: text("`guide.id` of an assignment"),
      storeId: text("the store"),
      name: text("decrypted by the edge"),
    },
    optional: { userId: text("WeCom user id"), workId: text("the merchant's own number") },
  }),
  GuidePage: objectOf<GuidePage>({
    required: {
      data: listOf(schemaRef("Guide")),
      total: integer("guides that match", { minimum: 0 }),
      limit: integer("guides a page", { minimum: 1, maximum: 10 }),
      offset: integer("guides before this page", { minimum: 0 }),
    },
    optional: {},
  }),
  GuideId: objectOf<Pick<Guide, "id">>({ required: { id: text("the new guide") }, optional: {} }),
  Problem: objectOf<Problem>({
    description: "RFC 9457. `detail` is for developers, never for a cashier.",
    required: {
      type: text("a page about the code", { format: "uri-reference" }),
      title: text("of the code"),
      status: integer("of the code", { minimum: 400, maximum: 599 }),
      detail: text("one sentence; holds no secret and no personal data"),
      code: oneOfWords(Object.keys(problemCodes), "a closed set; codes are added, never renamed"),
      requestId: text("finds the request in the edge's log"),
      retryable: flag("whether the same call may succeed later"),
      advice: objectOf<Advice>({
        description: "what to tell a cashier: a sentence of what happened and one of what to do",
        required: { "zh-CN": text("in Chinese"), en: text("in English") },
        optional: {},
      }),
    },
    optional: {
      retryAfter: integer("seconds, as the Retry-After header", { minimum: 0 }),
      field: text("what is wrong: a member of the body, dotted (`guide.id`), a query parameter or a header"),
      reason: oneOfWords(problemReasons, "why the platform refused, where that has a remedy of its own"),
      current: schemaRef("CurrentAssignment"),
      upstream: objectOf<NonNullable<Problem["upstream"]>>({
        description: "what the platform said: for operators and support, never shown as is",
        required: {},
        optional: {
          code: text("the platform's code"),
          message: text("the platform's sentence"),
          requestId: text("the platform's id of the exchange"),
        },
      }),
      serverTime: time("the edge's clock, told when a proof was refused for its time"),
    },
  }),
  Health: objectOf<{ status: string; attention?: boolean }>({
    required: { status: oneOfWords(["ok", "ready", "unavailable"], "says no more; the log does") },
    optional: {
      attention: {
        type: "boolean",
        description: "an operator should look at the merchants: one cannot be served, or its TOP session ends soon",
      },
    },
  }),
};
