/** `tmall.servicecenter.workcard.assignworker`: puts a worker on a work card. */
import { type WorkcardReference, workerOf } from "../book/workcard-store.ts";
import type { TopAnswer } from "./top-answer.ts";
import type { TopCall } from "./top-method.ts";

const outcome = (method: string, success: boolean, msgCode: string, message: string): TopAnswer => ({
  kind: "result",
  method,
  content: { result: { display_msg: message, success, msg_code: msgCode, msg_info: message } },
});

/** The only code of a refusal that the method's page names. */
const notFound = (method: string) => outcome(method, false, "1008", "工单不存在");

const referenceOf = (values: TopCall["values"]): WorkcardReference => ({
  workcardId: values.get("workcard_id"),
  outerId: values.get("outer_id"),
  fulfilTaskId: values.get("fulfil_task_id"),
});

export async function assignWorker({ app, method, values, book, dry }: TopCall): Promise<TopAnswer> {
  const reference = referenceOf(values);
  const order = reference.workcardId ?? reference.outerId ?? reference.fulfilTaskId;
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
  const card = await book.openWorkcard(app.appKey, reference);
  if (!card) return notFound(method);
  if (!dry) {
    await book.assignWorker(app.appKey, order, card.workcardId, worker, storeId);
  }
  return outcome(method, true, "", "");
}

/** A fault that puts somebody else on the card, as when a dispatcher was quicker. */
export async function assignSomebodyElse({ app, values, book }: TopCall): Promise<void> {
  const card = await book.openWorkcard(app.appKey, referenceOf(values));
  const other = workerOf({ mobile: "13900139999", name: "抢单师傅" });
  if (card) await book.assignOther(app.appKey, card.workcardId, other);
}
