/**
 * The real Worker in real workerd, for tests: the built bundle, variables of a development environment, and every
 * outbound call answered by the test. Nothing of the edge's code is imported here.
 */
import { fileURLToPath } from "node:url";
import { createTestHarness, type TestHarness } from "wrangler";
import { createDevEnvironment, type DevEnvironment } from "./dev-environment.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where the merchants' hosts and gateway point; nothing listens there, the test answers. */
export const upstreamOrigin = "http://127.0.0.1:8788";
/** The origin that clients of the edge use. */
export const edgeOrigin = "http://127.0.0.1:8787";

export type Upstream = (request: Request) => Promise<Response> | Response;

export interface Edge {
  readonly environment: DevEnvironment;
  readonly harness: TestHarness;
  /** outbound calls since the start or the last `forget` */
  readonly sent: Request[];
  answerWith(upstream: Upstream): void;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  forget(): void;
  close(): Promise<void>;
}

type Variables = Record<string, string | undefined>;

/** @param change last changes to the edge's variables; undefined removes one */
export async function startEdge(change: (environment: DevEnvironment) => Variables = () => ({})): Promise<Edge> {
  const environment = await createDevEnvironment({ edgeOrigin, sandboxOrigin: upstreamOrigin });
  const variables: Variables = { ...environment.edge, ...change(environment) };
  const secrets: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) if (value !== undefined) secrets[name] = value;
  const sent: Request[] = [];
  let upstream: Upstream = () => new Response("this test has no upstream", { status: 599 });
  const realFetch = globalThis.fetch;
  // The harness sends the Worker's outbound calls through this global.
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (!/^http:\/\/(127\.0\.0\.1|localhost):8788\//.test(request.url)) return realFetch(input, init);
    sent.push(request.clone());
    return upstream(request);
  };
  const harness = createTestHarness({
    root,
    workers: [{ configPath: "wrangler.toml", prebuiltWorkerDir: "dist/worker", secrets }],
  });
  await harness.listen();
  return {
    environment,
    harness,
    sent,
    answerWith: (answer) => {
      upstream = answer;
    },
    fetch: (path, init) => harness.fetch(new URL(path, edgeOrigin).href, init as never) as unknown as Promise<Response>,
    forget: () => sent.splice(0),
    close: async () => {
      globalThis.fetch = realFetch;
      await harness.close();
    },
  };
}
