/** The methods that the sandbox serves, with the parameters that their pages list. */
import type { bookOf } from "../book/book.ts";
import { type Workcard, workerOf } from "../book/workcard-store.ts";
import { readMarker } from "../faults/fault.ts";
import type { TopApp } from "../settings.ts";
import { type TopAnswer, type TopObject, topError } from "./top-answer.ts";
import { publicParameters } from "./top-check.ts";

type ParameterType = "text" | "number" | "numbers" | "boolean" | "date" | "json";

export interface TopMethod {
  name: string;
  needsSession: boolean;
  parameters: Readonly<Record<string, ParameterType>>;
  required: readonly string[];
  run: (call: TopCall) => Promise<TopAnswer>;
}

export interface TopCall {
  app: TopApp;
  method: string;
  values: ReadonlyMap<string, string>;
  book: ReturnType<typeof bookOf>;
  /** a fault strikes before the call is carried out: everything is checked, nothing is done */
  dry: boolean;
  /** epoch milliseconds on TOP's clock */
  now: number;
}

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
    const type = method.parameters[name];
    if (type === undefined) return topError(41, `Invalid Arguments:${name}`, "isv.invalid-parameter");
    if (value.trim() === "" || !fits[type](value)) {
      return topError(41, `Invalid Arguments:${name}`, "isv.invalid-parameter", `参数${name}类型不正确`);
    }
  }
  const absent = method.required.find((name) => !parameters.has(name));
  return (absent && topError(40, `Missing Required Arguments:${absent}`, "isv.missing-parameter")) || undefined;
}

const outcome = (method: string, success: boolean, msgCode: string, message: string): TopAnswer => ({
  kind: "result",
  method,
  content: { result: { display_msg: message, success, msg_code: msgCode, msg_info: message } },
});

/** The only code of a refusal that the method's page names. */
const notFound = (method: string) => outcome(method, false, "1008", "工单不存在");

async function assignWorker({ app, method, values, book, dry }: TopCall): Promise<TopAnswer> {
  const workcardId = values.get("workcard_id");
  const outerId = values.get("outer_id");
  const fulfilTaskId = values.get("fulfil_task_id");
  const order = workcardId ?? outerId ?? fulfilTaskId;
  if (order === undefined) return notFound(method);
  const worker = {
    workerId: values.get("target_worker_id"),
    mobile: values.get("target_worker_mobile"),
    name: values.get("target_worker_name"),
  };
  if (worker.workerId === undefined && worker.mobile === undefined) {
    return outcome(method, false, "10006", "工人不存在");
  }
  const type = values.get("type") ?? "2";
  const storeId = values.get("service_store_id");
  if (type !== "2" && type !== "3") return outcome(method, false, "100001", "操作人类型不正确");
  if (type === "3" && storeId === undefined) return outcome(method, false, "10010", "网点不存在");
  const reason = values.get("stop_order_type_check_reason");
  if (reason !== undefined && reason !== "12") return outcome(method, false, "100001", "不检查订单类型的原因不正确");
  const card = await book.openWorkcard(app.appKey, {
    ...(workcardId !== undefined && { workcardId }),
    ...(outerId !== undefined && { outerId }),
    ...(fulfilTaskId !== undefined && { fulfilTaskId }),
  });
  if (!card) return notFound(method);
  if (!dry) {
    await book.assignWorker(app.appKey, order, card.workcardId, withoutAbsent(worker), storeId);
  }
  return outcome(method, true, "", "");
}

const withoutAbsent = (worker: {
  workerId: string | undefined;
  mobile: string | undefined;
  name: string | undefined;
}) => ({
  ...(worker.workerId !== undefined && { workerId: worker.workerId }),
  ...(worker.mobile !== undefined && { mobile: worker.mobile }),
  ...(worker.name !== undefined && { name: worker.name }),
});

const mask = {
  mobile: (text: string) => `${text.slice(0, 3)}****${text.slice(-4)}`,
  name: (text: string) => `${text.slice(0, 1)}*`,
  none: (text: string) => text,
};

/** The worker and the store of a card; buyers' data, which the real answer carries too, is invented. */
function cardView(card: Workcard, masked: boolean, tpNick: string): TopObject {
  const hide = masked ? mask : { mobile: mask.none, name: mask.none };
  const { worker } = card;
  return {
    id: BigInt(card.workcardId),
    status_code: Number(card.statusCode),
    gmt_create: 1_550_669_060_000,
    buyer: { buyer_name: hide.name("买家"), buyer_mobile: hide.mobile("13700137000"), buyer_address: "杭州市余杭区" },
    service_provider: {
      tp_id: 2_200_000_000_000,
      tp_nick: tpNick,
      ...(card.serviceStoreId !== undefined && {
        service_store_id: BigInt(card.serviceStoreId),
        service_store_code: `S${card.serviceStoreId}`,
        service_store_name: "演示网点",
      }),
      ...(worker && {
        worker_id: BigInt(worker.workerId),
        worker_name: hide.name(worker.name),
        worker_mobile: hide.mobile(worker.mobile),
      }),
    },
  };
}

