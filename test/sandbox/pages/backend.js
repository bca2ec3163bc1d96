/** What the till asks its own backend and the sandbox's control interface; all of it on this page's origin. */

/**
 * @typedef {{ name: string, quantity: number, amount: number }} Item amounts in fen, for the whole line
 * @typedef {{
 *   channel: "wechat" | "tmall",
 *   order: string,
 *   orderKind?: "workcard" | "outer" | "fulfil-task",
 *   title: string,
 *   amount: number,
 *   items: Item[],
 *   placedAt: string,
 * }} Order
 * @typedef {{ id: string, name: string, channel: "wechat" | "tmall" }} Guide
 * @typedef {{ channel: string, order: string, sends: number, executions: number, guide: string | null }} BookOrder
 * @typedef {{
 *   seq: number, at: number, channel: string, operation: string, order: string | null,
 *   status: number | null, executed: boolean, answer: string | null, fault: string | null,
 *   body: Record<string, unknown>,
 * }} BookRequest
 * @typedef {{ orders: BookOrder[], requests: BookRequest[] }} Book
 */

/**
 * @param {string} path
 * @param {unknown} [body] makes it a POST
 */
async function call(path, body) {
  const init =
    body === undefined
      ? {}
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, { cache: "no-store", ...init });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.status === 204 ? undefined : answer.json();
}

/**
 * Where the edge is, and which version of the element it serves.
 *
 * @returns {Promise<{ edgeOrigin: string, version: string }>}
 */
export const readConfig = () => call("/demo/config");

/** @returns {Promise<Order[]>} */
export const readOrders = async () => (await call("/demo/orders")).data;

/** A batch of orders with new numbers. @returns {Promise<Order[]>} */
export const renewOrders = async () => (await call("/demo/orders", {})).data;

/**
 * The people of this shop for both channels: guides of its own store, and the workers of the service provider.
 *
 * @returns {Promise<Guide[]>}
 */
export async function readGuides() {
  /** @type {{ storeId: string, guides: { id: string, storeId: string, name: string }[], workers: { id: string, name: string }[] }} */
  const { storeId, guides, workers } = await call("/demo/guides");
  return [
    ...guides
      .filter((guide) => guide.storeId === storeId)
      .map(({ id, name }) => ({ id, name, channel: /** @type {const} */ ("wechat") })),
    ...workers.map(({ id, name }) => ({ id, name, channel: /** @type {const} */ ("tmall") })),
  ];
}

/** @returns {Promise<Book>} */
export const readBook = () => call("/_sandbox/book");

/**
 * Makes the next assignment of a channel fail.
 *
 * @param {"wechat" | "tmall"} channel
 * @param {string} fault
 */
export const queueFault = (channel, fault) =>
  call("/_sandbox/faults", { channel, fault, operation: assigning[channel], times: 1 });

/** The call that a fault waits for, so that a look at an order before it does not take the fault away. */
const assigning = { wechat: "assign", tmall: "tmall.servicecenter.workcard.assignworker" };

export async function clearFaults() {
  const answer = await fetch("/_sandbox/faults", { method: "DELETE" });
  if (!answer.ok) throw new Error(`/_sandbox/faults answered ${answer.status}`);
}

/** Lets the platforms forget everything, queued faults too. */
export const resetSandbox = () => call("/_sandbox/reset", {});
