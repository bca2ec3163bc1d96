/** Examples of both channels and of every problem, typed as the contract has them. */

import { adviceOf } from "../../edge/advice.ts";
import type {
  Assignment,
  AssignmentPage,
  AssignmentRequest,
  GuidePage,
  GuideRegistration,
  OrderState,
  Problem,
  SessionAnswer,
  SessionRequest,
} from "../../shared/contract.ts";
import { type ProblemCode, problemCodes } from "../../shared/problem-codes.ts";

export const wechatGuide = "LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic";

export const sessionRequests = {
  page: { merchant: "demo", subMchid: "1900000109", origin: "https://pos.example" },
  backendOfStore: { merchant: "demo", subMchid: "1900000109", storeId: "1234", expiresIn: 300 },
} satisfies Record<string, SessionRequest>;

export const session: SessionAnswer = {
  token: "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
  tokenType: "Bearer",
  id: "demo~1900000109~9b1deb4d3b7d4bad9bdd2b0d",
  issuedAt: "2026-10-01T10:15:30.000Z",
  expiresIn: 900,
  scope: "assignments:write guides:read",
  merchant: "demo",
  subMchid: "1900000109",
};

export const assignmentRequests = {
  wechat: { channel: "wechat", order: "20150806125346", guide: { id: wechatGuide, name: "张三" } },
  wechatReplaces: {
    channel: "wechat",
    order: "20150806125346",
    guide: { id: "LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBid" },
    replaces: "01k6fxm8e87rjw0n3v5t2c9d4hbq6z",
  },
  tmallWorkcard: {
    channel: "tmall",
    order: "2345678",
    guide: { mobile: "13245678901", name: "张师傅" },
    operator: "store",
    storeId: "12345",
    extension: { carNumber: "1234" },
  },
  tmallOuter: { channel: "tmall", orderKind: "outer", order: "SO-2026.17", guide: { id: "1234567" } },
  tmallFulfilTask: { channel: "tmall", orderKind: "fulfil-task", order: "3456789", guide: { id: "1234567" } },
} satisfies Record<string, AssignmentRequest>;

const wechatAssigned: Assignment = {
  id: "01k6fxm8e87rjw0n3v5t2c9d4hbq6z",
  status: "assigned",
  channel: "wechat",
  order: "20150806125346",
  createdAt: "2026-10-01T10:15:31.120Z",
  guide: { id: wechatGuide, name: "张三" },
  assignedAt: "2026-10-01T10:15:31.310Z",
  attempts: 1,
  upstreamRequestId: "08F78BB5AF0610D302189F8AC1",
};

export const assigned = {
  wechat: wechatAssigned,
  tmall: {
    id: "01k6fxn6m42yb8q5k0xw7r3g9e1j4s",
    status: "assigned",
    channel: "tmall",
    order: "2345678",
    orderKind: "workcard",
    createdAt: "2026-10-01T10:16:02.004Z",
    guide: { mobile: "132****8901", name: "张师傅" },
    assignedAt: "2026-10-01T10:16:02.480Z",
    attempts: 1,
  },
} satisfies Record<string, Assignment>;

export const pending: Assignment = {
  id: "01k6fxpz9r5h1c8m6t0v2d7x4w9k3n",
  status: "pending",
  channel: "wechat",
  order: "20150806125347",
  createdAt: "2026-10-01T10:17:00.000Z",
  guide: { id: wechatGuide },
  attempts: 3,
};

export const assignments: AssignmentPage = { data: [assigned.tmall, assigned.wechat], nextCursor: assigned.wechat.id };

export const order: OrderState = {
  order: "2345678",
  orderKind: "workcard",
  status: "3",
  guide: { id: "1234567", mobile: "132****8901", name: "张*" },
  checkedAt: "2026-10-01T10:18:00.000Z",
};

export const guides: GuidePage = {
  data: [{ id: wechatGuide, storeId: "1234", name: "张三", userId: "robert" }],
  total: 1,
  limit: 10,
  offset: 0,
};

export const guideRegistration: GuideRegistration = {
  corpId: "1234567890",
  storeId: "1234",
  userId: "robert",
  name: "张三",
  mobile: "13900000000",
  qrCode: "https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=xxx",
  avatar: "https://wework.qpic.cn/wwpic/avatar/0",
};

const particulars: Partial<Record<ProblemCode, Partial<Problem>>> = {
  invalid_request: { field: "order", detail: "order must be 1 to 32 of the characters 0-9 A-Z a-z _ - | *." },
  already_assigned: {
    detail: "The order has another guide; name it in `replaces` to change it",
    current: wechatAssigned,
  },
  upstream_rejected: {
    field: "order",
    reason: "order_not_found",
    detail: "WeChat Pay did not accept order.",
    upstream: { code: "RESOURCE_NOT_EXISTS", requestId: "08F78BB5AF0610D302189F8AC2" },
  },
  rate_limited: { detail: "Too many calls", retryAfter: 1 },
};

/** One for each code that an operation may answer; a method that is not described is none. */
export const problemExamples: Record<string, { value: Problem }> = Object.fromEntries(
  (Object.keys(problemCodes) as ProblemCode[])
    .filter((code) => code !== "method_not_allowed")
    .map((code) => [code, { value: problemExample(code) }]),
);

function problemExample(code: ProblemCode): Problem {
  const { status, title, retryable } = problemCodes[code];
  return {
    type: `https://edge.example/problems/${code}`,
    title,
    status,
    detail: `${title}.`,
    code,
    requestId: "6b3f2a4e-3a0c-4c38-9f0e-0d5b7f1c2a9e",
    retryable,
    advice: adviceOf[particulars[code]?.reason ?? code],
    ...particulars[code],
  };
}
