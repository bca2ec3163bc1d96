/**
 * An edge that lives in the page: a `fetch` for the element's property of that name. It speaks the real contract, so
 * that what is seen here is what a partner will see.
 */

/**
 * @typedef {{ status: number, title: string, retryable: boolean }} CodeFacts
 * @typedef {{ channel: string, order: string, orderKind?: string, guide: { id?: string, name?: string, mobile?: string }, replaces?: string }} AssignmentRequest
 */

/** ms */
const slowAnswer = 5000;
const quickAnswer = 400;
/** seconds; how long the element waits before it asks for the outcome of a pending assignment */
const pendingRetryAfter = 2;

const holder = { id: "a_1Fq7", guide: { id: "01008370080000000004", name: "赵敏" } };
const reasons = { upstream_rejected: "order_not_found", upstream_unauthorized: "product_not_opened" };

/** @returns {Promise<Record<string, unknown>>} what a partner's backend hands on from `POST /v1/sessions` */
export const cannedSession = async () => ({
  token: "playground",
  tokenType: "Bearer",
  id: "s_playground",
  issuedAt: new Date().toISOString(),
  expiresIn: 900,
  scope: "assignments:write guides:read",
  merchant: "playground",
});

/**
 * @param {Record<string, CodeFacts>} codes
 * @param {Record<string, { "zh-CN": string; en: string }>} advice what a cashier is told, by code or reason and language
 * @param {string} origin where the pages of the codes are
 */
export function createCannedEdge(codes, advice, origin) {
  let answer = "assigned";
  let requests = 0;
  /** @type {Record<string, unknown> | undefined} */
  let accepted;

  /**
   * @param {number} status
   * @param {unknown} body
   * @param {Record<string, string>} [headers]
   */
  const json = (status, body, headers) =>
    new Response(JSON.stringify(body), {
      status,
      headers: { "content-type": status < 400 ? "application/json" : "application/problem+json", ...headers },
    });

  /** @param {string} code */
  function problem(code) {
    const { status, title, retryable } = codes[code] ?? { status: 500, title: code, retryable: false };
    const retryAfter = code === "rate_limited" ? 5 : undefined;
    const reason = Object.entries(reasons).find(([name]) => name === code)?.[1];
    const body = {
      type: new URL(`/problems/${code}`, origin).href,
      title,
      status,
      detail: title,
      code,
      requestId: `req_playground_${requests}`,
      retryable,
      advice: advice[reason ?? code],
      ...(retryAfter && { retryAfter }),
      ...(reason && { reason }),
      ...(code === "already_assigned" && {
        current: { ...holder, assignedAt: new Date(Date.now() - 600_000).toISOString() },
      }),
    };
    return json(status, body, retryAfter ? { "retry-after": String(retryAfter) } : {});
  }

  /** @param {AssignmentRequest} request */
  function assign(request) {
    const { replaces, ...kept } = request;
    const now = new Date().toISOString();
    const assignment = { id: `a_${++requests}`, ...kept, createdAt: now, attempts: 1 };
    accepted = { ...assignment, status: "assigned", assignedAt: now };
    if (answer === "pending") {
      return json(202, { ...assignment, status: "pending" }, { "retry-after": String(pendingRetryAfter) });
    }
    if (answer === "portal") {
      return new Response("<html><title>Wi-Fi</title></html>", { headers: { "content-type": "text/html" } });
    }
    // the holder is asked about once: the reassignment that the cashier confirms goes through
    if (answer === "assigned" || answer === "slow" || (answer === "already_assigned" && replaces === holder.id)) {
      return json(200, accepted);
    }
    return problem(answer);
  }

  /**
   * @param {RequestInfo | URL} input
   * @param {RequestInit} [init]
   */
  async function cannedFetch(input, init = {}) {
    if (answer === "offline") throw new TypeError("Failed to fetch");
    await delay(answer === "slow" ? slowAnswer : quickAnswer, init.signal);
    const url = new URL(input instanceof Request ? input.url : input, origin);
    if (init.method === "POST" && url.pathname === "/v1/assignments") return assign(JSON.parse(String(init.body)));
    if (accepted && url.pathname === `/v1/assignments/${accepted.id}`) return json(200, accepted);
    if (url.pathname === "/v1/assignments") return json(200, { data: [] });
    return problem("not_found");
  }

  return {
    fetch: cannedFetch,
    /** @param {string} next `assigned`, `slow`, `pending`, `offline`, `portal` or a problem code */
    answerWith(next) {
      answer = next;
    },
  };
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal | null | undefined} signal
 */
function delay(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("The operation was aborted.", "AbortError"));
    });
  });
}
