/** The two queries by which an assignment is read back: by work card, and by fulfil task or outer id. */
import type { Workcard } from "../book/workcard-store.ts";
import { readMarker } from "../faults/fault.ts";
import { type TopAnswer, type TopObject, topError } from "./top-answer.ts";
import type { TopCall } from "./top-method.ts";

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

export const queryWorkcards =
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

export async function queryTasks({ app, method, values, book }: TopCall): Promise<TopAnswer> {
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
