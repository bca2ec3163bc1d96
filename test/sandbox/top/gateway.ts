/**
 * TOP as a client meets it: one path for every method, HTTP 200 for every answer, errors in the body. Faults strike
 * after all checks have passed, so that a marker never hides a mistake of the client.
 */
import { bookOf } from "../book/book.ts";
import type { RequestEntry } from "../book/traffic.ts";
import { decodeUtf8, randomHex } from "../encoding.ts";
import { type Effect, type Fault, findFault, fixedAnswer, type TopBodyFault } from "../faults/fault.ts";
import { spoilTransport } from "../faults/transport-faults.ts";
import { type SandboxEnv, settingsOf } from "../settings.ts";
import { assignSomebodyElse } from "./assign-worker.ts";
import { type Rendered, render, type TopAnswer, type TopForm, topError } from "./top-answer.ts";
import { checkEnvelope, checkPublicParameters, type TopRequest } from "./top-check.ts";
import { topFaults } from "./top-faults.ts";
import type { TopCall } from "./top-method.ts";
import { checkArguments, topMethods } from "./top-methods.ts";

const assignMethod = "tmall.servicecenter.workcard.assignworker";

/** Parameters of the query and of a form body, as one list. */
async function readRequest(request: Request): Promise<TopRequest | TopAnswer> {
  if (request.method !== "POST" && request.method !== "GET") return topError(9, "Http Action Not Allowed");
  const pairs: [string, string][] = [];
  const read = (text: string) => {
    for (const pair of text.split("&")) {
      if (pair === "") continue;
      const equals = pair.indexOf("=");
      pairs.push([
        decodeForm(equals < 0 ? pair : pair.slice(0, equals)),
        decodeForm(equals < 0 ? "" : pair.slice(equals + 1)),
      ]);
    }
  };
  try {
    read(new URL(request.url).search.slice(1));
    if (request.method === "POST") {
      const type = request.headers.get("Content-Type") ?? "";
      if (!/^application\/x-www-form-urlencoded\s*(;\s*charset=utf-8)?$/i.test(type)) {
        return topError(47, "Invalid encoding", "isv.invalid-content-type", "请使用application/x-www-form-urlencoded");
      }
      const text = decodeUtf8(new Uint8Array(await request.arrayBuffer()));
      if (text === undefined) return topError(47, "Invalid encoding");
      read(text);
    }
  } catch {
    // Percent-encoding of another charset than UTF-8.
    return topError(47, "Invalid encoding");
  }
  const names = pairs.map(([name]) => name);
  return { parameters: new Map(pairs), repeated: names.find((name, index) => names.indexOf(name) !== index) };
}

const decodeForm = (text: string) => decodeURIComponent(text.replaceAll("+", " "));

const secretParameters = new Set(["sign", "session", "refresh_token", "target_worker_mobile", "target_worker_name"]);

function entryOf(request: Request, parameters: ReadonlyMap<string, string>): RequestEntry {
  const url = new URL(request.url);
  const method = parameters.get("method") ?? "";
  const order =
    parameters.get("workcard_id") ??
    parameters.get("outer_id") ??
    parameters.get("fulfil_task_id") ??
    parameters.get("id") ??
    parameters.get("fulfil_task_id_list");
  return {
    channel: "tmall",
    host: url.hostname,
    method: request.method,
    // What stands in the query stands in other people's logs; here it must not.
    path: url.pathname,
    operation: method || "unknown",
    assigns: method === assignMethod,
    ...(order !== undefined && { order }),
    headers: Object.fromEntries(request.headers),
    body: Object.fromEntries(
      [...parameters].map(([name, value]) => [name, secretParameters.has(name) ? "[redacted]" : value]),
    ),
  };
}

const formOf = (parameters: ReadonlyMap<string, string>): TopForm => ({
  format: parameters.get("format") === "json" ? "json" : "xml",
  simplify: parameters.get("simplify") === "true",
});

function respond({ body, contentType }: Rendered, now: number): Response {
  return new Response(body, {
    headers: { "Content-Type": contentType, Date: new Date(now).toUTCString(), "Application-Host": "11.229.189.136" },
  });
}

const codeOf = (answer: TopAnswer) => {
  if (answer.kind === "error") return String(answer.code);
  const { result } = answer.content;
  return typeof result === "object" && "msg_code" in result ? String(result.msg_code ?? "") : "";
};

