/** Whether the platforms' hosts can be reached, and whether this machine's clock agrees with theirs. */
import type { Config } from "../../edge/config.ts";
import { error, type Finding, ok, warning } from "./finding.ts";

const timeoutMs = 5_000;
/** APIv3 refuses requests, and we refuse answers, that are more than 300 s off; a Date header is good to a second. */
const refusedAfterMs = 300_000;
const warnAfterMs = 30_000;

export async function examineHosts({ merchants }: Config): Promise<Finding[]> {
  const used = [...merchants.values()].flatMap(({ wechat, tmall }) => [
    ...(wechat?.hosts ?? []),
    ...(tmall ? [new URL(tmall.gateway).origin] : []),
  ]);
  return Promise.all([...new Set(used)].map(examineHost));
}

async function examineHost(origin: string): Promise<Finding> {
  let date: string | null;
  try {
    const response = await fetch(origin, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    date = response.headers.get("date");
  } catch {
    return error(`${origin} cannot be reached from here within ${timeoutMs / 1000} s.`);
  }
  const offMs = date === null ? Number.NaN : Date.now() - Date.parse(date);
  if (Number.isNaN(offMs)) return ok(`${origin} answers; it tells no time.`);
  const seconds = Math.round(Math.abs(offMs) / 1000);
  const sentence = `This machine's clock is ${seconds} s ${offMs > 0 ? "ahead of" : "behind"} ${origin}`;
  if (Math.abs(offMs) > refusedAfterMs) return error(`${sentence}: every request would be refused. Set the clock.`);
  if (Math.abs(offMs) > warnAfterMs) return warning(`${sentence}: run a time service (chrony, systemd-timesyncd).`);
  return ok(`${origin} answers, and the clocks agree.`);
}
