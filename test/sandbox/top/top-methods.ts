/** The methods that the sandbox serves, with the parameters that their pages list. */
import { assignWorker } from "./assign-worker.ts";
import { refreshToken } from "./refresh-token.ts";
import { type TopAnswer, topError } from "./top-answer.ts";
import { publicParameters } from "./top-check.ts";
import type { ParameterType, TopMethod } from "./top-method.ts";
import { queryTasks, queryWorkcards } from "./workcard-queries.ts";

const int64Max = 2n ** 63n - 1n;
const isNumber = (value: string) => /^-?(0|[1-9][0-9]{0,18})$/.test(value) && BigInt(value) <= int64Max;

const fits: Record<ParameterType, (value: string) => boolean> = {
  text: () => true,
  number: isNumber,
  numbers: (value) => value.split(",").every(isNumber),
  boolean: (value) => value === "true" || value === "false",
  date: (value) => /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(value),
  json: (value) => {
    try {
      const parsed: unknown = JSON.parse(value);
      return typeof parsed === "object" && parsed !== null;
    } catch {
      return false;
    }
  },
};

/** Stricter than the gateway, which ignores names that it does not know: here a misspelt one is found. */
export function checkArguments(method: TopMethod, parameters: ReadonlyMap<string, string>): TopAnswer | undefined {
  for (const [name, value] of parameters) {
    if (publicParameters.has(name)) continue;
    const type = Object.hasOwn(method.parameters, name) ? method.parameters[name] : undefined;
    if (type === undefined) return topError(41, `Invalid Arguments:${name}`, "isv.invalid-parameter");
    if (value.trim() === "" || !fits[type](value)) {
      return topError(41, `Invalid Arguments:${name}`, "isv.invalid-parameter", `参数${name}类型不正确`);
    }
  }
  const absent = method.required.find((name) => !parameters.has(name));
  return (absent && topError(40, `Missing Required Arguments:${absent}`, "isv.missing-parameter")) || undefined;
}

const workcardQuery = {
  id: "number",
  identify_code: "text",
  biz_order_id: "number",
  service_store_id: "number",
  gmt_create_start: "date",
  gmt_create_end: "date",
  current_page: "number",
  page_size: "number",
  need_workcard_operation: "boolean",
} as const;

export const topMethods: readonly TopMethod[] = [
  {
    name: "tmall.servicecenter.workcard.assignworker",
    needsSession: true,
    parameters: {
      outer_id: "text",
      fulfil_task_id: "number",
      workcard_id: "number",
      target_worker_id: "number",
      target_worker_mobile: "text",
      target_worker_name: "text",
      type: "number",
      service_store_id: "number",
      stop_order_type_check_reason: "number",
      ext_json: "json",
    },
    required: [],
    run: assignWorker,
  },
  {
    name: "tmall.servicecenter.workcard.query",
    needsSession: true,
    parameters: workcardQuery,
    required: [],
    run: queryWorkcards(false),
  },
  {
    name: "tmall.servicecenter.workcard.desensitization.query",
    needsSession: true,
    parameters: workcardQuery,
    required: [],
    run: queryWorkcards(true),
  },
  {
    name: "alibaba.servicecenter.fulfiltask.query",
    needsSession: true,
    parameters: {
      outer_id: "text",
      fulfil_task_id_list: "numbers",
      gmt_create_start: "date",
      gmt_create_end: "date",
      current_page: "number",
      page_size: "number",
    },
    required: [],
    run: queryTasks,
  },
  {
    name: "taobao.top.auth.token.refresh",
    needsSession: false,
    parameters: { refresh_token: "text" },
    required: ["refresh_token"],
    run: refreshToken,
  },
];
