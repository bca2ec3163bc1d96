/**
 * `npm run startup [-- --rounds N] [--slowdown N] [--json FILE]`: what the built element costs a page before a cashier can
 * use it, in Chromium with its processor slowed down as DevTools does it (6 times: a cheap Android till), and beside it what the
 * same words cost in plain HTML. Each round has a browser profile of its own, so that neither file nor compiled code is
 * cached. DevTools counts the time for which another program had the processor as work and slows it down too: measure on a machine
 * that does nothing else.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import puppeteer, { type Browser } from "puppeteer-core";
import { browserFlags, browserPath } from "../../tools/browser.ts";
import {
  type Figures,
  longTaskMs,
  type Round,
  roundOf,
  type Startup,
  startupReport,
  type TraceEvent,
} from "./startup-figures.ts";
import { spreadOf } from "./statistics.ts";

const root = new URL("../../", import.meta.url);

const page = (content: string) => `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>till</title>
<script>document.addEventListener("staff-assign-ready", () => performance.mark("staff-assign-ready"))</script>
${content}
<script src="/staff-assign.js"></script>`;

/** The words that the element shows at its start, at the same sizes and in the same fonts. */
const words = page(`<style>
  body, input, button { font: 16px/24px system-ui, sans-serif }
  label, p { display: block; font-size: 14px }
</style>
<label for="order">订单号 42 0000 2015 0806 1253 <b>4600</b></label><input id="order" value="4200002015080612534600">
<label for="guide">服务人员</label><input id="guide" placeholder="选择服务人员或输入编号">
<p>选择服务人员或输入编号</p><button>分配</button>`);

/** @throws Error when there is no browser */
export async function measureStartup({ rounds, slowdown }: { rounds: number; slowdown: number }): Promise<Startup> {
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string };
  const built = readFileSync(new URL(`dist/assets/v${version}/staff-assign.js`, root), "utf8");
  const element = await serve(
    page(
      `<staff-assign endpoint="/edge" session-url="/session" order="4200002015080612534600" guides='[{"id":"g1","name":"张三"}]'></staff-assign>`,
    ),
    built,
  );
  const floor = await serve(words, 'customElements.define("staff-assign", class extends HTMLElement {})');
  const browser = await puppeteer.launch({ executablePath: browserPath(), args: browserFlags });
  try {
    // the first page of a browser is slower than any other
    await measureRound(browser, element.origin, slowdown);
    const ours: Round[] = [];
    const plain: Round[] = [];
    const ready: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { readyMs, ...figures } = await measureRound(browser, element.origin, slowdown);
      if (readyMs === undefined) throw new Error("the element never became ready");
      ours.push(figures);
      ready.push(readyMs);
      plain.push(await measureRound(browser, floor.origin, slowdown));
    }
    return { rounds, slowdown, element: figuresOf(ours), floor: figuresOf(plain), readyMs: spreadOf(ready) };
  } finally {
    await browser.close();
    element.close();
    floor.close();
  }
}

const figuresOf = (rounds: readonly Round[]): Figures => ({
  scriptMs: spreadOf(rounds.map(({ scriptMs }) => scriptMs)),
  frameMs: spreadOf(rounds.map(({ frameMs }) => frameMs)),
  longestTaskMs: spreadOf(rounds.map(({ longestTaskMs }) => longestTaskMs)),
  roundsWithLongTask: rounds.filter((round) => round.longestTaskMs > longTaskMs).length,
});

/** A till with this page and this script, on loopback. */
async function serve(html: string, script: string): Promise<{ origin: string; close: () => void }> {
  const files = new Map([
    ["/", ["text/html", html]],
    ["/blank", ["text/html", "<!doctype html>"]],
    ["/staff-assign.js", ["text/javascript", script]],
  ]);
  const server = createServer(({ url }, response) => {
    const [type, body] = files.get(url ?? "") ?? [];
    if (type === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": `${type}; charset=utf-8` }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function measureRound(
  browser: Browser,
  origin: string,
  slowdown: number,
): Promise<Round & { readyMs: number | undefined }> {
  const context = await browser.createBrowserContext();
  const till = await context.newPage();
  // the slowdown is of a process, and a page's first address may bring a new one
  await till.goto(`${origin}/blank`);
  await till.emulateCPUThrottling(slowdown);
  await till.tracing.start({
    categories: ["devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing"],
  });
  const address = `${origin}/`;
  await till.goto(address, { waitUntil: "load" });
  // two frames: what the first rendering leaves to do is done
  await till.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const readyMs = await till.evaluate(() => performance.getEntriesByName("staff-assign-ready")[0]?.startTime);
  const trace = await till.tracing.stop();
  await context.close();
  const { traceEvents } = JSON.parse(new TextDecoder().decode(trace)) as { traceEvents: TraceEvent[] };
  return { ...roundOf(traceEvents, address), readyMs };
}

if (import.meta.main) {
  const { values: options } = parseArgs({
    options: {
      rounds: { type: "string", default: "9" },
      slowdown: { type: "string", default: "6" },
      json: { type: "string" },
    },
  });
  const [rounds, slowdown] = [Number(options.rounds), Number(options.slowdown)];
  if (!(Number.isInteger(rounds) && rounds > 0 && slowdown >= 1)) {
    console.error("--rounds takes a whole number from 1, --slowdown a number from 1");
    process.exit(2);
  }
  execFileSync(process.execPath, ["tools/build.ts", "--if-stale"], { cwd: fileURLToPath(root), stdio: "ignore" });
  const startup = await measureStartup({ rounds, slowdown });
  console.log(startupReport(startup));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(startup, null, 2)}\n`);
}
