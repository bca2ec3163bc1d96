/**
 * React 19 in StrictMode with the built script, registered before and after React renders: lists and callbacks reach the
 * element, and the edge is asked once.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Page } from "puppeteer-core";
import { makePartner } from "./support/partner.ts";
import { bundlePage, openTill, script, scriptPath, type Till, until } from "./support/till.ts";

let till: Till;
let program = "";
before(async () => {
  till = await openTill();
  const source = readFileSync(new URL("pages/react-till.tsx", import.meta.url), "utf8");
  program = await bundlePage(join(makePartner("react", { "page.tsx": source }), "page.tsx"));
});
after(() => till.stop());
beforeEach(() => {
  till.reset();
  till.answers.set("/page.js", [script(program)]);
});

const programTag = `<body><script src="/page.js"></script>`;

/** `render`: source of the props, evaluated on the page. */
async function open({ late, props }: { late: boolean; props: string }) {
  const opened = await till.open(late ? programTag : `<script src="${scriptPath}"></script>${programTag}`);
  await render(opened.page, props);
  await until(opened.page, `document.querySelector("staff-assign")`);
  if (late) {
    assert.equal(await opened.page.evaluate(`customElements.get("staff-assign") === undefined`), true);
    await opened.page.addScriptTag({ url: scriptPath });
  }
  return opened;
}

const render = (page: Page, props: string) => page.evaluate(`renderTill(${props}), undefined`);
/** Names that the cashier can choose from. */
const namesOn = async (page: Page) => {
  await page.locator("staff-assign >>> [role=combobox]").click();
  await page.waitForSelector("staff-assign >>> [role=option]");
  return page.$$eval("staff-assign >>> [role=option]", (options) => options.map(({ textContent }) => textContent));
};

async function assignedOnce(page: Page, errors: string[]) {
  await until(page, `document.querySelector("output").textContent === "a1"`);
  // whatever else React does with the tree in this mode has been done by the next frames
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  assert.equal(till.sends.length, 1);
  assert.deepEqual(await page.evaluate("heard"), ["a1"]);
  assert.deepEqual(errors, []);
}

const people = `[{ id: "g1", name: "张三" }, { id: "g2", name: "李四" }]`;
const callback = `async () => (await fetch("/session", { method: "POST" })).json()`;

describe("registered before React renders", () => {
  it("a callback reaches the element as a property, and StrictMode sends once", async () => {
    const { page, errors } = await open({ late: false, props: `{ session: ${callback} }` });
    await assignedOnce(page, errors);
    assert.equal(till.sessions, 1);
    assert.equal(await page.evaluate(`typeof document.querySelector("staff-assign").session`), "function");
  });

  it("a list reaches the element as the array that was given", async () => {
    const { page, errors } = await open({ late: false, props: `{ auto: false, guides: (window.people = ${people}) }` });
    await until(page, `document.querySelector("staff-assign").guides === people`);
    assert.match((await namesOn(page)).join(), /张三.*李四/s);
    assert.deepEqual(errors, []);
  });
});

describe("registered after React has rendered", () => {
  it("attributes and listeners are there, and StrictMode sends once", async () => {
    const { page, errors } = await open({ late: true, props: "{}" });
    await assignedOnce(page, errors);
  });

  it("a list as JSON text reaches the element", async () => {
    const { page } = await open({ late: true, props: `{ auto: false, guides: JSON.stringify(${people}) }` });
    await until(page, `document.querySelector("staff-assign").state === "idle"`);
    assert.match((await namesOn(page)).join(), /张三.*李四/s);
  });

  it("a list as <option> children reaches the element", async () => {
    const { page } = await open({ late: true, props: `{ auto: false, options: ${people} }` });
    await until(page, `document.querySelector("staff-assign").state === "idle"`);
    assert.match((await namesOn(page)).join(), /张三.*李四/s);
  });

  it("list and callback that a ref has set reach the element, and StrictMode sends once", async () => {
    const { page, errors } = await open({
      late: true,
      props: `{ byRef: { guides: (window.people = ${people}), session: ${callback} } }`,
    });
    await assignedOnce(page, errors);
    assert.equal(till.sessions, 1);
    assert.equal(await page.evaluate(`document.querySelector("staff-assign").guides === people`), true);
  });

  it("a list given as a property is told on the console, and the next render brings it", async () => {
    const { page, console } = await open({ late: true, props: `{ auto: false, guides: ${people} }` });
    await until(page, `document.querySelector("staff-assign").state === "idle"`);
    assert.ok(
      console.some((line) => line.startsWith("staff-assign: guides")),
      console.join("\n"),
    );
    await render(page, `{ auto: false, guides: (window.people = ${people}) }`);
    await until(page, `document.querySelector("staff-assign").guides === people`);
    assert.match((await namesOn(page)).join(), /张三.*李四/s);
  });
});
