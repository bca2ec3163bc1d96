/**
 * `npm run startup [-- --rounds N] [--slowdown N] [--json FILE]`: what the built element costs a page before a cashier can
 * use it, in Chromium with its processor slowed down as DevTools does it (6 times: a cheap Android till). Each round has a
 * browser profile of its own, so that neither file nor compiled code is cached.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import puppeteer, { type Browser } from "puppeteer-core";
import { browserFlags, browserPath } from "../../tools/browser.ts";
import { longTaskMs, type Round, roundOf, type Startup, startupReport, type TraceEvent } from "./startup-figures.ts";
import { spreadOf } from "./statistics.ts";

const root = new URL("../../", import.meta.url);

const page = `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>till</title>
<script>document.addEventListener("staff-assign-ready", () => performance.mark("staff-assign-ready"))</script>
<staff-assign endpoint="/edge" session-url="/session" order="4200002015080612534600" guides='[{"id":"g1","name":"张三"}]'></staff-assign>
<script src="/staff-assign.js"></script>`;

/** @throws Error when there is no browser */
export async function measureStartup({ rounds, slowdown }: { rounds: number; slowdown: number }): Promise<Startup> {
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string };
  const script = readFileSync(new URL(`dist/assets/v${version}/staff-assign.js`, root));
  const server = createServer(({ url }, response) => {
    const [status, type, body] =
      url === "/"
        ? [200, "text/html", page]
        : url === "/staff-assign.js"
          ? [200, "text/javascript", script]
          : [404, "text/plain", ""];
    response.writeHead(Number(status), { "content-type": `${type}; charset=utf-8` }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await puppeteer.launch({ executablePath: browserPath(), args: browserFlags });
  try {
    // the first page of a browser is slower than any other
    await measureRound(browser, origin, slowdown);
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round++) measured.push(await measureRound(browser, origin, slowdown));
    const spread = (name: keyof Round) => spreadOf(measured.map((round) => round[name]));
    return {
      rounds,
      slowdown,
      scriptEvaluationMs: spread("scriptEvaluationMs"),
      longestTaskMs: spread("longestTaskMs"),
      readyMs: spread("readyMs"),
      roundsWithLongTask: measured.filter((round) => round.longestTaskMs > longTaskMs).length,
    };
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}

async function measureRound(browser: Browser, origin: string, slowdown: number): Promise<Round> {
  const context = await browser.createBrowserContext();
  const till = await context.newPage();
  await till.emulateCPUThrottling(slowdown);
  await till.tracing.start({
    categories: ["devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing"],
  });
  await till.goto(`${origin}/`, { waitUntil: "load" });
  // two frames: what the first rendering leaves to do is done
  await till.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const readyMs = await till.evaluate(() => performance.getEntriesByName("staff-assign-ready")[0]?.startTime);
  const trace = await till.tracing.stop();
  await context.close();
  const { traceEvents } = JSON.parse(new TextDecoder().decode(trace)) as { traceEvents: TraceEvent[] };
  if (readyMs === undefined) throw new Error("the element never became ready");
  return roundOf(traceEvents, readyMs);
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
