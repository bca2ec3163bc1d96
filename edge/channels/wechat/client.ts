/**
 * One call to WeChat Pay: sign, send, verify, classify. A transport failure moves a repeatable call to another host
 * within the same deadline, signed anew; every other answer, whatever it is worth, ends the call.
 * Trade-off: a host that answers later than the others' turn comes is asked in vain; what it may have done is a doubt. A call
 * that met silence everywhere may meet a platform that is only slow, so when it is repeated its first host is heard out.
 */
import { Deadlines } from "../../deadlines.ts";
import type { ChannelRuntime } from "../channel.ts";
import { type Answer, classify, type Outcome } from "./answer.ts";
import { internalCodeOf, requestIdOf, retryAfterOf } from "./answer-headers.ts";
import { readSignatureHeaders, SeenSignatures, type SignatureState, verifySignature } from "./answer-signature.ts";
import { authorizationHeader } from "./authorization.ts";
import type { WechatCredentials } from "./credentials.ts";
import { Hosts } from "./hosts.ts";
import type { Operation } from "./refusals.ts";
import { type RawAnswer, send, type TransportFault } from "./sender.ts";

export interface WechatCall {
  operation: Operation;
  method: "GET" | "POST" | "PATCH";
  /** path with query, percent-encoded */
  path: string;
  body?: Uint8Array<ArrayBuffer>;
  /** id of the platform key in force */
  platformSerial?: string;
  /** sending it twice is as good as once: only then may a doubtful send be followed by one to another host */
  repeatable: boolean;
  /** an earlier call with the same parameters may have been executed */
  uncertain?: boolean;
  /** epoch milliseconds */
  deadline: number;
}

/** How an answer's key is found; the body is given for the one answer that brings its own key. */
export type FindKey = (serial: string, deadline: number, body: Uint8Array) => Promise<CryptoKey | undefined>;

/** Headers and body of one exchange. */
const maxExchangeMs = 4_000;
/**
 * As above while another host is left: the platform answers in well under a second, so a host that is silent for longer is
 * most likely dead, and what the ledger gives an attempt must leave the last host the larger part.
 */
const patienceMs = 1_800;
/** A host that got less time than this and was silent is not held to have failed; to ask it anew for less is in vain. */
export const fairWaitMs = 1_000;

/** Calls that are remembered for the silence they met: far more than are under way, and bounded. */
const maxSilentCalls = 1_000;

const noBody = new Uint8Array();
const utf8 = new TextDecoder();

const nameOf = ({ method, path, body }: WechatCall) => `${method} ${path} ${utf8.decode(body)}`;

export class WechatClient {
  readonly #credentials: WechatCredentials;
  readonly #findKey: FindKey;
  readonly #runtime: ChannelRuntime;
  readonly #hosts: Hosts;
  readonly #deadlines: Deadlines;
  readonly #seen = new SeenSignatures();
  /** calls that no host answered in its time when they were last tried */
  readonly #silent = new Set<string>();

  constructor(credentials: WechatCredentials, findKey: FindKey, runtime: ChannelRuntime) {
    this.#credentials = credentials;
    this.#findKey = findKey;
    this.#runtime = runtime;
    this.#hosts = new Hosts(credentials.hosts);
    this.#deadlines = new Deadlines(runtime.now);
  }

  async call(call: WechatCall): Promise<Outcome> {
    if (this.#runtime.now() >= call.deadline) {
      const detail = "There was no time left to call WeChat Pay.";
      return { kind: call.uncertain ? "unknown" : "unsent", failure: { code: "upstream_unavailable", detail } };
    }
    const tried = new Set<string>();
    const hearsOut = this.#silent.size > 0 && this.#silent.delete(nameOf(call));
    let allSilent = true;
    let fault: TransportFault = "timeout";
    while (this.#runtime.now() < call.deadline) {
      const host = this.#hosts.choose(this.#runtime.now(), this.#runtime.random(), tried);
      if (host === undefined) break;
      if (tried.size > 0) this.#runtime.telemetry.count("wechat_failover", { host, operation: call.operation });
      const hasAnother = call.repeatable && tried.size + 1 < this.#credentials.hosts.length;
      const startedAt = this.#runtime.now();
      const exchange = await this.#exchange(call, host, hasAnother && !hearsOut ? patienceMs : maxExchangeMs);
      if (exchange.kind === "answer") {
        this.#hosts.answered(host);
        // What an earlier host may have executed is not undone by what a later one refuses.
        return this.#judge(call, exchange, call.uncertain === true || tried.size > 0);
      }
      fault = exchange.fault;
      allSilent &&= fault === "timeout";
      tried.add(host);
      this.#noteFailure(call, host, fault, this.#runtime.now() - startedAt);
      if (!call.repeatable) break;
    }
    // Heard out in vain, it goes to all of them again: the first may be the only one that is dead.
    if (allSilent && tried.size > 1 && !hearsOut) this.#noteSilence(call);
    const detail = `WeChat Pay gave no whole answer (${fault}); the call may have taken effect.`;
    return { kind: "unknown", failure: { code: "upstream_unavailable", detail } };
  }

