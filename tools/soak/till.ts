/** A till: assigns one order after another, and repeats what was not answered until it is, as the element does. */
import { randomInt, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

export interface Intent {
  channel: "wechat" | "tmall";
  order: string;
  guide: string;
  /** what the edge last said: 2xx, a refusal, or nothing that can be relied on */
  answered: "accepted" | "refused" | "nothing";
}

/** A guide and a worker that the sandbox knows. */
const guides = { wechat: "LLA3WJ6DSZUfiaZDS79FH5Wm5m4X69TBic", tmall: "2088000000001" };
/** Longer than the edge makes a page wait. */
const patienceMs = 12_000;
const pauseMs = 150;
/** A till that is told to wait, or finds nobody, comes back after this long, for this long. */
const comeBackMs = 500;
const giveUpMs = 60_000;

export async function runTill(options: {
  till: number;
  /** undefined while the edge is down */
  origin: () => string | undefined;
  headers: Record<string, string>;
  /** epoch milliseconds after which no new order is begun */
  until: number;
  intents: Intent[];
}): Promise<void> {
  const { till, until, intents } = options;
  for (let count = 0; Date.now() < until; count++) {
    const channel = count % 3 === 2 ? "tmall" : "wechat";
    const serial = `${String(till).padStart(2, "0")}${String(count).padStart(5, "0")}`;
    const order = channel === "tmall" ? `7${randomInt(1e9, 9e9)}${serial}` : `SOAK${randomInt(1e9, 9e9)}${serial}`;
    const intent: Intent = { channel, order, guide: guides[channel], answered: "nothing" };
    intents.push(intent);
    await assignUntilAnswered(intent, options);
    await pause(pauseMs);
  }
}

async function assignUntilAnswered(
  intent: Intent,
  { origin, headers }: { origin: () => string | undefined; headers: Record<string, string> },
): Promise<void> {
  const idempotencyKey = randomUUID();
  for (const until = Date.now() + giveUpMs; Date.now() < until; await pause(comeBackMs)) {
    try {
      const response = await fetch(`${origin()}/v1/assignments`, {
        method: "POST",
        headers: { ...headers, "Content-Type": "application/json", "Idempotency-Key": idempotencyKey },
        body: JSON.stringify({ channel: intent.channel, order: intent.order, guide: { id: intent.guide } }),
        signal: AbortSignal.timeout(patienceMs),
      });
      await response.arrayBuffer();
      if (response.ok) {
        intent.answered = "accepted";
        return;
      }
      intent.answered = "refused";
      if (response.status !== 429 && response.status < 500) return;
    } catch {
      // Down, or killed in the middle: the same call again, under the same key.
    }
  }
}
