/** The bad days of two platforms, one after the other. Each struck call may or may not have been carried out. */

export interface QueuedFault {
  fault: string;
  channel: "wechat" | "tmall";
  host?: string;
  times: number;
}

const times = 6;
const wechat = (fault: string): QueuedFault => ({ fault, channel: "wechat", times });
const tmall = (fault: string): QueuedFault => ({ fault, channel: "tmall", times });

const rounds: readonly (readonly QueuedFault[])[] = [
  [wechat("SLOW"), wechat("RESET_AFTER"), tmall("SLOW"), tmall("RESET_AFTER")],
  [wechat("RESET"), wechat("TRUNCATED"), tmall("REMOTE_TIMEOUT_AFTER"), tmall("REMOTE_TIMEOUT")],
  [wechat("WRONG_SIGNATURE"), wechat("UNSIGNED"), wechat("SIGNTEST"), tmall("TOP_TIMEOUT_AFTER")],
  [wechat("SYSTEM_ERROR_AFTER"), wechat("RATE_LIMIT"), tmall("CALL_LIMITED"), tmall("DYNAMIC_LIMITED")],
  [wechat("HTML_502_AFTER"), wechat("OTHER_BODY"), wechat("STALE"), tmall("HTML_502_AFTER")],
  // One host is down for a whole round: calls move to the other one.
  [{ fault: "RESET", channel: "wechat", host: "127.0.0.1", times: 1000 }, tmall("RESET")],
];

export function* faultsInTurn(): Generator<readonly QueuedFault[], never> {
  for (;;) yield* rounds;
}
