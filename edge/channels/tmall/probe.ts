/**
 * For operators, before the first order: whether TOP lets this app call what a read-back needs. Asks each query about
 * card 1, which changes nothing. The assignment itself is a write and cannot be tried without an order.
 */
import type { Failure } from "../../problem.ts";
import type { ChannelRuntime } from "../channel.ts";
import type { TopAuthorisation } from "./authorisation.ts";
import { createTopClient } from "./client.ts";
import type { TmallCredentials } from "./credentials.ts";
import { failureOf } from "./errors.ts";
import { fulfilTaskApi, workCardApis } from "./work-card.ts";

/** `failure` tells why not: permission, address, signature, session, or no answer. Absent: the app may call it. */
export interface TmallProbe {
  api: string;
  /** what is lost without it */
  purpose: string;
  failure?: Failure;
  /** the session key itself is not accepted, so that nothing is told about the app */
  sessionIsDead?: boolean;
}

const page = { current_page: "1", page_size: "10" };
const probes = [
  { api: workCardApis.masked, purpose: "reads a card back by worker id", parameters: { id: "1", ...page } },
  { api: workCardApis.full, purpose: "reads a card back by worker mobile", parameters: { id: "1", ...page } },
  { api: fulfilTaskApi, purpose: "finds the cards of a task", parameters: { fulfil_task_id_list: "1", ...page } },
];

const probeTimeoutMs = 5_000;

export async function probeTmall(options: {
  credentials: TmallCredentials;
  authorisation: TopAuthorisation;
  runtime: ChannelRuntime;
}): Promise<TmallProbe[]> {
  const { now } = options.runtime;
  const client = createTopClient(options);
  const results: TmallProbe[] = [];
  for (const { api, purpose, parameters } of probes) {
    const outcome = await client.call(api, parameters, now() + probeTimeoutMs);
    switch (outcome.kind) {
      case "content":
        results.push({ api, purpose });
        break;
      case "fault": {
        const { fault } = outcome;
        const failure = failureOf(fault, now());
        // Refused for the card's sake: the app may call.
        const told = failure.code === "upstream_rejected" ? {} : { failure };
        results.push({ api, purpose, ...told, ...(fault.kind === "session" && { sessionIsDead: fault.dead }) });
        break;
      }
      case "unsent":
      case "unknown":
        results.push({ api, purpose, failure: outcome.failure });
        break;
    }
  }
  return results;
}
