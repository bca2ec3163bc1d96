/**
 * The contract that both sides speak: valibot schemas for what arrives, types for what is answered.
 * The element imports types only; it carries no schema.
 */
import * as v from "valibot";
import type { ProblemCode } from "./problem-codes.ts";
import type { ProblemReason } from "./problem-reasons.ts";

/** WeChat Pay `out_trade_no`: 1 to 32 bytes of digits, letters and `_ - | *`. */
export const outTradeNoPattern = /^[0-9A-Za-z_\-|*]{1,32}$/;
/** WeChat Pay `guide_id`: at most 64 characters; no dot or slash, since the id becomes a path segment. */
export const guideIdPattern = /^[0-9A-Za-z_-]{1,64}$/;
/** A tenant-chosen id at Tmall (`outer_id`): no dot segment, slash or blank. */
export const outerIdPattern = /^(?=.{1,64}$)[0-9A-Za-z_|*-]+(?:\.[0-9A-Za-z_|*-]+)*$/;
const mobilePattern = /^\+?[0-9]{5,20}$/;
/** WeChat merchant numbers, as `sub_mchid`. */
export const mchidPattern = /^[0-9]{1,32}$/;
/** What a merchant is called on the wire: the name of its variable in lower case. */
export const merchantPattern = /^[a-z0-9]{1,32}$/;
const int64Max = 9223372036854775807n;

const text = (pattern: RegExp, message: string) => v.pipe(v.string("must be a string"), v.regex(pattern, message));

/** A decimal 64-bit id of Tmall, kept as a string: `1` … `9223372036854775807`. */
export const Int64Id = v.pipe(
  v.string("must be a string of digits; a JSON number loses digits"),
  v.regex(/^[1-9][0-9]{0,18}$/, "must be a whole number of at most 19 digits without leading zero"),
  v.check((id) => BigInt(id) <= int64Max, "must not exceed 9223372036854775807"),
);

const OutTradeNo = text(outTradeNoPattern, "must be 1 to 32 of the characters 0-9 A-Z a-z _ - | *");
const GuideId = text(guideIdPattern, "must be 1 to 64 of the characters 0-9 A-Z a-z _ -");
const OuterId = text(outerIdPattern, "must be 1 to 64 of the characters 0-9 A-Z a-z _ - | * and single inner dots");
const Mobile = text(mobilePattern, "must be 5 to 20 digits, with an optional leading +");
const StoreId = Int64Id;
export const MerchantAlias = text(merchantPattern, "must be a merchant alias in lower case");

const wellFormed = (value: string) => value.isWellFormed();
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
const controlCharacters = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
const utf8Length = (value: string) => new TextEncoder().encode(value).length;

const plainText = (maxBytes: number) =>
  v.pipe(
    v.string("must be a string"),
    v.check(wellFormed, "must be well-formed Unicode"),
    v.check((value) => !controlCharacters.test(value), "must not contain control characters"),
    v.check((value) => value.trim().length > 0, "must not be empty"),
    v.check((value) => utf8Length(value) <= maxBytes, `must not exceed ${maxBytes} bytes of UTF-8`),
  );

/** A person's name as WeChat limits it: 64 bytes of UTF-8 before encryption. */
const PersonName = plainText(64);

const url1024 = v.pipe(
  plainText(1024),
  v.check((value) => {
    const parsed = URL.parse(value);
    return parsed !== null && (parsed.protocol === "https:" || parsed.protocol === "http:");
  }, "must be an http(s) URL"),
);

export const channels = ["wechat", "tmall"] as const;
export type ChannelName = (typeof channels)[number];
export const orderKinds = ["workcard", "outer", "fulfil-task"] as const;
export type OrderKind = (typeof orderKinds)[number];

const AssignmentId = text(/^[0-9A-Za-z_-]{1,64}$/, "must be the id of an assignment");

const WechatAssignment = v.strictObject({
  channel: v.literal("wechat"),
  order: OutTradeNo,
  guide: v.strictObject({ id: GuideId, name: v.exactOptional(PersonName) }),
  replaces: v.exactOptional(AssignmentId),
});

const TmallWorker = v.pipe(
  v.strictObject({ id: v.exactOptional(Int64Id), mobile: v.exactOptional(Mobile), name: v.exactOptional(PersonName) }),
  v.check((worker) => worker.id !== undefined || worker.mobile !== undefined, "must have an id or a mobile"),
  v.check((worker) => worker.id === undefined || worker.mobile === undefined, "must have an id or a mobile, not both"),
);

/** `ext_json`: a flat JSON object of strings; the platform documents no schema, 2 KiB keeps the form body small. */
const Extension = v.pipe(
  v.unknown(),
  // Valibot's record takes a list, and makes an object of its positions.
  v.check((value) => !Array.isArray(value), "must be an object"),
  v.record(plainText(64), v.pipe(v.string("must be a string"), v.check(wellFormed, "must be well-formed Unicode"))),
  v.check((value) => utf8Length(JSON.stringify(value)) <= 2048, "must not exceed 2048 bytes of JSON"),
);

