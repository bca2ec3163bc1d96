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
  beginsMark,
  type Figures,
  longTaskMs,
  type PageFigures,
  type PageName,
  pageNames,
  type Round,
  roundOf,
  type Startup,
  startupReport,
  type TraceEvent,
} from "./startup-figures.ts";
import { spreadOf } from "./statistics.ts";

const root = new URL("../../", import.meta.url);

const head = `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>till</title>
<style>body, input, button { font: 16px/24px system-ui, sans-serif }</style>
<script>addEventListener("staff-assign-ready", () => { window.ready = true })</script>`;

/** A page takes some words into it and then loads the script that belongs to them. */
const pages: Record<PageName, (words: string, script: string) => string> = {
  empty: (words, script) => `${head}
<script>performance.mark("${beginsMark}")</script>
${words}
<script src="${script}"></script>`,
  // Its fonts are open and its own words are drawn when the script comes, as with the loader.
  till: (words, script) => `${head}
<h1 style="font-size: 24px">收银台</h1>
<ul><li>拿铁咖啡 大杯 × 2</li><li>牛角包 × 1</li></ul>
<p>应收 <b>¥ 68.00</b> <small style="font-size: 14px">会员折扣 已使用</small></p>
<input value="4200002015080612534600" placeholder="请扫码"> <button>结账</button>
<div id="place"></div>
<script>
  onload = () => requestIdleCallback(() => {
    performance.mark("${beginsMark}");
    document.getElementById("place").innerHTML = ${JSON.stringify(words)};
    document.head.append(Object.assign(document.createElement("script"), { src: "${script}" }));
  });
</script>`,
};

const contenders: Record<keyof PageFigures, { words: string; script: (built: string) => string }> = {
  element: {
    words: `<staff-assign endpoint="/edge" session-url="/session" order="4200002015080612534600" guides='[{"id":"g1","name":"张三"}]'></staff-assign>`,
    script: (built) => built,
  },
  // what the element shows at its start, at the same sizes and in the same fonts
  floor: {
    words: `<style>.words label, .words p { display: block; font-size: 14px }</style>
<div class="words">
<label for="order">订单号 42 0000 2015 0806 1253 <b>4600</b></label><input id="order" value="4200002015080612534600">
<label for="guide">服务人员</label><input id="guide" placeholder="选择服务人员或输入编号">
<p>选择服务人员或输入编号</p><button>分配</button></div>`,
    script: () =>
      `customElements.define("staff-assign", class extends HTMLElement {}); dispatchEvent(new Event("staff-assign-ready"))`,
  },
};

/** @throws Error when there is no browser */
export async function measureStartup({ rounds, slowdown }: { rounds: number; slowdown: number }): Promise<Startup> {
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string };
  const built = readFileSync(new URL(`dist/assets/v${version}/staff-assign.js`, root), "utf8");
  const server = await serve(built);
  const browser = await puppeteer.launch({ executablePath: browserPath(), args: browserFlags });
  try {
    const all = pageNames.flatMap((page) =>
      (["element", "floor"] as const).map((contender) => ({ page, contender, rounds: [] as Round[] })),
    );
    // the first page of a browser is slower than any other
    await measureRound(browser, server.origin, "/empty/element", slowdown);
    for (let round = 0; round < rounds; round++) {
      for (const { page, contender, rounds } of all) {
        rounds.push(await measureRound(browser, server.origin, `/${page}/${contender}`, slowdown));
      }
    }
    const figures = (page: PageName, contender: keyof PageFigures) =>
      figuresOf(all.flatMap((one) => (one.page === page && one.contender === contender ? one.rounds : [])));
    const of = (page: PageName) => ({ element: figures(page, "element"), floor: figures(page, "floor") });
    return { rounds, slowdown, pages: { empty: of("empty"), till: of("till") } };
  } finally {
    await browser.close();
    server.close();
  }
}

const figuresOf = (rounds: readonly Round[]): Figures => ({
  scriptMs: spreadOf(rounds.map(({ scriptMs }) => scriptMs)),
  frameMs: spreadOf(rounds.map(({ frameMs }) => frameMs)),
  longestTaskMs: spreadOf(rounds.map(({ longestTaskMs }) => longestTaskMs)),
  roundsWithLongTask: rounds.filter((round) => round.longestTaskMs > longTaskMs).length,
});

/** Each page with the script of its contender, on loopback. @param built the element */
async function serve(built: string): Promise<{ origin: string; close: () => void }> {
  const files = new Map([["/blank", ["text/html", "<!doctype html>"]]]);
  for (const [contender, { words, script }] of Object.entries(contenders)) {
    files.set(`/${contender}.js`, ["text/javascript", script(built)]);
    for (const page of pageNames) {
      files.set(`/${page}/${contender}`, ["text/html", pages[page](words, `/${contender}.js`)]);
    }
  }
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

async function measureRound(browser: Browser, origin: string, path: string, slowdown: number): Promise<Round> {
  const context = await browser.createBrowserContext();
  const till = await context.newPage();
  // the slowdown is of a process, and a page's first address may bring a new one
  await till.goto(`${origin}/blank`);
  await till.emulateCPUThrottling(slowdown);
  await till.tracing.start({
    categories: ["devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing"],
  });
  await till.goto(`${origin}${path}`);
  await till.waitForFunction("window.ready === true");
  // what the first drawing leaves to do is done
  await till.evaluate(() => new Promise((resolve) => requestIdleCallback(() => requestAnimationFrame(resolve))));
  const trace = await till.tracing.stop();
  await context.close();
  const { traceEvents } = JSON.parse(new TextDecoder().decode(trace)) as { traceEvents: TraceEvent[] };
  return roundOf(traceEvents);
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