/** Ids that mean "no such card" wherever they are looked up. */
const isAbsent = (id: string) => ["CARD_NOT_FOUND", "201"].includes(readMarker(id)?.fault ?? "");

const queryWorkcards =
  (masked: boolean) =>
  async ({ app, method, values, book }: TopCall): Promise<TopAnswer> => {
    const id = values.get("id");
    const page = Number(values.get("current_page") ?? 1);
    const size = Number(values.get("page_size") ?? 20);
    // Looked for by anything but its id, a card is not found here: the sandbox keeps no buyers and no codes.
    const card = id === undefined || isAbsent(id) ? undefined : await book.openWorkcard(app.appKey, { workcardId: id });
    const items = card && page === 1 ? [cardView(card, masked, app.userNick)] : [];
    return {
      kind: "result",
      method,
      content: {
        result: {
          success: true,
          msg_code: "",
          msg_info: "",
          result_data: {
            data_list: { itemType: "workcard_d_t_o", items },
            total_count: card ? 1 : 0,
            total_page_count: card ? 1 : 0,
            page_size: size,
            current_page: page,
          },
        },
      },
    };
  };

function taskView(card: Workcard, tpNick: string): TopObject {
  const { worker } = card;
  return {
    id: BigInt(card.fulfilTaskId ?? "0"),
    outer_id: card.outerId,
    status_code: Number(card.statusCode),
    workcard_id_list: { itemType: "number", items: [BigInt(card.workcardId)] },
    // No worker id here: that is why the work card has to be read.
    service_provider: { tp_nick: tpNick, ...(worker && { worker_name: worker.name, worker_mobile: worker.mobile }) },
    buyer: { name: "买家", mobile: "13700137000" },
  };
}

const largestTaskPage = 50;

async function queryTasks({ app, method, values, book }: TopCall): Promise<TopAnswer> {
  const outerId = values.get("outer_id");
  const ids = values.get("fulfil_task_id_list")?.split(",") ?? [];
  if (Number(values.get("page_size") ?? 20) > largestTaskPage || ids.length > 999) {
    return topError(41, "Invalid Arguments:page_size", "isv.invalid-parameter");
  }
  const references = outerId !== undefined ? [{ outerId }] : ids.map((fulfilTaskId) => ({ fulfilTaskId }));
  const items: TopObject[] = [];
  for (const reference of references) {
    if (isAbsent(Object.values(reference)[0] ?? "")) continue;
    const card = await book.openWorkcard(app.appKey, reference);
    if (card) items.push(taskView(card, app.userNick));
  }
  return {
    kind: "result",
    method,
    content: {
      result: {
        success: true,
        error_code: "",
        error_msg: "",
        total_count: items.length,
        values: { itemType: "fulfil_task_dto", items },
      },
    },
  };
}

async function refreshToken({ app, method, values, book, now }: TopCall): Promise<TopAnswer> {
  const given = values.get("refresh_token") ?? "";
  const fresh = app.refreshable ? await book.refreshSession(app, given) : undefined;
  if (!fresh) {
    const why = app.refreshable ? "refresh_token is invalid" : "re_expires_in is 0";
    return topError(15, "Remote service error", "isv.invalid-parameter:refresh_token", why);
  }
  const seconds = Math.round((fresh.expiresAt - now) / 1000);
  const token = {
    access_token: fresh.session,
    token_type: "Bearer",
    expires_in: seconds,
    refresh_token: fresh.refreshToken,
    re_expires_in: seconds,
    r1_expires_in: seconds,
    r2_expires_in: seconds,
    w1_expires_in: seconds,
    w2_expires_in: 1800,
    taobao_user_id: "2200000000000",
    taobao_user_nick: encodeURIComponent(app.userNick),
  };
  return { kind: "result", method, content: { token_result: JSON.stringify(token) } };
}

/** A fault that puts somebody else on the card, as when a dispatcher was quicker. */
export async function assignSomebodyElse({ app, values, book }: TopCall): Promise<void> {
  const workcardId = values.get("workcard_id");
  const outerId = values.get("outer_id");
  const fulfilTaskId = values.get("fulfil_task_id");
  const card = await book.openWorkcard(app.appKey, {
    ...(workcardId !== undefined && { workcardId }),
    ...(outerId !== undefined && { outerId }),
    ...(fulfilTaskId !== undefined && { fulfilTaskId }),
  });
  const other = workerOf({ mobile: "13900139999", name: "抢单师傅" });
  if (card) await book.assignOther(app.appKey, card.workcardId, other);
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