const tmallCommon = {
  channel: v.literal("tmall"),
  guide: TmallWorker,
  operator: v.exactOptional(v.picklist(["provider", "store"], "must be provider or store")),
  storeId: v.exactOptional(StoreId),
  extension: v.exactOptional(Extension),
  checkReason: v.exactOptional(text(/^[0-9]{1,9}$/, "must be a number of at most 9 digits, as text")),
  replaces: v.exactOptional(AssignmentId),
};

/** A store acts for itself, so it must say which one it is. */
const storeNeedsStoreId = <T extends { operator?: "provider" | "store"; storeId?: string }>() =>
  v.rawCheck<T>(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value.operator !== "store" || dataset.value.storeId !== undefined) return;
    addIssue({
      message: "is required when operator is store",
      path: [{ type: "object", origin: "value", input: dataset.value, key: "storeId", value: undefined }],
    });
  });

const TmallWorkcardAssignment = v.pipe(
  v.strictObject({ ...tmallCommon, orderKind: v.exactOptional(v.literal("workcard")), order: Int64Id }),
  storeNeedsStoreId(),
);
const TmallOuterAssignment = v.pipe(
  v.strictObject({ ...tmallCommon, orderKind: v.literal("outer"), order: OuterId }),
  storeNeedsStoreId(),
);
const TmallFulfilTaskAssignment = v.pipe(
  v.strictObject({ ...tmallCommon, orderKind: v.literal("fulfil-task"), order: Int64Id }),
  storeNeedsStoreId(),
);

export type WechatAssignmentRequest = v.InferOutput<typeof WechatAssignment>;
export type TmallAssignmentRequest =
  | v.InferOutput<typeof TmallWorkcardAssignment>
  | v.InferOutput<typeof TmallOuterAssignment>
  | v.InferOutput<typeof TmallFulfilTaskAssignment>;
export type AssignmentRequest = WechatAssignmentRequest | TmallAssignmentRequest;

/**
 * The schema that fits a body, chosen by its discriminators first, so that an error names the member that is wrong
 * and not "no variant matched".
 */
export function assignmentSchemaFor(channel: unknown, orderKind: unknown) {
  if (channel === "tmall") {
    if (orderKind === "outer") return TmallOuterAssignment;
    if (orderKind === "fulfil-task") return TmallFulfilTaskAssignment;
    if (orderKind === undefined || orderKind === "workcard") return TmallWorkcardAssignment;
    return v.pipe(v.object({ orderKind: v.picklist(orderKinds, "must be workcard, outer or fulfil-task") }), v.never());
  }
  if (channel === "wechat") return WechatAssignment;
  return v.pipe(v.object({ channel: v.picklist(channels, "must be wechat or tmall") }), v.never());
}

export const AssignmentRequestSchema = v.union([
  WechatAssignment,
  TmallWorkcardAssignment,
  TmallOuterAssignment,
  TmallFulfilTaskAssignment,
]);

export const scopes = ["assignments:write", "assignments:read", "guides:read", "guides:write"] as const;
export type Scope = (typeof scopes)[number];
export const defaultScopes: readonly Scope[] = ["assignments:write", "guides:read"];

export const SessionRequestSchema = v.strictObject({
  merchant: MerchantAlias,
  subMchid: v.exactOptional(text(mchidPattern, "must be a merchant number of at most 32 digits")),
  storeId: v.exactOptional(StoreId),
  scope: v.exactOptional(v.pipe(v.string("must be a string"), v.maxLength(200, "is too long"))),
  origin: v.exactOptional(v.pipe(v.string("must be a string"), v.maxLength(255, "is too long"))),
  // The last of 43 characters carries two spare bits, which are zero in the one canonical spelling.
  jkt: v.exactOptional(
    text(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, "must be the base64url SHA-256 thumbprint of a key"),
  ),
  expiresIn: v.exactOptional(
    v.pipe(
      v.number("must be a number of seconds"),
      v.integer("must be a whole number of seconds"),
      v.minValue(1, "must be at least 1"),
      v.maxValue(3600, "must be at most 3600"),
    ),
  ),
});
export type SessionRequest = v.InferOutput<typeof SessionRequestSchema>;

/** Answer of `POST /v1/sessions`; times are RFC 3339, `expiresIn` is in seconds. */
export interface SessionAnswer {
  token: string;
  tokenType: "Bearer" | "DPoP";
  id: string;
  issuedAt: string;
  expiresIn: number;
  scope: string;
  merchant: string;
  subMchid?: string;
  storeId?: string;
}

/** What to tell a cashier: a sentence of what happened and one of what to do, by language tag. */
export interface Advice {
  "zh-CN": string;
  en: string;
}

