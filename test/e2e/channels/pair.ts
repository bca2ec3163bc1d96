/**
 * The real edge and the real sandbox, each in a workerd of its own, over real HTTP: what one signs the other verifies,
 * and neither shares code with the other. Nothing stands between them, since a go-between would mend what the sandbox
 * breaks: it ends a cut connection cleanly and unpacks bad gzip. Each call can be looked at from both sides: what the
 * edge answered, and what the sandbox's book says has happened.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { unstable_readConfig, unstable_startWorker } from "wrangler";
import { type BookView, type RunningSandbox, startSandbox } from "../../edge/sandbox/sandbox-harness.ts";
import { type Answer, backendHeaders, type Callable, call } from "../../support/calls.ts";
import { createDevEnvironment, type DevEnvironment } from "../../support/dev-environment.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
/** Of the edge as its clients spell it; the port that it listens on does not matter. */
const edgeOrigin = "http://127.0.0.1:8787";
/** Stands for the sandbox's port until that is known. */
const portToCome = "8788";

export interface Pair {
  edge: Callable;
  environment: DevEnvironment;
  sandbox: RunningSandbox;
  /** as the partner's backend, which may do everything that the partner may */
  as: (merchant: string) => Record<string, string>;
  /** what the book holds of one order */
  bookOf: (order: string) => Promise<BookView>;
  /** how many requests the sandbox has had */
  requestsSoFar: () => Promise<number>;
  /** counters and log lines of the edge, oldest first */
  log: readonly LogLine[];
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
  const environment = await createDevEnvironment({ edgeOrigin, sandboxOrigin: `http://127.0.0.1:${portToCome}` });
  const sandbox = await startSandbox(edgeOrigin, environment);
  const variables = Object.fromEntries(
    Object.entries(environment.edge).map(([name, value]) => [
      name,
      value.replaceAll(`:${portToCome}`, `:${sandbox.port}`),
    ]),
  );
  const partner = JSON.parse(variables.PARTNER_POS ?? "{}") as { merchants: Record<string, object> };
  for (const [alias, { of, make }] of Object.entries(variants)) {
    const settings = JSON.parse(variables[`MERCHANT_${of.toUpperCase()}`] ?? "{}") as MerchantVariable;
    variables[`MERCHANT_${alias.toUpperCase()}`] = JSON.stringify(make(settings));
    partner.merchants[alias] = {};
  }
  variables.PARTNER_POS = JSON.stringify(partner);

  const log: LogLine[] = [];
  const worker = await startBuiltEdge(variables, log);
  return {
    edge: {
      fetch: (path, init) =>
        worker.fetch(new URL(path, edgeOrigin).href, init as never) as unknown as Promise<Response>,
    },
    environment,
    sandbox,
    as: (merchant) => backendHeaders(environment.partnerApiKey, { merchant }),
    bookOf: (order) => sandbox.book(order),
    requestsSoFar: async () => (await sandbox.book()).requests[0]?.seq ?? 0,
    log,
    close: async () => {
      await worker.dispose();
      await sandbox.close();
    },
  };
}

function startBuiltEdge(variables: Record<string, string>, log: LogLine[]) {
  const config = unstable_readConfig({ config: `${root}/wrangler.toml` });
  return unstable_startWorker({
    config: {
      ...config,
      main: `${root}/dist/worker/worker.js`,
      base_dir: `${root}/dist/worker`,
      no_bundle: true,
      find_additional_modules: true,
      build: { ...config.build, command: undefined },
    },
    bindings: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, { type: "secret_text" as const, value }]),
    ),
    dev: {
      server: { hostname: "127.0.0.1", port: 0 },
      logLevel: "none",
      watch: false,
      persist: false,
      inspector: false,
      structuredLogsHandler: ({ message }: { message: string }) => log.push(...lineOf(message)),
    },
  });
}

function lineOf(message: string): LogLine[] {
  try {
    return [JSON.parse(message) as LogLine];
  } catch {
    return [];
  }
}

/** The sandbox's two names play the primary and the backup host. */
export const primaryHost = "127.0.0.1";
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

/** What a problem tells a program. */
export type Told = [
  status: number,
  code: string | undefined,
  reason: string | undefined,
  field: string | undefined,
  retryable: boolean | undefined,
];
export const told = ({ status, body }: Answer): Told => [status, body.code, body.reason, body.field, body.retryable];

/** Reads until it is no longer pending; each read is a request of its own, so nothing waits by the clock. */
export async function ended(pair: Pair, headers: Record<string, string>, id: string | undefined): Promise<Answer> {
  for (;;) {
    const answer = await call(pair.edge, "GET", `/v1/assignments/${id}`, headers);
    if (answer.body.status !== "pending") return answer;
  }
}
