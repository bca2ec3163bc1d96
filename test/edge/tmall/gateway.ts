/** A scripted gateway for the channel's tests: each call takes the next answer, and the forms it was sent are kept. */

import type { AssignmentIntent, AttemptOptions, Channel } from "../../../edge/channels/channel.ts";
import type { TopAuthorisation, TopGrant } from "../../../edge/channels/tmall/authorisation.ts";
import { createTmallChannel } from "../../../edge/channels/tmall/channel.ts";
import { importTmallCredentials } from "../../../edge/channels/tmall/credentials.ts";
import type { TmallSettings } from "../../../edge/channels/tmall/settings.ts";
import type { Telemetry } from "../../../edge/telemetry.ts";

export const assignApi = "tmall.servicecenter.workcard.assignworker";
export const fullApi = "tmall.servicecenter.workcard.query";
export const maskedApi = "tmall.servicecenter.workcard.desensitization.query";
export const taskApi = "alibaba.servicecenter.fulfiltask.query";

export type Answer = Response | Error | ((form: URLSearchParams, init: RequestInit) => Response | Promise<Response>);

/** 2026-11-22 12:00:00 in GMT+8 */
export const noon = Date.UTC(2026, 10, 22, 4);

export const json = (body: unknown, init: ResponseInit = {}) =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), init);
export const wrapped = (api: string, content: Record<string, unknown>) =>
  json({ [`${api.replaceAll(".", "_")}_response`]: { ...content, request_id: "req1" } });
export const business = (result: Record<string, unknown>) => wrapped(assignApi, { result });
export const topError = (code: number, more: Record<string, unknown> = {}, init: ResponseInit = {}) =>
  json({ error_response: { code, msg: "refused", request_id: "req1", ...more } }, init);

export interface CardContent {
  id?: number | string;
  worker?: Record<string, unknown>;
  status?: string;
}
export const cardAnswer = (api: string, { id = "2345678", worker, status = "3" }: CardContent = {}) =>
  json(
    // ids as bare digits, the way the platform sends numbers
    JSON.stringify({
      [`${api.replaceAll(".", "_")}_response`]: {
        result: {
          success: true,
          result_data: {
            data_list: {
              workcard_d_t_o: [
                {
                  id: `#${id}#`,
                  status_code: status,
                  buyer: { buyer_name: "买家", mobile: "13900001111" },
                  ...(worker && { service_provider: worker }),
                },
              ],
            },
            total_count: 1,
          },
        },
        request_id: "req-card",
      },
    }).replaceAll(/"#(\d+)#"/g, "$1"),
  );
export const taskAnswer = (task: { id?: number; outer_id?: string }, cardIds: readonly (number | string)[]) =>
  json(
    JSON.stringify({
      alibaba_servicecenter_fulfiltask_query_response: {
        result: {
          success: "true",
          total_count: 1,
          values: {
            value: [{ ...task, status_code: "20", workcard_id_list: { number: cardIds.map((id) => `#${id}#`) } }],
          },
        },
        request_id: "req-task",
      },
    }).replaceAll(/"#(\d+)#"/g, "$1"),
  );

export interface Harness {
  channel: Channel;
  options: Parameters<typeof createTmallChannel>[0];
  /** what the gateway was sent, in order */
  forms: URLSearchParams[];
  requests: { url: string; init: RequestInit }[];
  counted: string[];
  logged: string[];
  authorisation: TopAuthorisation & { grants: TopGrant; refusals: string[]; replacement?: TopGrant };
  clock: { now: number };
  methods(): (string | null)[];
  assign(intent?: Partial<AssignmentIntent>, attempt?: Partial<AttemptOptions>): ReturnType<Channel["assign"]>;
}

export async function harness(answers: readonly Answer[], settings: Partial<TmallSettings> = {}): Promise<Harness> {
  const credentials = await importTmallCredentials({
    appKey: "12345678",
    appSecret: "helloworld",
    session: "unused: the authorisation gives it",
    gateway: "https://gw.api.taobao.com/router/rest",
    ...settings,
  });
  if (!credentials.ok) throw new Error(credentials.sentence);
  const left = [...answers];
  const forms: URLSearchParams[] = [];
  const requests: Harness["requests"] = [];
  const counted: string[] = [];
  const logged: string[] = [];
  const clock = { now: noon };
  const telemetry: Telemetry = {
    log: (level, event, fields) => void logged.push(JSON.stringify({ level, event, ...fields })),
    count: (counter, labels) => void counted.push(JSON.stringify({ counter, ...labels })),
  };
  const authorisation: Harness["authorisation"] = {
    grants: { session: "session-1", clockOffsetMs: 0, bans: [] },
    refusals: [],
    async grant() {
      return this.grants;
    },
    async refused(session) {
      this.refusals.push(session);
      return this.replacement;
    },
    noteBan(ban) {
      this.grants = { ...this.grants, bans: [...this.grants.bans, ban] };
    },
    noteClock(clockOffsetMs) {
      this.grants = { ...this.grants, clockOffsetMs };
    },
  };
  const send: typeof fetch = async (input, init = {}) => {
    const form = new URLSearchParams(String(init.body));
    forms.push(form);
    requests.push({ url: String(input), init });
    const answer = left.shift();
    if (answer === undefined) throw new Error(`no answer is left for ${form.get("method")}`);
    if (answer instanceof Error) throw answer;
    return typeof answer === "function" ? answer(form, init) : answer;
  };
  const runtime = { fetch: send, now: () => clock.now, random: () => 0.5, telemetry };
  const options = { credentials: credentials.value, authorisation, runtime };
  const channel = createTmallChannel(options);
  return {
    channel,
    options,
    forms,
    requests,
    counted,
    logged,
    authorisation,
    clock,
    methods: () => forms.map((form) => form.get("method")),
    assign: (intent, attempt) =>
      channel.assign(
        { channel: "tmall", order: "2345678", guide: { id: "1234567" }, ...intent },
        { uncertain: false, deadline: clock.now + 8_000, ...attempt },
      ),
  };
}
