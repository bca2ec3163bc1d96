/**
 * One call of TOP: sign, send, read, classify. Sends once, and once more only where the first was certainly refused for
 * a cause that is now put right: a wrong clock (corrected by the platform's Date) or a session that was swapped or, while
 * the call waited, refreshed.
 * Trade-off: the transport's errors are not told apart, since the runtime does so only in prose; all mean "unknown".
 */
import { Deadlines } from "../../deadlines.ts";
import type { Failure } from "../../problem.ts";
import { readCapped } from "../../read-capped.ts";
import type { ChannelRuntime } from "../channel.ts";
import { type Members, presentable, readAnswer, type TopError } from "./answer.ts";
import type { TopAuthorisation, TopGrant } from "./authorisation.ts";
import type { TmallCredentials } from "./credentials.ts";
import { classify, type TopBan, type TopFault } from "./errors.ts";
import { type BusinessParameters, signedForm } from "./request.ts";

/** `unsent`: it never left. `unknown`: sent, and no answer that can be read and trusted. */
export type TopOutcome =
  | { kind: "content"; content: Members; requestId: string | undefined }
  | { kind: "fault"; fault: TopFault }
  | { kind: "unsent" | "unknown"; failure: Failure };

export interface TopClient {
  /** @param deadline epoch milliseconds */
  call(api: string, business: BusinessParameters, deadline: number): Promise<TopOutcome>;
}

/** Headers and body together: half of what a page waits for, so that a read-back still fits behind a stalled send. */
const callTimeoutMs = 4_000;
/** An answer about one card is a few kilobytes; what is larger is not one. */
const maxAnswerBytes = 256 * 1024;

type Asked<T> = { ok: true; value: T } | { ok: false };

interface Exchange {
  outcome: TopOutcome;
  /** the platform's clock minus ours, where the answer has a Date */
  clockOffsetMs?: number;
}

export function createTopClient(options: {
  credentials: TmallCredentials;
  authorisation: TopAuthorisation;
  runtime: Pick<ChannelRuntime, "fetch" | "now" | "telemetry">;
}): TopClient {
  const { credentials, authorisation, runtime } = options;
  const { telemetry } = runtime;
  const deadlines = new Deadlines(runtime.now);

  async function call(api: string, business: BusinessParameters, deadline: number): Promise<TopOutcome> {
    const outcome = await callOnce(api, business, deadline);
    if (outcome.kind === "fault" && outcome.fault.kind === "session") {
      telemetry.log("error", "top_reauthorise", { api, code: outcome.fault.failure.upstream?.code });
    }
    return outcome;
  }

  async function callOnce(api: string, business: BusinessParameters, deadline: number): Promise<TopOutcome> {
    const grant = await inTime(authorisation.grant(), deadline);
    if (!grant.ok) {
      telemetry.count("top_grant_unavailable");
      return { kind: "unsent", failure: unavailable("The session key could not be read; nothing was sent") };
    }
    const first = await exchange(api, business, grant.value, deadline);
    if (first.outcome.kind !== "fault") return first.outcome;
    const { fault } = first.outcome;
    // Without a Date, the one thing to mend is a correction of earlier that the machine no longer needs.
    const clockOffsetMs = first.clockOffsetMs ?? (grant.value.clockOffsetMs === 0 ? undefined : 0);
    if (fault.kind === "clock" && clockOffsetMs !== undefined) {
      telemetry.log("warn", "top_clock_corrected", { offsetSeconds: Math.round(clockOffsetMs / 1000) });
      authorisation.noteClock(clockOffsetMs);
      return (await exchange(api, business, { ...grant.value, clockOffsetMs }, deadline)).outcome;
    }
    if (fault.kind === "session" && fault.dead) {
      const other = await inTime(authorisation.refused(grant.value.session), deadline);
      // A refresh under way, or an object that fails, is the next attempt's: what a dead session sent was not executed.
      if (!other.ok) return { kind: "unsent", failure: fault.failure };
      if (other.value) return (await exchange(api, business, other.value, deadline)).outcome;
    }
    return first.outcome;
  }

  /** The authorisation is another object's, which may fail or stall. */
  function inTime<T>(asked: Promise<T>, deadline: number): Promise<Asked<T>> {
    const answered = asked.then<Asked<T>, Asked<T>>(
      (value) => ({ ok: true, value }),
      () => ({ ok: false }),
    );
    return deadlines.bound(answered, deadline, () => ({ ok: false }));
  }

  async function exchange(
    api: string,
    business: BusinessParameters,
    grant: TopGrant,
    deadline: number,
  ): Promise<Exchange> {
    const startedAt = runtime.now();
    const ban = standingBan(grant.bans, api, startedAt);
    if (ban) return { outcome: { kind: "fault", fault: { kind: "banned", ban } } };
    const until = Math.min(startedAt + callTimeoutMs, deadline);
    if (until <= startedAt) {
      return { outcome: { kind: "unsent", failure: unavailable("No time was left to send") } };
    }
    const form = await signedForm(credentials, api, business, grant.session, startedAt + grant.clockOffsetMs);
    const abort = new AbortController();
    // A body that stalls ignores the signal in some runtimes; the bound ends the wait in all of them.
    const answer = await deadlines.bound<PostResult>(
      post(runtime.fetch, credentials.gateway, form, abort.signal),
      until,
      () => {
        abort.abort();
        return { kind: "timeout" };
      },
    );
    if (answer.kind !== "answered") {
      telemetry.count("top_unanswered", { api, cause: answer.kind });
      return { outcome: { kind: "unknown", failure: unanswered[answer.kind] } };
    }
    const now = runtime.now();
    const clock = Number.isNaN(answer.dateMs) ? {} : { clockOffsetMs: answer.dateMs - now };
    const read = readAnswer(answer.body, api);
    switch (read.kind) {
      case "error": {
        reportAddress(read.error);
        const secrets = [grant.session, business.refresh_token];
        const message = presentable(withhold(read.error.message, secrets).replace(ipAddress, "[address]"));
        const fault = classify({ ...read.error, message }, api, now);
        if (fault.kind === "banned") authorisation.noteBan(fault.ban);
        report(api, fault, read.error.code);
        return { outcome: { kind: "fault", fault }, ...clock };
      }
      case "content":
        if (answer.status === 200) return { outcome: { ...read }, ...clock };
        break;
      case "unreadable":
        telemetry.count("top_unreadable", { api, cause: read.cause });
        break;
    }
    return { outcome: { kind: "unknown", failure: untrusted(answer.status) }, ...clock };
  }

  function report(api: string, fault: TopFault, code: number | undefined): void {
    telemetry.count("top_fault", { api, fault: fault.kind, code });
    if (fault.kind === "banned") {
      telemetry.log("warn", "top_banned", { api: fault.ban.api, until: new Date(fault.ban.untilMs).toISOString() });
    }
  }

  /** What the operator must put on the app's list of addresses; no page needs to know it. */
  function reportAddress({ subCode = "", message }: TopError): void {
    if (!subCode.startsWith("isv.permission-ip-whitelist")) return;
    const [egress] = message.match(ipAddress)?.slice(-1) ?? [];
    telemetry.log("error", "top_address_refused", { egress });
  }

  return { call };
}

