/** A server with a collector beside it, for a file of tests: its platform answers, and each test's own two end with it. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before } from "node:test";
import { backendHeaders } from "../../support/calls.ts";
import { createDevEnvironment, type DevEnvironment } from "../../support/dev-environment.ts";
import { accepting, platformKeyOf } from "../../support/platform.ts";
import { startUpstream, type UpstreamServer } from "../../support/upstream.ts";
import { createWorkplace, type Served, serve, type Workplace } from "../served.ts";
import { type Collector, startCollector } from "./collector.ts";

export const guide = "LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic";

export interface Observed {
  environment: DevEnvironment;
  workplace: Workplace;
  /** of the partner's backend */
  headers: Record<string, string>;
  /** Each on a state of its own: a restart takes up again what an earlier one left. */
  newState(): string;
  start(variables: Record<string, string>, stdout?: "pipe" | number): Promise<Served>;
  listen(answer?: number | "silence"): Promise<Collector>;
}

/** @param answerTop what Tmall's platform says to every call @returns filled before the first test */
export function observed(answerTop: () => Response): Observed {
  let upstream: UpstreamServer;
  let running: Served | undefined;
  let collector: Collector | undefined;
  const filled = {} as Observed;
  before(async () => {
    upstream = await startUpstream();
    const origins = { edgeOrigin: "http://127.0.0.1:8787", sandboxOrigin: upstream.origin };
    const environment = await createDevEnvironment(origins);
    const workplace = createWorkplace(environment.edge);
    const accept = accepting(platformKeyOf(environment));
    upstream.answerWith((request) => (request.url.includes("/rest") ? answerTop() : accept(request)));
    const newState = () => mkdtempSync(join(workplace.folder, "state-"));
    Object.assign(filled, {
      environment,
      workplace,
      headers: backendHeaders(environment.partnerApiKey),
      newState,
      start: async (variables: Record<string, string>, stdout: "pipe" | number = "pipe") => {
        running = await serve({ state: newState(), keys: workplace.keys }, { environment: variables, stdout });
        return running;
      },
      listen: async (answer?: number | "silence") => {
        collector = await startCollector(answer);
        return collector;
      },
    } satisfies Observed);
  });
  afterEach(async () => {
    await running?.stop();
    await collector?.close();
    running = undefined;
    collector = undefined;
  });
  after(async () => {
    await upstream.close();
    filled.workplace.remove();
  });
  return filled;
}
