/** Stand-ins of both platforms for the trust suites: a TOP whose work cards remember their worker, and how to read calls. */
import { formOf, type UpstreamCall } from "../../support/upstream.ts";

export const assignWorker = "tmall.servicecenter.workcard.assignworker";
const cardQueries = ["tmall.servicecenter.workcard.query", "tmall.servicecenter.workcard.desensitization.query"];

/** Order and guide of an assignment as WeChat Pay was sent it. */
export function wechatCall({ path, body }: UpstreamCall): { order: string; guide: string } | undefined {
  const guide = /^\/v3\/smartguide\/guides\/([^/]+)\/assign$/.exec(path)?.[1];
  if (guide === undefined) return undefined;
  return { order: (JSON.parse(body) as { out_trade_no: string }).out_trade_no, guide };
}

/** The method and the work card that TOP was asked about. */
export function topCall(call: UpstreamCall): { method: string; card: string } | undefined {
  const form = formOf(call);
  const method = form?.get("method");
  if (!form || !method) return undefined;
  return { method, card: form.get("workcard_id") ?? form.get("id") ?? "" };
}

/** The provider's part of a card: its store, and who is on it. */
export interface Worker {
  service_store_id?: string;
  worker_id?: string;
  worker_mobile?: string;
  worker_name?: string;
}

/** Cards by their id. Assigning sets the worker; both queries show it. */
export class WorkCards {
  readonly workers = new Map<string, Worker>();
  /** cards that neither query finds */
  readonly absent = new Set<string>();
  readonly #buyer: object;

  /** @param buyer what both queries tell of every card's buyer */
  constructor(buyer: object = {}) {
    this.#buyer = buyer;
  }

  /** @returns what TOP would answer */
  answer(form: URLSearchParams): Response {
    const method = form.get("method") ?? "";
    if (method === assignWorker) return this.#assign(form);
    if (cardQueries.includes(method)) return this.#query(method, form.get("id") ?? "");
    return Response.json({ error_response: { code: 22, msg: "Invalid method", request_id: "r22" } });
  }

  /** As `assignworker` does on the card, without an answer. */
  take(form: URLSearchParams): void {
    const worker_id = form.get("target_worker_id") ?? undefined;
    const worker_mobile = form.get("target_worker_mobile") ?? undefined;
    const worker_name = form.get("target_worker_name") ?? undefined;
    this.workers.set(form.get("workcard_id") ?? "", {
      ...(worker_id !== undefined && { worker_id }),
      ...(worker_mobile !== undefined && { worker_mobile }),
      ...(worker_name !== undefined && { worker_name }),
    });
  }

  #assign(form: URLSearchParams): Response {
    this.take(form);
    return Response.json({
      tmall_servicecenter_workcard_assignworker_response: { result: { success: true }, request_id: "top-assign" },
    });
  }

  #query(method: string, id: string): Response {
    const worker = this.workers.get(id);
    const wrapper = `${method.replaceAll(".", "_")}_response`;
    const card = { id: `#${id}#`, status_code: "3", ...(worker && { service_provider: worker }), buyer: this.#buyer };
    const found = this.absent.has(id) ? [] : [card];
    const result_data = { data_list: { workcard_d_t_o: found }, total_count: found.length };
    const text = JSON.stringify({ [wrapper]: { result: { success: true, result_data }, request_id: "top-query" } });
    // Ids are bare digits, the way the platform sends numbers.
    return new Response(text.replaceAll(/"#(\d+)#"/g, "$1"), { headers: { "Content-Type": "application/json" } });
  }
}
