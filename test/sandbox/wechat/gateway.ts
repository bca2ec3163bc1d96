/**
 * WeChat Pay as a client meets it: proves the sender, checks headers and fields, carries the call out, signs the answer.
 * Faults strike after all checks have passed, so that a marker never hides a mistake of the client.
 */
import { type Admission, bookOf } from "../book/book.ts";
import type { RequestEntry } from "../book/traffic.ts";
import { randomHex } from "../encoding.ts";
import { type Effect, type Fault, findFault, fixedAnswer } from "../faults/fault.ts";
import { spoilTransport } from "../faults/transport-faults.ts";
import { type SandboxEnv, type SandboxSettings, settingsOf, type WechatMerchant } from "../settings.ts";
import { type Answer, invalidRequest, refusal } from "./answer.ts";
import { signatureHeaders } from "./answer-signature.ts";
import { nonceReplayed, verifyRequest } from "./authorization.ts";
import type { Call } from "./call-parameters.ts";
import { assign, certificates, echo, query, register, update } from "./operations.ts";
import { type KeysInForce, keysInForce, signingKey } from "./platform-keys.ts";
import { wechatFaults } from "./wechat-faults.ts";

interface Route {
  operation: string;
  guideId: string;
  run: (call: Call) => Promise<Answer> | Answer;
  hasBody: boolean;
}

const guidesPath = "/v3/smartguide/guides";

/** @param path exactly as it arrived: an encoded slash or dot segment does not reach another call */
function routeOf(method: string, path: string): Route | undefined {
  const exact = `${method} ${path}`;
  if (exact === `POST ${guidesPath}`) return { operation: "register", guideId: "", run: register, hasBody: true };
  if (exact === `GET ${guidesPath}`) return { operation: "query", guideId: "", run: query, hasBody: false };
  if (exact === "GET /v3/certificates") {
    return { operation: "certificates", guideId: "", run: certificates, hasBody: false };
  }
  if (exact === "POST /v3/security/echo") return { operation: "echo", guideId: "", run: echo, hasBody: true };
  const match = /^\/v3\/smartguide\/guides\/([^/]*)(\/assign)?$/.exec(path);
  if (!match) return undefined;
  const guideId = match[1] ?? "";
  if (method === "POST" && match[2]) return { operation: "assign", guideId, run: assign, hasBody: true };
  if (method === "PATCH" && !match[2]) return { operation: "update", guideId, run: update, hasBody: true };
  return undefined;
}

/** "很可能会拒绝处理无User-Agent的请求": here it does. */
function checkHeaders(headers: Headers, hasBody: boolean): Answer | undefined {
  if (!headers.get("User-Agent")) return refusal(403, "INVALID_REQUEST", "缺少User-Agent");
  if (!/(^|[,\s])application\/json/.test(headers.get("Accept") ?? "")) {
    return invalidRequest("Accept必须包含application/json");
  }
  if (hasBody && !/^application\/json\s*(;\s*charset=utf-8)?$/i.test(headers.get("Content-Type") ?? "")) {
    return invalidRequest("Content-Type必须为application/json");
  }
  return undefined;
}

interface Arrived {
  entry: RequestEntry;
  /** the request's ids that may carry a marker, the order first */
  ids: string[];
  body: Uint8Array;
  target: string;
  query: string;
  route: Route | undefined;
}

const secretMembers = new Set(["name", "mobile", "encrypted_echo_message"]);

function redactedBody(body: Uint8Array): Record<string, unknown> {
  if (body.length === 0) return {};
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body));
    if (typeof parsed !== "object" || parsed === null) return {};
    return Object.fromEntries(
      Object.entries(parsed).map(([name, value]) => [name, secretMembers.has(name) ? "[redacted]" : value]),
    );
  } catch {
    return { unreadable: `${body.length} bytes` };
  }
}

function redactedHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    [...headers].map(([name, value]) => [
      name,
      name === "authorization" ? value.replace(/signature="[^"]*"/, 'signature="[redacted]"') : value,
    ]),
  );
}

async function arrivalOf(request: Request): Promise<Arrived> {
  const url = new URL(request.url);
  const body = new Uint8Array(await request.arrayBuffer());
  const route = routeOf(request.method, url.pathname);
  const members = redactedBody(body);
  const text = (value: unknown) => (typeof value === "string" ? [value] : []);
  const order = text(members.out_trade_no)[0];
  const ids = [
    ...text(order),
    ...text(route?.guideId || undefined),
    ...text(members.userid),
    ...text(url.searchParams.get("userid")),
  ];
  return {
    entry: {
      channel: "wechat",
      host: url.hostname,
      method: request.method,
      path: url.pathname,
      operation: route?.operation ?? "unknown",
      assigns: route?.operation === "assign",
      ...(order !== undefined && { order }),
      headers: redactedHeaders(request.headers),
      body: members,
    },
    ids,
    body,
    // As it arrived: `URL` would drop a question mark that nothing follows.
    target: request.url.slice(url.origin.length),
    query: url.search.slice(1),
    route,
  };
}

