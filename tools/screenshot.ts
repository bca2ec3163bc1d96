/**
 * Takes a picture of a page: of the demo till for the README, of the playground, of anything that answers HTTP.
 *
 *   node tools/screenshot.ts http://127.0.0.1:8788/ till.png --width 1280 --do 'click:[data-order]' \
 *     --do 'click:staff-assign >>> input' --do 'wait:::-p-text(李建国)'
 */
import { parseArgs } from "node:util";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { browserPath } from "./browser.ts";

const usage = `usage: node tools/screenshot.ts URL FILE.png [options]

  --lang zh-CN|en        default zh-CN; the pages read it from ?language=
  --theme light|dark     default light; the colour scheme that the browser prefers
  --width, --height      in CSS pixels, default 1280 x 800
  --scale                device pixels per CSS pixel, default 2
  --full                 the whole page, not only what fits the window
  --do ACTION            as often as needed, in order:
                           click:SELECTOR   type:SELECTOR=TEXT   press:KEY   wait:SELECTOR
                         selectors are CSS, with >>> into shadow roots and ::-p-text(…), as Puppeteer has them
  --chromium PATH        default: CHROME_PATH, or where Chromium and Chrome usually are`;

/** ms; a page that takes longer than this for one step is broken, not slow */
const stepTimeout = 15_000;

interface Shot {
  url: string;
  file: string;
  lang: string;
  theme: string;
  viewport: { width: number; height: number; deviceScaleFactor: number };
  fullPage: boolean;
  actions: string[];
  chromium: string;
}

/** @throws TypeError that says what is wrong with the command line */
function readCommandLine(args: string[]): Shot {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      lang: { type: "string", default: "zh-CN" },
      theme: { type: "string", default: "light" },
      width: { type: "string", default: "1280" },
      height: { type: "string", default: "800" },
      scale: { type: "string", default: "2" },
      full: { type: "boolean", default: false },
      do: { type: "string", multiple: true, default: [] },
      chromium: { type: "string" },
    },
  });
  const [url, file] = positionals;
  if (!url || !file || !URL.canParse(url)) throw new TypeError("a URL and a file are needed");
  const size = (name: "width" | "height" | "scale") => {
    const value = Number(values[name]);
    if (!(value > 0 && value <= 10_000)) throw new TypeError(`--${name} must be a positive number`);
    return value;
  };
  if (values.theme !== "light" && values.theme !== "dark") throw new TypeError("--theme must be light or dark");
  return {
    url,
    file,
    lang: values.lang,
    theme: values.theme,
    viewport: { width: size("width"), height: size("height"), deviceScaleFactor: size("scale") },
    fullPage: values.full,
    actions: values.do,
    chromium: values.chromium ?? browserPath(),
  };
}

async function perform(page: Page, action: string): Promise<void> {
  const [, verb, target = ""] = /^(\w+):(.+)$/s.exec(action) ?? [];
  switch (verb) {
    case "click":
      return page.locator(target).setTimeout(stepTimeout).click();
    case "wait":
      return page
        .locator(target)
        .setTimeout(stepTimeout)
        .wait()
        .then(() => undefined);
    case "press":
      return page.keyboard.press(target as Parameters<Page["keyboard"]["press"]>[0]);
    case "type": {
      const at = target.lastIndexOf("=");
      if (at < 0) throw new TypeError(`--do "${action}" has no =TEXT`);
      return page
        .locator(target.slice(0, at))
        .setTimeout(stepTimeout)
        .fill(target.slice(at + 1));
    }
    default:
      throw new TypeError(`--do "${action}" is none of click:, type:, press:, wait:`);
  }
}

async function take(browser: Browser, shot: Shot): Promise<void> {
  const page = await browser.newPage();
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warn")
      console.error(`page: ${message.text()} ${message.location().url ?? ""}`);
  });
  page.on("pageerror", (error) => console.error("page:", error));
  await page.setViewport(shot.viewport);
  await page.emulateTimezone("Asia/Shanghai");
  await page.emulateMediaFeatures([
    { name: "prefers-color-scheme", value: shot.theme },
    // a picture shows where things end, not how they get there
    { name: "prefers-reduced-motion", value: "reduce" },
  ]);
  const url = new URL(shot.url);
  url.searchParams.set("language", shot.lang);
  await page.goto(url.href, { waitUntil: "networkidle0", timeout: stepTimeout });
  for (const action of shot.actions) {
    await perform(page, action).catch((cause: unknown) => {
      throw cause instanceof TypeError ? cause : new Error(`--do "${action}" did not work`, { cause });
    });
  }
  await page.waitForNetworkIdle({ timeout: stepTimeout });
  await page.screenshot({ path: shot.file as `${string}.png`, fullPage: shot.fullPage });
}

async function main(): Promise<void> {
  const shot = readCommandLine(process.argv.slice(2));
  const browser = await puppeteer.launch({
    executablePath: shot.chromium,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--hide-scrollbars", `--lang=${shot.lang}`],
  });
  try {
    await take(browser, shot);
  } finally {
    await browser.close();
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof TypeError ? `${error.message}\n\n${usage}` : error);
  process.exitCode = 1;
}