export async function topGateway(request: Request, env: SandboxEnv): Promise<Response> {
  const settings = settingsOf(env);
  const book = bookOf(env);
  const requestId = randomHex(6);
  const read = await readRequest(request);
  const parameters = "parameters" in read ? read.parameters : new Map<string, string>();
  const entry = entryOf(request, parameters);
  const form = formOf(parameters);
  const refuse = async (answer: TopAnswer, now: number) => {
    await book.refuse(entry, { status: 200, executed: false, requestId, answer: codeOf(answer) });
    return respond(render(answer, form, requestId), now);
  };
  if (!("parameters" in read)) return refuse(read, Date.now());

  const envelope = checkEnvelope(read, settings.apps);
  if ("kind" in envelope) return refuse(envelope, Date.now());
  const { app } = envelope;
  const method = topMethods.find(({ name }) => name === envelope.method);
  const { authorisation, clockAheadMs } = await book.conditions(app);
  const now = Date.now() + clockAheadMs;
  const wrong =
    checkPublicParameters(read, app, authorisation, now, method?.needsSession ?? true) ??
    (method ? checkArguments(method, parameters) : topError(22, "Invalid Method"));
  if (wrong || !method) return refuse(wrong ?? topError(22, "Invalid Method"), now);

  entry.account = app.appKey;
  const ids = [entry.order, parameters.get("target_worker_id")].filter((id) => id !== undefined);
  const { seq, fault: struck } = await book.admit(entry, ids);
  const fault = struck === undefined ? undefined : findFault(topFaults, struck);
  const dry = fault?.stage === "before";
  const call: TopCall = { app, method: method.name, values: parameters, book, dry, now };
  const genuine = await method.run(call);
  const accepted = succeeded(genuine);
  const strikes = accepted && concerns(fault, method.name) ? fault : undefined;
  if (strikes?.effect.kind === "taken") await assignSomebodyElse(call);
  const answer = (strikes && answerOf(strikes.effect, method.name)) ?? genuine;
  await book.conclude(seq, {
    status: 200,
    executed: accepted && !dry,
    requestId,
    answer: codeOf(answer),
  });
  return spoil(strikes, answer, form, { requestId, now, delays: settings });
}

function succeeded(answer: TopAnswer): boolean {
  if (answer.kind === "error") return false;
  const { result } = answer.content;
  return typeof result !== "object" || !("success" in result) || result.success === true;
}

/** What a dispatch comes to is no answer to a query; everything else may strike any call. */
const concerns = (fault: Fault | undefined, method: string): boolean =>
  method === assignMethod || (fault?.effect.kind !== "top-result" && fault?.effect.kind !== "taken");

function answerOf(effect: Effect, method: string): TopAnswer | undefined {
  switch (effect.kind) {
    case "top-error":
      return topError(effect.code, effect.msg, effect.subCode, effect.subMsg);
    case "top-result": {
      const { success, msgCode, message, displayMsg } = effect;
      const result = {
        display_msg: displayMsg ?? message,
        success: typeof success === "boolean" ? success : String(success),
        msg_code: msgCode,
        msg_info: message,
      };
      return { kind: "result", method, content: { result } };
    }
    default:
      return undefined;
  }
}

async function spoil(
  fault: Fault | undefined,
  answer: TopAnswer,
  form: TopForm,
  to: { requestId: string; now: number; delays: { slowMs: number; hangMs: number } },
): Promise<Response> {
  const { requestId, now, delays } = to;
  const genuine = respond(render(answer, form, requestId), now);
  switch (fault?.effect.kind) {
    case "transport":
      return spoilTransport(fault.effect.how, genuine, delays);
    case "taken":
      return spoilTransport("reset", genuine, delays);
    case "answer":
      return fixedAnswer(fault.effect);
    case "top-body":
      return respond(spoilBody(fault.effect.how, answer, form, requestId), now);
    default:
      return genuine;
  }
}

function spoilBody(how: TopBodyFault, answer: TopAnswer, form: TopForm, requestId: string): Rendered {
  const usual = render(answer, form, requestId);
  switch (how) {
    case "xml":
      return render(answer, { format: "xml", simplify: false }, requestId);
    case "simplified":
      return render(answer, { format: "json", simplify: !form.simplify }, requestId);
    case "control-characters":
      return { ...usual, body: usual.body.replace('"display_msg":""', '"display_msg":"第一行\n第二行\t"') };
    case "trailing-comment":
      return { ...usual, body: `${usual.body}<!--top011229189136.center.et2-->` };
    case "no-result":
      return render(answer.kind === "result" ? { ...answer, content: {} } : answer, form, requestId);
    case "cut":
      return { ...usual, body: usual.body.slice(0, Math.floor(usual.body.length / 2)) };
  }
}
