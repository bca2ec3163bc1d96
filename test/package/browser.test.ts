/** The package's entries as a partner's bundler delivers them, in Chromium. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Page } from "puppeteer-core";
import { makePartner, packageFolder } from "./support/partner.ts";
import {
  type Answer,
  bundlePage,
  openTill,
  orderNumber,
  script,
  scriptPath,
  type Till,
  text,
  until,
} from "./support/till.ts";

const pages = {
  class: `import { StaffAssignElement, StaffAssignError } from "staff-assign"; Object.assign(globalThis, { StaffAssignElement, StaffAssignError });`,
  define: `import "staff-assign/define";`,
  client: `import { StaffAssignClient, StaffAssignError } from "staff-assign/client"; Object.assign(globalThis, { StaffAssignClient, StaffAssignError });`,
  events: `import * as events from "staff-assign/events"; import "staff-assign/define"; Object.assign(globalThis, events);`,
};

let till: Till;
const programs = new Map<string, string>();
before(async () => {
  till = await openTill();
  const files = Object.fromEntries(Object.entries(pages).map(([name, source]) => [`${name}.js`, source]));
  const folder = makePartner("browser", files);
  for (const name of Object.keys(pages)) programs.set(name, await bundlePage(join(folder, `${name}.js`)));
});
after(() => till.stop());
beforeEach(() => till.reset());

async function open(name: keyof typeof pages, html = "", head = "") {
  till.answers.set("/page.js", [script(programs.get(name) ?? "")]);
  return till.open(`${head}<body>${html}<script src="/page.js"></script>`);
}
const registered = (page: Page) => page.evaluate(`Boolean(customElements.get("staff-assign"))`);

describe("staff-assign", () => {
  it("registers nothing by being imported; the class can be registered under a name of the partner's", async () => {
    const { page, errors } = await open("class");
    assert.equal(await registered(page), false);
    await page.evaluate(`customElements.define("our-guide", class extends StaffAssignElement {});
      document.body.insertAdjacentHTML("beforeend", '<our-guide endpoint="' + location.origin + '" session-url="/session" order="1" guide="g1"></our-guide>')`);
    assert.equal(
      await page.evaluate(`document.querySelector("our-guide").submit().then(({ status }) => status)`),
      "assigned",
    );
    assert.deepEqual(errors, []);
  });

  it("observes exactly the attributes of the manifest, and has its properties and methods", async () => {
    const { modules } = JSON.parse(readFileSync(join(packageFolder, "custom-elements.json"), "utf8"));
    const element = modules[0].declarations.find((one: { tagName?: string }) => one.tagName === "staff-assign");
    const named = (list: { name: string }[]) => list.map(({ name }) => name);
    const { page } = await open("class", "", `<script src="${scriptPath}"></script>`);
    const observed = `customElements.get("staff-assign").observedAttributes`;
    assert.deepEqual(((await page.evaluate(observed)) as string[]).sort(), named(element.attributes).sort());
    const members = element.members.filter((member: { static?: boolean }) => !member.static);
    const missing = `${JSON.stringify(named(members))}.filter((name) => !(name in document.createElement("staff-assign")))`;
    assert.deepEqual(await page.evaluate(missing), []);
  });

  it("has the slots, and the parts, of the manifest", async () => {
    const html = `<staff-assign endpoint="https://edge.test" session-url="/session" guides='[{"id":"g1","name":"张三"}]'></staff-assign>`;
    const { page } = await open("define", html);
    await page.locator("staff-assign >>> [role=combobox]").click();
    await page.waitForSelector("staff-assign >>> [role=option]");
    const inRoot = (attribute: string, selector: string) =>
      page.$$eval(
        `staff-assign >>> ${selector}`,
        (found, name) => found.map((one) => one.getAttribute(name)),
        attribute,
      );
    const parts = (await inRoot("part", "[part]")).join(" ").split(" ");
    for (const part of "form label input order guide listbox option submit message".split(" "))
      assert.ok(parts.includes(part), part);
    assert.ok((await inRoot("name", "slot")).includes("before-submit"));
  });
});

it("an import of the classes alone that nobody uses leaves a bundle empty", async () => {
  const folder = makePartner("unused", {
    "page.js": `import "staff-assign"; import "staff-assign/client"; console.log("till");`,
  });
  assert.doesNotMatch(await bundlePage(join(folder, "page.js")), /class|customElements/);
});

describe("staff-assign/define", () => {
  const element = (more = "") =>
    `<staff-assign ${more} session-url="/session" order="${orderNumber}" guide="g1"></staff-assign>`;
  const submit = `document.querySelector("staff-assign").submit().then(({ status }) => status, ({ code, message }) => code + ": " + message)`;

  it("registers the tag, and the element assigns", async () => {
    const { page, errors } = await open("define", element());
    await page.evaluate(`document.querySelector("staff-assign").endpoint = location.origin`);
    assert.equal(await page.evaluate(submit), "assigned");
    assert.deepEqual([till.sends.length, errors], [1, []]);
  });

  it("without an endpoint says so, and asks no server of the page's own", async () => {
    const { page } = await open("define", element());
    assert.equal(await page.evaluate(submit), "session_unavailable: no session-url or endpoint");
    assert.deepEqual(till.sends, []);
  });

  it("beside the script of the same version: the first stays, nothing throws, nothing is printed", async () => {
    const { page, errors, console } = await open("define", element(), `<script src="${scriptPath}"></script>`);
    assert.equal(await page.evaluate(submit), "assigned");
    assert.deepEqual([errors, console], [[], []]);
  });

  it("under a policy that lists the project's own Trusted Types policy alone", async () => {
    const policy = `<meta http-equiv="content-security-policy" content="require-trusted-types-for 'script'; trusted-types 'none'">`;
    const { page, errors } = await open("define", element(`endpoint="https://edge.test"`), policy);
    assert.equal(await page.evaluate(`document.querySelector("staff-assign").state`), "idle");
    await until(page, `document.querySelector("staff-assign").shadowRoot.querySelector("[part=form]")`);
    assert.deepEqual(errors, []);
  });
});

it("staff-assign/events: listeners receive the classes of this package", async () => {
  const { page } = await open("events");
  const heard = page.evaluate(
    `new Promise((resolve) => document.addEventListener("staff-assign-ready", (event) => resolve(event instanceof StaffAssignReadyEvent)))`,
  );
  await page.evaluate(`document.body.append(document.createElement("staff-assign"))`);
  assert.equal(await heard, true);
});

describe("staff-assign/client", () => {
  it("brings nothing along that draws", () => {
    const drawing = /attachShadow|createTreeWalker|adoptedStyleSheets|customElements/;
    assert.match(programs.get("class") ?? "", drawing);
    assert.doesNotMatch(programs.get("client") ?? "", drawing);
  });

  const request = `{ guide: { id: "g1", name: "张三" }, order: "${orderNumber}", channel: "wechat" }`;
  const make = `new StaffAssignClient({ endpoint: location.origin, session: "/session" })`;
  const told = `({ status }) => status, ({ code, field }) => [code, field ?? null]`;
  const down: Answer = (request) => void request.socket.destroy();
  const problem = (status: number, code: string) =>
    text(
      JSON.stringify({ code, status, detail: code, requestId: "r1", retryable: false }),
      "application/problem+json",
      status,
    );

  it("assigns without anything visible; the same request again joins it, in whatever order its members are", async () => {
    const { page, errors } = await open("client");
    const both = await page.evaluate(`(async () => {
      const client = ${make};
      const again = { channel: "wechat", order: "${orderNumber}", guide: { name: "张三", id: "g1" } };
      return Promise.all([client.submit(${request}), client.submit(again)]);
    })()`);
    assert.deepEqual(
      (both as { status: string }[]).map(({ status }) => status),
      ["assigned", "assigned"],
    );
    assert.deepEqual(
      till.sends.map(({ body }) => body),
      [{ channel: "wechat", order: orderNumber, guide: { id: "g1", name: "张三" } }],
    );
    assert.match(till.sends[0]?.key ?? "", /^[\x21-\x7e]{16,}$/);
    assert.deepEqual([await registered(page), errors], [false, []]);
  });

  it("a request that is wrong is refused by the name of its member, and nothing is sent", async () => {
    const { page } = await open("client");
    for (const [wrong, field] of [
      [`{ channel: "wechat", order: 42, guide: { id: "g1" } }`, "order"],
      [`{ channel: "wechat", guide: { id: "g1" } }`, "order"],
      [`{ channel: "wechat", order: "1" }`, "guide"],
      [`{ channel: "wechat", order: "1", guide: { id: 7 } }`, "guide"],
      [`{ channel: "alipay", order: "1", guide: { id: "g1" } }`, "channel"],
      [`{ channel: "tmall", order: "1", guide: { id: "1" }, operator: "store" }`, "storeId"],
    ] as const) {
      assert.deepEqual(
        await page.evaluate(`${make}.submit(${wrong}).then(${told})`),
        ["invalid_request", field],
        wrong,
      );
    }
    assert.deepEqual(till.sends, []);
  });

  it("without endpoint or session is a TypeError that names it", async () => {
    const { page } = await open("client");
    const thrown = (options: string) =>
      page.evaluate(`(() => { try { new StaffAssignClient(${options}) } catch (error) { return String(error) } })()`);
    assert.equal(await thrown(`{ session: "/session" }`), "TypeError: endpoint must be the origin of the edge");
    assert.equal(await thrown(`{ endpoint: "https://edge.test" }`), "TypeError: session must be a URL or a function");
  });

  it("a refusal rejects with the edge's code, is told to subscribers, and is not told again", async () => {
    till.answers.set("/v1/assignments", [problem(422, "upstream_rejected")]);
    const { page } = await open("client");
    const outcome = await page.evaluate(`(async () => {
      const client = ${make};
      const updates = [];
      client.subscribe(({ status }) => updates.push(status));
      const refused = await client.submit(${request}).then(${told});
      return { refused, updates, left: await client.flush() };
    })()`);
    assert.deepEqual(outcome, { refused: ["upstream_rejected", null], updates: ["failed"], left: [] });
  });

  it("with the network down is queued; the next page takes it up under the same key", async () => {
    till.answers.set("/v1/assignments", [down]);
    const { page } = await open("client");
    assert.deepEqual(await page.evaluate(`${make}.submit(${request})`), { status: "queued", stored: true });
    let keys: (string | undefined)[] = [];
    till.answers.set("/v1/assignments", [
      async (asked, response) => {
        let sent = "";
        for await (const chunk of asked) sent += chunk;
        keys.push(asked.headers["idempotency-key"]?.toString());
        const answer = {
          ...JSON.parse(sent),
          id: "a1",
          status: "assigned",
          createdAt: "2026-11-22T02:00:00Z",
          attempts: 1,
        };
        text(JSON.stringify(answer), "application/json")(asked, response);
      },
    ]);
    const stored = await page.evaluate(`new Promise((resolve) => {
      indexedDB.open("staff-assign").onsuccess = ({ target }) => {
        target.result.transaction("intents").objectStore("intents").getAll().onsuccess = ({ target }) => resolve(target.result.map(({ key }) => key));
      };
    })`);
    await page.reload({ waitUntil: "domcontentloaded" });
    const update = await page.evaluate(`new Promise((resolve) => {
      ${make}.subscribe((update) => update.status === "assigned" && resolve([update.request.order, update.assignment.id]));
    })`);
    assert.deepEqual(update, [orderNumber, "a1"]);
    keys = [...new Set(keys)];
    assert.deepEqual(keys, stored);
  });

  it("with timeoutMs answers in time while the work goes on, and a subscriber hears the end", async () => {
    let answer = () => {};
    const late: Answer = (asked, response) => {
      answer = () => problem(422, "upstream_rejected")(asked, response);
    };
    till.answers.set("/v1/assignments", [late]);
    const { page } = await open("client");
    await page.evaluate(
      `self.client = ${make}; self.updates = []; client.subscribe((update) => updates.push(update.status + " " + (update.error?.code ?? "")))`,
    );
    assert.deepEqual(await page.evaluate(`client.submit(${request}, { timeoutMs: 0 }).then(${told})`), "pending");
    while (till.asked.at(-1) !== "/v1/assignments") await page.evaluate("new Promise(requestAnimationFrame)");
    answer();
    await until(page, `updates.includes("failed upstream_rejected")`);
    const left = await page.evaluate(
      `client.flush().then((left) => left.map(({ status, error }) => [status, error.code]))`,
    );
    assert.deepEqual(left, [["failed", "upstream_rejected"]]);
    assert.deepEqual(await page.evaluate("client.flush()"), []);
  });
});
