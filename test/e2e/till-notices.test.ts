/** What the demo till says of its own backend, which is stopped and started behind one address. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { browserFlags, browserPath } from "../../tools/browser.ts";
import { type Servers, startServers } from "../support/servers.ts";

let servers: Servers;
let browser: Browser;
let backend: Backend;

before(async () => {
  servers = await startServers();
  browser = await puppeteer.launch({ executablePath: browserPath(), args: browserFlags });
  backend = await createBackend(Number(new URL(servers.sandboxOrigin).port));
});
beforeEach(() => backend.start());
after(async () => {
  await browser?.close();
  await backend?.stop();
  await servers?.stop();
});

interface Backend {
  origin: string;
  start(): Promise<void>;
  /** Nobody listens at the address any more, and what is under way breaks off. */
  stop(): Promise<void>;
}

/** Passes everything on to the sandbox's port, while it is started. */
async function createBackend(target: number): Promise<Backend> {
  const open = new Set<Socket>();
  const server: Server = createServer((incoming) => {
    const outgoing = connect(target, "127.0.0.1");
    for (const socket of [incoming, outgoing]) {
      open.add(socket);
      socket.on("error", () => {}).on("close", () => open.delete(socket));
    }
    incoming.pipe(outgoing).pipe(incoming);
  });
  let port = 0;
  const start = async () => {
    if (server.listening) return;
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address && typeof address === "object") port = address.port;
  };
  const stop = async () => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of open) socket.destroy();
    await closed;
  };
  await start();
  return { origin: `http://127.0.0.1:${port}`, start, stop };
}

/** @param prepare runs before the page's own scripts */
async function openTill(prepare?: () => void): Promise<Page> {
  const page = await (await browser.createBrowserContext()).newPage();
  if (prepare) await page.evaluateOnNewDocument(prepare);
  await page.goto(`${backend.origin}/?language=zh-CN`);
  await page.waitForSelector("[data-order]");
  await page.waitForFunction(() => customElements.get("staff-assign"));
  return page;
}

/** Makes the till ask its backend. */
async function openTools(page: Page): Promise<void> {
  await page.click("#tools-toggle");
}

const notices = (page: Page) => page.$$eval(".notice span", (lines) => lines.map((line) => line.textContent));

const noticesAre = (page: Page, ...keys: string[]) =>
  page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll<HTMLElement>(".notice")].map(({ dataset }) => dataset.notice).join() === wanted,
    {},
    keys.join(),
  );

/** As the browser says it: the network may or may not carry a call by then, so what it carries is the test's own to decide. */
const lineIsBack = (page: Page) => page.evaluate(() => void dispatchEvent(new Event("online")));

/** The till's own turns never come. */
const withoutTimer = () => {
  window.setInterval = (() => 0) as never;
};

describe("the till's notice that its backend does not answer", () => {
  test("goes by itself once the backend answers again, and says so in the language that is chosen meanwhile", async () => {
    const page = await openTill();
    await backend.stop();
    await openTools(page);
    await noticesAre(page, "backendDown");
    assert.match(String(await notices(page)), /连不上收银台后端/);
    await page.locator("#settings ::-p-text(English)").click();
    assert.match(String(await notices(page)), /backend does not answer/);
    await backend.start();
    await noticesAre(page);
  });

  test("goes as soon as the browser says that the line is back", async () => {
    const page = await openTill(withoutTimer);
    await backend.stop();
    await openTools(page);
    await noticesAre(page, "backendDown");
    await backend.start();
    await lineIsBack(page);
    await noticesAre(page);
  });

  test("stays while the backend is still down, though the browser says that the line is back", async () => {
    const page = await openTill(withoutTimer);
    await backend.stop();
    await openTools(page);
    await noticesAre(page, "backendDown");
    const failed = new Promise((resolve) => page.once("requestfailed", resolve));
    await lineIsBack(page);
    await failed;
    await noticesAre(page, "backendDown");
  });

  test("leaves with what was missing: orders that could not be read at the start are there, and another notice stays", async () => {
    const page = await (await browser.createBrowserContext()).newPage();
    await page.setRequestInterception(true);
    let isDown = true;
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      // the backend's own answers fail at first; the edge does not come back
      const refused =
        pathname.endsWith("/integrity.json") || (isDown && /^\/(demo\/(orders|guides)|_sandbox\/)/.test(pathname));
      if (refused) request.abort("connectionrefused");
      else request.continue();
    });
    await page.goto(`${backend.origin}/?language=zh-CN`);
    await page.waitForFunction(() => document.querySelectorAll(".notice").length === 2);
    isDown = false;
    await noticesAre(page, "edgeDown");
    await page.waitForSelector("[data-order]");
  });
});