/** RFC 9457 problem document. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ProblemCode;
  requestId: string;
  retryable: boolean;
  advice: Advice;
  /** seconds */
  retryAfter?: number;
  /** the member of the request that is wrong, dotted: `guide.id` */
  field?: string;
  /** why the platform refused, where that has a remedy of its own */
  reason?: ProblemReason;
  current?: Partial<Assignment>;
  /**
   * What the platform said: `code` and `requestId` for operators and support. `message` is plain text that may hold markup
   * characters; where Tmall refused (`upstream_rejected`) it is the sentence the platform means people to read, so that a
   * page may show it, escaped as text and never as HTML. It is masked, at most 300 characters, and proves nothing.
   */
  upstream?: { code?: string; message?: string; requestId?: string };
  /** RFC 3339; the server's clock, told when a proof was refused for its time */
  serverTime?: string;
}

export interface GuideView {
  id?: string;
  /** masked: 138****5678 */
  mobile?: string;
  name?: string;
}

export const assignmentStatuses = ["assigned", "pending", "failed", "superseded"] as const;
export type AssignmentStatus = (typeof assignmentStatuses)[number];

export interface Assignment {
  id: string;
  status: AssignmentStatus;
  channel: ChannelName;
  order: string;
  orderKind?: OrderKind;
  guide?: GuideView;
  createdAt: string;
  assignedAt?: string;
  attempts: number;
  replayed?: boolean;
  observed?: boolean;
  upstreamRequestId?: string;
  problem?: Problem;
}

export interface AssignmentPage {
  data: Assignment[];
  nextCursor?: string;
}

/** An order as the platform has it now (`GET /v1/orders/{order}`); the guide is masked. */
export interface OrderState {
  order: string;
  orderKind: OrderKind;
  /** the platform's own status code */
  status: string;
  guide?: GuideView;
  checkedAt: string;
}

export interface Guide {
  id: string;
  storeId: string;
  name: string;
  userId?: string;
  workId?: string;
}

export interface GuidePage {
  data: Guide[];
  total: number;
  limit: number;
  offset: number;
}

const corpId = text(/^[0-9A-Za-z_-]{1,32}$/, "must be a WeCom corp id of at most 32 characters");
const userId = plainText(64);

/** `POST /v1/guides` */
export const GuideRegistrationSchema = v.strictObject({
  corpId,
  storeId: StoreId,
  userId,
  name: PersonName,
  mobile: Mobile,
  qrCode: url1024,
  avatar: url1024,
  groupQrCode: v.exactOptional(url1024),
});
export type GuideRegistration = v.InferOutput<typeof GuideRegistrationSchema>;

/** `PATCH /v1/guides/{id}`: at least one of these. */
export const GuideUpdateSchema = v.pipe(
  v.strictObject({
    name: v.exactOptional(PersonName),
    mobile: v.exactOptional(Mobile),
    qrCode: v.exactOptional(url1024),
    avatar: v.exactOptional(url1024),
    groupQrCode: v.exactOptional(url1024),
  }),
  v.check(
    (update) => Object.keys(update).length > 0,
    "must name at least one of name, mobile, qrCode, avatar, groupQrCode",
  ),
);
export type GuideUpdate = v.InferOutput<typeof GuideUpdateSchema>;

/** `POST /v1/guides/search`: the mobile travels in the body, so that no URL of ours holds one. */
export const GuideSearchSchema = v.strictObject({ storeId: StoreId, mobile: Mobile });
export type GuideSearch = v.InferOutput<typeof GuideSearchSchema>;

const decimal = (max: number, message: string) =>
  v.pipe(v.string(), v.regex(/^(0|[1-9][0-9]{0,8})$/, message), v.transform(Number), v.maxValue(max, message));

/** `GET /v1/guides`; WeChat returns at most 10 a page. */
export const GuideQuerySchema = v.strictObject({
  storeId: StoreId,
  userId: v.exactOptional(userId),
  workId: v.exactOptional(plainText(64)),
  limit: v.optional(v.pipe(decimal(10, "must be 1 to 10"), v.minValue(1, "must be 1 to 10")), "10"),
  offset: v.optional(decimal(999_999_999, "must be a whole number"), "0"),
});
export type GuideQuery = v.InferOutput<typeof GuideQuerySchema>;

/** `GET /v1/assignments` */
export const AssignmentQuerySchema = v.strictObject({
  order: v.exactOptional(v.pipe(v.string(), v.maxLength(64, "is too long"))),
  channel: v.exactOptional(v.picklist(channels, "must be wechat or tmall")),
  status: v.exactOptional(v.picklist(assignmentStatuses, "must be assigned, pending, failed or superseded")),
  limit: v.optional(v.pipe(decimal(100, "must be 1 to 100"), v.minValue(1, "must be 1 to 100")), "20"),
  cursor: v.exactOptional(text(/^[0-9A-Za-z_-]{1,64}$/, "must be the nextCursor of an earlier page")),
});
export type AssignmentQuery = v.InferOutput<typeof AssignmentQuerySchema>;

/** `GET /v1/orders/{order}` */
export const OrderQuerySchema = v.strictObject({
  channel: v.literal("tmall", "must be tmall; WeChat Pay has no query by order"),
  orderKind: v.optional(v.picklist(orderKinds, "must be workcard, outer or fulfil-task"), "workcard"),
});

/** An idempotency key: 1 to 255 characters of printable ASCII. */
export const idempotencyKeyPattern = /^[\x20-\x7e]{1,255}$/;
