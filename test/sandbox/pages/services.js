/** Follows the element's events and keeps, for each order, who serves it. */

/**
 * @typedef {import("./queue.js").Service} Service
 * @typedef {import("./backend.js").Guide} Guide
 * @typedef {HTMLElement & {
 *   guides?: { id: string, name: string }[],
 *   guide?: string | undefined,
 *   guideName?: string | undefined,
 *   fetch?: typeof fetch | undefined,
 *   flush?: () => unknown,
 *   reset?: () => unknown,
 * }} StaffAssign what the till uses of the element, which may not be there yet
 * @typedef {{ order: string, guide?: { id?: string, name?: string, mobile?: string }, assignedAt?: string, createdAt: string }} Assignment
 */

/**
 * @param {StaffAssign} element
 * @param {Map<string, Service>} services
 * @param {() => void} onchange
 */
export function followServices(element, services, onchange) {
  /**
   * @param {string} order
   * @param {Service} service
   */
  const note = (order, service) => {
    // what went wrong with a second guide does not take the order from the first
    const kept = service.kind === "failed" && services.get(order)?.kind === "served";
    if (order && !kept) services.set(order, service);
    onchange();
  };
  element.addEventListener("staff-assign-success", (event) => {
    const { assignment } = /** @type {Event & { assignment: Assignment }} */ (event);
    note(assignment.order, servedBy(assignment));
  });
  element.addEventListener("staff-assign-pending", (event) => {
    const { request } = /** @type {Event & { request: { order: string } }} */ (event);
    note(request.order, { kind: "pending" });
  });
  element.addEventListener("staff-assign-queued", (event) => {
    const { request } = /** @type {Event & { request: { order: string } }} */ (event);
    note(request.order, { kind: "queued" });
  });
  element.addEventListener("staff-assign-error", (event) => {
    const { request, problem } =
      /** @type {Event & { request?: { order: string }, problem?: { current?: Partial<Assignment> } }} */ (event);
    // The cashier may have typed another number, or gone on; nothing was asked for where a member is missing.
    const order = request?.order ?? element.getAttribute("order") ?? "";
    const { guide, ...current } = problem?.current ?? {};
    note(order, guide ? servedBy({ createdAt: "", ...current, order, guide }) : { kind: "failed" });
  });
}

/**
 * @param {Assignment} assignment
 * @returns {Service}
 */
const servedBy = ({ guide, assignedAt, createdAt }) => ({
  kind: "served",
  name: guide?.name ?? guide?.id ?? guide?.mobile ?? "",
  at: assignedAt ?? createdAt,
});

/**
 * After a reload the platforms' book tells who serves an order; a partner's page would ask its own backend.
 *
 * @param {Map<string, Service>} services
 * @param {import("./backend.js").Book} book
 * @param {Guide[]} guides
 */
export function restoreServices(services, book, guides) {
  for (const { order, guide } of book.orders) {
    if (!guide || services.has(order)) continue;
    const name = guides.find(({ id }) => id === guide)?.name ?? guide;
    services.set(order, { kind: "served", name, at: Date.now() });
  }
}
