/**
 * The real edge and the real sandbox, each in a workerd of its own, talking HTTP: what one signs the other verifies, and
 * neither shares code with the other. Every call can be looked at from both sides: what the edge answered, and what the
 * sandbox's book says has happened.
 */
import assert from "node:assert/strict";
import { type BookView, type RunningSandbox, startSandbox } from "../../edge/sandbox/sandbox-harness.ts";
import { type Answer, backendHeaders, call } from "../../support/calls.ts";
import { type Edge, edgeOrigin, startEdge, upstreamOrigin } from "../../support/edge.ts";

export interface Pair {
  edge: Edge;
  sandbox: RunningSandbox;
  /** as the partner's backend, which may do everything that the partner may */
  as: (merchant: string) => Record<string, string>;
  /** what the book holds of one order */
  bookOf: (order: string) => Promise<BookView>;
  /** counters and log lines of the edge, newest last */
  log: () => LogLine[];
  close: () => Promise<void>;
}

export interface LogLine {
  level: string;
  event: string;
  counter?: string;
  [field: string]: unknown;
}

/** The settings of one merchant, as its variable holds them. */
export interface MerchantVariable {
  wechat?: Record<string, unknown>;
  tmall?: Record<string, unknown>;
}

/**
 * @param variants further merchants of the edge, each made of one that the development environment has: the same
 * account at the platform, configured in another way
 */
export async function startPair(
  variants: Record<string, { of: string; make: (settings: MerchantVariable) => MerchantVariable }> = {},
): Promise<Pair> {
  const edge = await startEdge(({ edge: variables }) => {
    const partner = JSON.parse(variables.PARTNER_POS ?? "{}") as { merchants: Record<string, object> };
    const more: Record<string, string> = {};
    for (const [alias, { of, make }] of Object.entries(variants)) {
      const settings = JSON.parse(variables[`MERCHANT_${of.toUpperCase()}`] ?? "{}") as MerchantVariable;
      more[`MERCHANT_${alias.toUpperCase()}`] = JSON.stringify(make(settings));
      partner.merchants[alias] = {};
    }
    return { ...more, PARTNER_POS: JSON.stringify(partner) };
  });
  const sandbox = await startSandbox(edgeOrigin, edge.environment);
  edge.answerWith(async (request) => {
    // The host name stays, since it tells primary from backup; only the port is the sandbox's.
    const url = new URL(request.url);
    url.port = sandbox.port;
    const hasBody = request.method !== "GET" && request.method !== "HEAD";
    return fetch(url, {
      method: request.method,
      headers: request.headers,
      redirect: "manual",
      signal: request.signal,
      ...(hasBody && { body: await request.arrayBuffer() }),
    });
  });
  return {
    edge,
    sandbox,
    as: (merchant) => backendHeaders(edge.environment.partnerApiKey, { merchant }),
    bookOf: (order) => sandbox.book(order),
    log: () => edge.harness.getLogs().flatMap(({ message }) => lineOf(message)),
    close: async () => {
      await edge.close();
      await sandbox.close();
    },
  };
}

function lineOf(message: string): LogLine[] {
  try {
    return [JSON.parse(message) as LogLine];
  } catch {
    return [];
  }
}

export const upstreamHost = new URL(upstreamOrigin).hostname;
export const backupHost = "localhost";

/** One logical assignment: each send asked for the same, and the book ended with this guide. */
export function assertAssignedOnce(book: BookView, guide: string): void {
  const [order, ...others] = book.orders;
  assert.ok(order, "the platform knows the order");
  assert.deepEqual(others, [], "for one account only");
  assert.equal(order.guide, guide);
  const asked = book.requests.filter(({ operation }) => /assign/.test(operation));
  assert.equal(new Set(asked.map(({ path, body }) => path + JSON.stringify(parametersOf(body)))).size, 1);
}

/** Without what each attempt has of its own. */
function parametersOf({ timestamp: _, sign: __, ...rest }: Record<string, unknown>) {
  return rest;
}

/** Reads until it is no longer pending; each read is a request of its own, so nothing waits by the clock. */
export async function ended(pair: Pair, headers: Record<string, string>, id: string | undefined): Promise<Answer> {
  for (;;) {
    const answer = await call(pair.edge, "GET", `/v1/assignments/${id}`, headers);
    if (answer.body.status !== "pending") return answer;
  }
}