const plainHeaders = (answer: Answer, requestId: string): Record<string, string> => ({
  "Content-Type": "application/json; charset=utf-8",
  "Content-Language": "zh-CN",
  "Cache-Control": "no-cache, must-revalidate",
  "Request-ID": `${requestId}-${answer.internalCode}`,
});

const accountOf = (merchant: WechatMerchant, members: Record<string, unknown>, params: URLSearchParams) => {
  const sub = members.sub_mchid ?? params.get("sub_mchid");
  return merchant.role === "partner" && typeof sub === "string" ? `${merchant.mchid}/${sub}` : merchant.mchid;
};

export async function wechatGateway(request: Request, env: SandboxEnv): Promise<Response> {
  const settings = settingsOf(env);
  const book = bookOf(env);
  const requestId = `08${randomHex(16).toUpperCase()}`;
  const arrived = await arrivalOf(request);
  const proof = await verifyRequest(
    {
      method: request.method,
      target: arrived.target,
      body: arrived.body,
      authorization: request.headers.get("Authorization"),
    },
    settings.merchants,
    Date.now(),
  );
  if ("status" in proof) {
    await book.refuse(arrived.entry, { status: proof.status, executed: false, requestId, answer: proof.code ?? "" });
    return bare(proof, requestId);
  }
  const { merchant, authorization } = proof;
  arrived.entry.account = accountOf(merchant, arrived.entry.body, new URLSearchParams(arrived.query));
  const admission = await book.admit(arrived.entry, arrived.ids, {
    mchid: merchant.mchid,
    value: authorization.nonce_str,
  });
  const keys = keysInForce(merchant, admission.platform, settings);
  const serial = request.headers.get("Wechatpay-Serial") ?? undefined;
  const fault = admission.fault === undefined ? undefined : findFault(wechatFaults, admission.fault);
  const genuine = await answerOf(request, arrived, admission, {
    merchant,
    keys,
    book,
    guideId: arrived.route?.guideId ?? "",
    query: arrived.query,
    body: arrived.body,
    serial,
    dry: fault?.stage === "before",
  });
  const accepted = genuine.status < 300;
  const strikes = accepted ? fault : undefined;
  const answer = strikes?.effect.kind === "wechat-error" ? errorOf(strikes.effect) : genuine;
  const executed = accepted && strikes?.stage !== "before";
  const { seq } = admission;
  await book.conclude(seq, { status: answer.status, executed, requestId, ...(answer.code && { answer: answer.code }) });
  return send(answer, strikes, { settings, keys, serial, seq, requestId });
}

async function answerOf(request: Request, arrived: Arrived, admission: Admission, call: Call): Promise<Answer> {
  if (admission.replayed) return nonceReplayed;
  const { route } = arrived;
  if (!route) return refusal(404, "RESOURCE_NOT_EXISTS", "请求的接口不存在");
  const wrong = checkHeaders(request.headers, route.hasBody);
  if (wrong) return wrong;
  if (call.serial !== undefined && !knows(call.keys, call.serial)) {
    return refusal(400, "PARAM_ERROR", "平台证书序列号Wechatpay-Serial错误");
  }
  return route.run(call);
}

const errorOf = ({ status, code, message, internalCode, signed }: Extract<Effect, { kind: "wechat-error" }>): Answer =>
  refusal(status, code, message, { internalCode, signed, ...(status === 401 && { detail: signErrorDetail }) });

const signErrorDetail = {
  detail: { issue: "sign not match" },
  field: "signature",
  location: "authorization",
};

const knows = (keys: KeysInForce, serial: string) =>
  keys.publicKey?.serial === serial ||
  keys.dormant?.serial === serial ||
  keys.certificates.some((key) => key.serial === serial);

const bare = (answer: Answer, requestId: string, headers: Record<string, string> = {}) =>
  new Response(answer.status === 204 ? null : answer.body, {
    status: answer.status,
    headers: { ...plainHeaders(answer, requestId), ...headers },
  });

async function send(
  answer: Answer,
  fault: Fault | undefined,
  to: {
    settings: SandboxSettings;
    keys: KeysInForce;
    serial: string | undefined;
    seq: number;
    requestId: string;
  },
): Promise<Response> {
  const { settings, keys, serial, seq, requestId } = to;
  if (!answer.signed) return bare(answer, requestId);
  const isList = answer.body.includes('"encrypt_certificate"');
  // The list may already be signed by the certificate that it brings.
  const newest = isList ? keys.certificates.at(-1) : undefined;
  const key = newest ?? signingKey(keys, serial, seq);
  const how = fault?.effect.kind === "signature" ? fault.effect.how : undefined;
  const genuine = bare(answer, requestId, await signatureHeaders(key, answer.body, Date.now(), how));
  if (answer.status === 429) genuine.headers.set("Retry-After", "1");
  if (fault?.effect.kind === "transport") return spoilTransport(fault.effect.how, genuine, settings);
  return fault?.effect.kind === "answer" ? fixedAnswer(fault.effect) : genuine;
}
