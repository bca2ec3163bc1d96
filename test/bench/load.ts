/**
 * The load generator: 16 keep-alive connections, every order a new one, every answer looked at. Closed loop for
 * throughput and CPU; open loop at a fixed rate for latency, counted from when a call was due, so that a stall is not
 * hidden by calls that were never made.
 */
import { randomBytes } from "node:crypto";
import { Agent, type OutgoingHttpHeaders, request } from "node:http";
import { answerParent } from "./answering.ts";
import { assignmentBody } from "./settings.ts";

export interface LoadQuestion {
  url: string;
  headers: Record<string, string>;
  guideId: string;
  count: number;
  /** orders begin with it, so that no two rounds share one */
  orderPrefix: string;
  /** orders lie at random among those of the ledger, so that each call reads and writes another page of its index */
  scattered?: boolean;
  /** calls per second; absent: as fast as the answers come */
  ratePerSecond?: number;
}

export interface LoadAnswer {
  seconds: number;
  /** ascending */
  latenciesMs: number[];
  /** answered 202: assigned later than the edge lets a page wait, on a machine that stalled */
  pending: number;
}

/** How an assignment ended, as the page sees it. */
type Ending = "assigned" | "pending";

const connections = 16;

answerParent<object, LoadQuestion>(async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return (question) => (question.ratePerSecond === undefined ? closedLoop(question, agent) : openLoop(question, agent));
});

async function closedLoop(question: LoadQuestion, agent: Agent): Promise<LoadAnswer> {
  const latenciesMs: number[] = [];
  const endings: Ending[] = [];
  const start = performance.now();
  let sent = 0;
  const connection = async () => {
    while (sent < question.count) {
      const at = performance.now();
      endings.push(await assign(question, sent++, agent));
      latenciesMs.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  return answerOf(start, latenciesMs, endings);
}

async function openLoop(question: LoadQuestion, agent: Agent): Promise<LoadAnswer> {
  const { count, ratePerSecond = 1 } = question;
  const latenciesMs: number[] = [];
  const start = performance.now();
  const calls: Promise<Ending>[] = [];
  for (let index = 0; index < count; index++) {
    const due = start + (index * 1000) / ratePerSecond;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const call = async () => {
      const ending = await assign(question, index, agent);
      latenciesMs.push(performance.now() - due);
      return ending;
    };
    calls.push(call());
  }
  return answerOf(start, latenciesMs, await Promise.all(calls));
}

const answerOf = (start: number, latenciesMs: number[], endings: readonly Ending[]): LoadAnswer => ({
  seconds: (performance.now() - start) / 1000,
  latenciesMs: latenciesMs.sort((a, b) => a - b),
  pending: endings.filter((ending) => ending === "pending").length,
});

function assign(question: LoadQuestion, index: number, agent: Agent): Promise<Ending> {
  const { url, headers, guideId, orderPrefix, scattered } = question;
  const order = `${scattered ? randomBytes(4).toString("hex") : ""}${orderPrefix}${index}`;
  const body = assignmentBody(order, guideId);
  const all: OutgoingHttpHeaders = {
    ...headers,
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    const call = request(url, { method: "POST", agent, headers: all }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200 && text.includes('"assigned"') && text.includes(order)) resolve("assigned");
        else if (response.statusCode === 202) resolve("pending");
        else reject(new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 500)}`));
      });
    });
    call.on("error", reject);
    call.end(body);
  });
}