/** The ban that stands longest for a call: one of the whole app, or one of this API. */
function standingBan(bans: readonly TopBan[], api: string, now: number): TopBan | undefined {
  let longest: TopBan | undefined;
  for (const ban of bans) {
    if (ban.untilMs <= now || (ban.api !== "*" && ban.api !== api)) continue;
    if (!longest || ban.untilMs > longest.untilMs) longest = ban;
  }
  return longest;
}

type PostResult =
  | { kind: "answered"; status: number; dateMs: number; body: Uint8Array }
  | { kind: "timeout" | "transport" | "too_large" };

async function post(send: typeof fetch, url: string, form: string, signal: AbortSignal): Promise<PostResult> {
  try {
    const response = await send(url, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded;charset=UTF-8",
        accept: "application/json",
        "user-agent": "staff-assign",
      },
      body: form,
      // A redirect would carry session and signature to whatever address an answer names.
      redirect: "manual",
      signal,
    });
    const body = await readCapped(response.body, maxAnswerBytes);
    if (!body) return { kind: "too_large" };
    return { kind: "answered", status: response.status, dateMs: Date.parse(response.headers.get("date") ?? ""), body };
  } catch {
    return { kind: "transport" };
  }
}

const unavailable = (detail: string): Failure => ({ code: "upstream_unavailable", detail, reason: "platform_busy" });

const unanswered = {
  timeout: unavailable("Tmall did not answer in time"),
  transport: unavailable("The connection to Tmall failed"),
  too_large: { code: "upstream_unverified", detail: "Tmall's answer was too large to be one" },
} as const satisfies Record<string, Failure>;

const untrusted = (status: number): Failure =>
  status >= 500
    ? unavailable(`Tmall answered HTTP ${status}`)
    : { code: "upstream_unverified", detail: `Tmall's answer (HTTP ${status}) could not be read` };

const ipAddress = /\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-f]{1,4}(?::{1,2}[0-9a-f]{1,4}){2,7}\b/gi;

const withhold = (message: string, secrets: readonly (string | undefined)[]): string =>
  secrets.reduce<string>((text, secret) => (secret ? text.replaceAll(secret, "[withheld]") : text), message);