  async #exchange(call: WechatCall, host: string, longestMs: number) {
    const startedAt = this.#runtime.now();
    // Parsed once: what is signed is what the parser makes of it, and the same text is fetched.
    const url = new URL(call.path, host);
    return send(
      {
        method: call.method,
        url: url.href,
        body: call.body,
        authorization: await authorizationHeader(
          this.#credentials,
          call.method,
          url.pathname + url.search,
          call.body ?? noBody,
          startedAt,
        ),
        platformSerial: call.platformSerial,
      },
      this.#runtime,
      this.#deadlines,
      Math.min(startedAt + longestMs, call.deadline),
    );
  }

  async #judge(call: WechatCall, raw: RawAnswer, uncertain: boolean): Promise<Outcome> {
    const now = this.#runtime.now();
    const signature = await this.#signatureOf(raw, now, call.deadline);
    const requestId = requestIdOf(raw.headers);
    const retryAfterMs = retryAfterOf(raw.headers, now);
    const answer: Answer = {
      status: raw.status,
      signature,
      body: raw.body,
      ...(requestId !== undefined && { requestId }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
    const outcome = classify(call.operation, answer, uncertain);
    if (outcome.kind !== "ok") this.#noteTrouble(call, answer, outcome);
    return outcome;
  }

  async #signatureOf(raw: RawAnswer, now: number, deadline: number): Promise<SignatureState> {
    const reading = readSignatureHeaders(raw.headers, now);
    if (reading.kind === "unsigned") return "unsigned";
    if (reading.kind === "faulty") return reading.fault;
    const key = await this.#findKey(reading.headers.serial, deadline, raw.body);
    if (!key) return "unknown-key";
    if (!(await verifySignature(key, reading.headers, raw.body))) return "mismatch";
    return this.#seen.add(reading.headers.signature) ? "verified" : "replayed";
  }

  #noteSilence(call: WechatCall): void {
    if (this.#silent.size >= maxSilentCalls) this.#silent.clear();
    this.#silent.add(nameOf(call));
  }

  #noteFailure(call: WechatCall, host: string, fault: TransportFault, waitedMs: number): void {
    const { telemetry, now } = this.#runtime;
    telemetry.count("wechat_transport_failure", { host, fault, operation: call.operation });
    // A call whose time was nearly over when it was sent says nothing about the host.
    if (fault === "timeout" && waitedMs < fairWaitMs) this.#hosts.undecided(host);
    else if (this.#hosts.failed(host, now())) telemetry.log("warn", "wechat_host_passed_over", { host, fault });
  }

  #noteTrouble(call: WechatCall, answer: Answer, outcome: Exclude<Outcome, { kind: "ok" }>): void {
    const { telemetry } = this.#runtime;
    const { mchid } = this.#credentials;
    if (answer.signature !== "verified" && answer.signature !== "unsigned") {
      // Probes are expected, rarely; the others mean a wrong key or somebody on the way.
      telemetry.count("wechat_signature_fault", { mchid, fault: answer.signature });
    }
    const internalCode = internalCodeOf(answer.requestId);
    telemetry.log("warn", "wechat_answer", {
      mchid,
      operation: call.operation,
      status: answer.status,
      signature: answer.signature,
      outcome: outcome.kind,
      code: outcome.failure.upstream?.code,
      reason: outcome.failure.reason,
      upstreamRequestId: answer.requestId,
      internalCode,
    });
  }
}
