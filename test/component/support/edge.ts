/** A pretended edge, written from the HTTP contract. */
import type { Answer, Call, Edge } from "./page.ts";

export const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });

export const problem = (status: number, code: string, more: object = {}) =>
  new Response(
    JSON.stringify({
      type: `https://edge.test/problems/${code}`,
      title: code,
      status,
      detail: `detail of ${code}`,
      code,
      requestId: "8f3a12c94e01",
      retryable: false,
      advice: { "zh-CN": `网关建议 ${code}。`, en: `The edge advises ${code}.` },
      ...more,
    }),
    { status, headers: { "content-type": "application/problem+json" } },
  );

export const session = (more: object = {}) =>
  json(200, {
    token: "token-1",
    tokenType: "Bearer",
    id: "s1",
    issuedAt: new Date().toISOString(),
    expiresIn: 900,
    scope: "assignments:write guides:read",
    merchant: "demo",
    ...more,
  });

const masked = (guide: { mobile?: string } | undefined) =>
  guide?.mobile ? { ...guide, mobile: guide.mobile.replace(/(\d{3})\d{4}/, "$1****") } : guide;

export const assignment = ({ body }: Call, more: object = {}) => ({
  id: "a1",
  status: "assigned",
  channel: body?.channel,
  order: body?.order,
  guide: masked(body?.guide as { mobile?: string } | undefined),
  createdAt: "2026-11-22T02:00:00Z",
  assignedAt: "2026-11-22T02:00:01Z",
  attempts: 1,
  ...more,
});

/** What a conflict tells of the one who has the order. */
export const held = {
  current: { id: "a0", guide: { id: "g2", name: "王五" }, assignedAt: new Date().toISOString() },
};

export const offline = (): never => {
  throw new TypeError("Failed to fetch");
};

export const never = () => new Promise<Response>(() => {});

/** What it has, asked for by id. */
const known: Edge = (call) =>
  call.url.endsWith("/v1/assignments/a1")
    ? json(200, assignment(call, { order: "1", channel: "wechat" }))
    : json(404, {});

/** Answers sessions, and assignments with what `assign` says. */
export function edge(assign: (call: Call) => Answer = (call) => json(200, assignment(call)), more: Edge = known): Edge {
  return (call) => {
    if (call.url === "/session") return session();
    if (call.url.endsWith("/v1/assignments")) return assign(call);
    return more(call);
  };
}
