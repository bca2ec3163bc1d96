/** Calls as a partner's backend and page make them. */

/** An edge that takes calls, wherever it runs: in the harness, or in a process of its own. */
export interface Callable {
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export const subMchid = "1900000109";
export const otherSubMchid = "1900000110";
/** An origin of the partner `pos`. */
export const posOrigin = "http://127.0.0.1:8788";

/** For a body that is refused unread: the server ends its connection, and the next call must not be on its way there. */
export const ownConnection = { Connection: "close" };

export interface Tenant {
  merchant?: string;
  subMchid?: string | undefined;
  storeId?: string;
}

/** Headers of a backend that calls with its API key. */
export function backendHeaders(apiKey: string, tenant: Tenant = {}): Record<string, string> {
  const { merchant = "demo", storeId } = tenant;
  const sub = "subMchid" in tenant ? tenant.subMchid : merchant === "demo" ? subMchid : undefined;
  return {
    Authorization: `Bearer ${apiKey}`,
    "Staff-Assign-Merchant": merchant,
    ...(sub !== undefined && { "Staff-Assign-Sub-Mchid": sub }),
    ...(storeId !== undefined && { "Staff-Assign-Store": storeId }),
  };
}

/** Every member that an answer of the edge may have, as the public contract names them. */
export interface Body {
  id?: string;
  status?: string | number;
  channel?: string;
  order?: string;
  guide?: { id?: string; mobile?: string; name?: string };
  createdAt?: string;
  assignedAt?: string;
  attempts?: number;
  replayed?: boolean;
  observed?: boolean;
  upstreamRequestId?: string;
  problem?: Body;
  type?: string;
  title?: string;
  detail?: string;
  code?: string;
  field?: string;
  reason?: string;
  requestId?: string;
  retryable?: boolean;
  retryAfter?: number;
  current?: Body;
  upstream?: { code?: string; message?: string; requestId?: string };
  data?: Body[];
  storeId?: string;
  name?: string;
  userId?: string;
  workId?: string;
  total?: number;
  limit?: number;
  offset?: number;
  orderKind?: string;
  checkedAt?: string;
  nextCursor?: string;
  token?: string;
  tokenType?: string;
  issuedAt?: string;
  expiresIn?: number;
  scope?: string;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Body;
}

export async function call(
  edge: Callable,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Answer> {
  const response = await edge.fetch(path, {
    method,
    headers: { ...headers, ...(body !== undefined && { "Content-Type": "application/json" }) },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : (JSON.parse(text) as Body) };
}

export const assign = (edge: Callable, headers: Record<string, string>, body: unknown): Promise<Answer> =>
  call(edge, "POST", "/v1/assignments", headers, body);

export const wechat = (order: string, guide: string, more: object = {}) => ({
  channel: "wechat",
  order,
  guide: { id: guide },
  ...more,
});

export const tmall = (workCard: string, worker: string, more: object = {}) => ({
  channel: "tmall",
  order: workCard,
  guide: { id: worker },
  ...more,
});

/** Headers of a page that holds a session. */
export async function pageHeaders(
  edge: Callable,
  apiKey: string,
  request: object = {},
): Promise<Record<string, string>> {
  const minted = await call(
    edge,
    "POST",
    "/v1/sessions",
    { Authorization: `Bearer ${apiKey}` },
    {
      merchant: "demo",
      subMchid,
      origin: posOrigin,
      ...request,
    },
  );
  if (minted.status !== 201) throw new Error(`no session: ${JSON.stringify(minted.body)}`);
  return { Authorization: `Bearer ${minted.body.token}`, Origin: posOrigin };
}

let counter = 0;
/** An order number no other test uses. */
export const newOrder = (): string => `T${process.pid}X${Date.now().toString(36)}X${counter++}`;
