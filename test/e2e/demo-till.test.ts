/**
 * The whole house: a cashier's hands in Chromium, the demo till and its backend on one origin, the real edge on another,
 * and the platforms' own book of what they were asked to do.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { browserFlags, browserPath } from "../../tools/browser.ts";
import { type Servers, startServers } from "../support/servers.ts";

interface Booked {
  order: string;
  sends: number;
  executions: number;
  guide?: unknown;
}

let servers: Servers;
let browser: Browser;
before(async () => {
  servers = await startServers();
  browser = await puppeteer.launch({
    executablePath: browserPath(),
    args: browserFlags,
    defaultViewport: { width: 1280, height: 800 },
  });
});
after(async () => {
  await browser?.close();
  await servers?.stop();
});

async function openTill(language = "zh-CN"): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(`${servers.sandboxOrigin}/?language=${language}`);
  await page.waitForSelector("[data-order]");
  return { page, errors };
}

/** Chooses the nth waiting order of a channel. @returns its number */
async function chooseOrder(page: Page, channel: "wechat" | "tmall", nth = 0): Promise<string> {
  const order = await page.$$eval(
    "[data-order]",
    (buttons, wantWechat, index) =>
      buttons.map((button) => button.getAttribute("data-order") ?? "").filter((id) => /^\d+$/.test(id) !== wantWechat)[
        index
      ],
    channel === "wechat",
    nth,
  );
  assert.ok(order, `an order of ${channel} waits`);
  await page.click(`[data-order="${order}"]`);
  return order;
}

async function chooseGuide(page: Page): Promise<void> {
  await page.locator("staff-assign >>> [role=combobox]").click();
  await page.locator("staff-assign >>> [role=option]").click();
}

const submit = (page: Page) => page.locator("staff-assign >>> [part~=submit]").click();
const state = (page: Page, name: string) =>
  page.waitForSelector(`staff-assign[data-state=${name}]`, { timeout: 20_000 });

const shownText = (page: Page) =>
  page.$eval(
    "staff-assign",
    (element) => element.shadowRoot?.querySelector("[part~=message]")?.textContent?.trim() ?? "",
  );

async function booked(order: string): Promise<Booked | undefined> {
  const response = await fetch(`${servers.sandboxOrigin}/_sandbox/book?order=${order}`);
  const book = (await response.json()) as { orders: Booked[] };
  return book.orders.find((entry) => entry.order === order);
}

const queueFault = (fault: object) =>
  fetch(`${servers.sandboxOrigin}/_sandbox/faults`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(fault),
  });

describe("a cashier at the demo till", () => {
  for (const channel of ["wechat", "tmall"] as const) {
    test(`assigns over ${channel}: the platform carries it out once, and the till says so`, async () => {
      const { page, errors } = await openTill();
      const order = await chooseOrder(page, channel);
      await chooseGuide(page);
      await submit(page);
      await state(page, "done");
      const entry = await booked(order);
      assert.deepEqual([entry?.sends, entry?.executions], [1, 1]);
      assert.deepEqual(errors, []);
    });
  }

  test("is told done only after a proof: an unsigned answer is asked for again with the same parameters", async () => {
    const { page } = await openTill();
    await queueFault({ fault: "UNSIGNED", channel: "wechat", times: 1 });
    const order = await chooseOrder(page, "wechat", 1);
    await chooseGuide(page);
    await submit(page);
    await state(page, "done");
    const entry = await booked(order);
    assert.equal(entry?.sends, 2);
  });

  test("reads a sentence in Chinese or English when the platform refuses, and the next try succeeds", async () => {
    const { page } = await openTill();
    await queueFault({ fault: "MCH_NOT_EXISTS", channel: "wechat", times: 1 });
    await chooseOrder(page, "wechat", 2);
    await chooseGuide(page);
    await submit(page);
    await state(page, "error");
    assert.match(await shownText(page), /[\u4e00-\u9fff]/);
    await page.evaluate(() => document.querySelector("staff-assign")?.setAttribute("lang", "en"));
    await page.waitForFunction(() =>
      /[a-z]{3}/i.test(
        document.querySelector("staff-assign")?.shadowRoot?.querySelector("[part~=message]")?.textContent ?? "",
      ),
    );
    await submit(page);
    await state(page, "done");
  });
});
