/** Runs the sandbox in real workerd on a port of its own, with fresh keys, for the tests of this folder. */
import { createTestHarness } from "wrangler";
import { createDevEnvironment, type DevEnvironment } from "../../support/dev-environment.ts";

export interface RunningSandbox {
  origin: string;
  port: string;
  environment: DevEnvironment;
  control: (path: string, body?: unknown, method?: string) => Promise<Response>;
  book: (order?: string) => Promise<BookView>;
  close: () => Promise<void>;
}

export interface BookView {
  orders: {
    channel: string;
    account: string;
    order: string;
    sends: number;
    executions: number;
    guide: string | null;
  }[];
  requests: {
    seq: number;
    operation: string;
    host: string;
    path: string;
    account: string;
    headers: Record<string, string>;
    body: Record<string, unknown>;
    fault: string | null;
    status: number | null;
    executed: boolean;
    answer: string | null;
  }[];
}

/**
 * The sandbox must know its own port only for the page's origin, so keys can be made before it listens.
 *
 * @param made the environment of an edge that is to call it; without one, keys of its own are made
 */
export async function startSandbox(
  edgeOrigin = "http://127.0.0.1:8787",
  made?: DevEnvironment,
): Promise<RunningSandbox> {
  const environment = made ?? (await createDevEnvironment({ edgeOrigin, sandboxOrigin: "http://127.0.0.1:8788" }));
  const server = createTestHarness({
    workers: [
      {
        configPath: new URL("../../sandbox/wrangler.toml", import.meta.url),
        // Long waits are for people; a test only needs to see that they happen.
        secrets: { ...environment.sandbox, SLOW_MS: "20", HANG_MS: "20" },
      },
    ],
  });
  const { url } = await server.listen();
  const { origin, port } = url;
  return {
    origin,
    port,
    environment,
    control: (path, body, method = "POST") =>
      fetch(`${origin}/_sandbox${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
      }),
    book: async (order) => {
      const answer = await fetch(`${origin}/_sandbox/book${order === undefined ? "" : `?order=${order}`}`);
      return (await answer.json()) as BookView;
    },
    close: () => server.close(),
  };
}
